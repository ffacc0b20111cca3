"""`trackshift jobs submit`: tracking's create and cancel messages, from a file or standard input."""

import argparse
import sys
from pathlib import Path

from cli.answer import Answer
from cli.station import Station
from core.errors import UsageError
from core.tracking import parse_message, submit

_MOST_BYTES = 1 << 20


def submit_message(arguments: argparse.Namespace, station: Station) -> Answer:
    """Do what the message asks. Raises UsageError that names what is wrong with it, NotFound for an unknown clip."""
    message = parse_message(_read(arguments.file))
    with station.database.write() as tx:
        done = submit(
            tx,
            message,
            operator=station.settings.station.operator or None,
            tries=station.settings.jobs.max_attempts,
        )
    job = done.job
    document = {
        "action": message.action,
        "task_id": message.task_id,
        "job": job.id if job else None,
        "state": str(job.state) if job else None,
        "created": done.created,
        "message": done.message,
    }
    return Answer(document, done.message)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with open(Path(name).expanduser(), "rb") as file:
                raw = file.read(_MOST_BYTES + 1)
    except OSError as unread:
        raise UsageError(
            f"{name} can't be read: {unread.strerror}", hint="Name a file with one message, or -."
        ) from None
    if len(raw) > _MOST_BYTES:
        raise UsageError(f"{name} is larger than {_MOST_BYTES >> 20} MiB, so it is no message")
    return raw
