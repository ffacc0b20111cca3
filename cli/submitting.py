"""`trackshift jobs submit`: create and cancel messages of tracking, stop timing and reports, from a file or stdin."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.answer import Answer
from cli.documents import Document
from cli.station import Station
from core.errors import UsageError
from core.job import Job, JobKind, NewJob
from core.stop_jobs import ask_report, ask_timing
from core.store import jobs
from core.store.database import Writing
from core.tracking import parse_message, submit

_MOST_BYTES = 1 << 20


def submit_message(arguments: argparse.Namespace, station: Station) -> Answer:
    """Do what the message asks. Raises UsageError that names what is wrong with it, NotFound for an unknown clip."""
    raw = _read(arguments.file)
    asked = _about_stops(raw, station)
    if asked is not None:
        return asked
    message = parse_message(raw)
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


_ABOUT_STOPS: Mapping[str, tuple[JobKind, Callable[[Writing, NewJob], Job]]] = {
    "stop_timing_params": (JobKind.STOP_TIMING, ask_timing),
    "report_params": (JobKind.REPORT, ask_report),
}
_FIELDS = {"action", "task_id", "tenant_id", "custom_name"}


def _about_stops(raw: bytes, station: Station) -> Answer | None:
    """A create with stop_timing_params or report_params; None for any other message. Raises UsageError, NotFound."""
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    named = [name for name in _ABOUT_STOPS if isinstance(message, dict) and name in message]
    if not named or message.get("action") != "create":
        return None
    kind, ask = _ABOUT_STOPS[named[0]]
    params = message[named[0]]
    texts = {name: message.get(name) for name in ("task_id", "tenant_id", "custom_name")}
    wrong = [name for name, value in texts.items() if not isinstance(value, str | None)]
    wrong += [name for name in message if name not in {*_FIELDS, named[0]}] + (
        [] if isinstance(params, dict) else named
    )
    if wrong:
        raise UsageError(f"{wrong[0]} is no part of the message, or of the wrong type")
    settings = station.settings
    new = NewJob(
        kind,
        params,
        name=texts["custom_name"] or "",
        task_id=texts["task_id"] or None,
        tenant_id=texts["tenant_id"] or settings.station.tenant_id or None,
        operator=settings.station.operator or None,
        tries=settings.jobs.max_attempts,
    )
    with station.database.write() as tx:
        known = jobs.by_task_id(tx, new.task_id) if new.task_id else None
        job = known or ask(tx, new)
    told = f"Job {job.id} is queued" if known is None else f"{new.task_id} is job {job.id} already, {job.state}"
    document: Document = {
        "action": "create",
        "task_id": new.task_id,
        "job": job.id,
        "state": str(job.state),
        "created": known is None,
        "message": told,
    }
    return Answer(document, told)


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
