"""What the worker's log says of one job, read from logs/worker.log and the older files that it was rotated into."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import parse_utc
from core.errors import UsageError
from core.paths import DataFolder

_ABOUT_EVERY_LINE = frozenset(
    {"timestamp", "level", "logger", "event", "process", "thread", "job_id", "correlation_id", "attempt"}
)
_OLDEST = 9


@dataclass(frozen=True, slots=True)
class LogLine:
    at_ns: int
    """UTC."""
    level: str
    event: str
    attempt: int | None = None
    """Of the job, where the line tells it."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """What else it tells, a traceback as `exception` among it."""


@dataclass(frozen=True, slots=True)
class AttemptTold:
    """One attempt as the log tells of it."""

    number: int
    started_at_ns: int
    last_at_ns: int
    """Of its last line."""
    said: str
    """Its last line."""


def lines_of(folder: DataFolder, job_id: str, limit: int = 200) -> list[LogLine]:
    """The newest `limit` lines of the job, oldest first; empty if they were rotated away. Not for a main thread.

    Reads up to five files of 5 MiB: some 30 ms.
    """
    found: list[LogLine] = []
    for text in _newest_first(folder.logs / "worker.log"):
        # Most lines are of other jobs: only those that hold the id are worth reading as JSON.
        told = [line for raw in text.split(b"\n") if job_id.encode() in raw and (line := _line(raw, job_id))]
        found = told + found
        if len(found) >= limit:
            break
    return found[-limit:]


def attempts_told(lines: Sequence[LogLine]) -> list[AttemptTold]:
    """The attempts that the lines tell of, in their order."""
    told: dict[int, AttemptTold] = {}
    for line in lines:
        if line.attempt is not None:
            before = told.get(line.attempt)
            started_at_ns = before.started_at_ns if before else line.at_ns
            told[line.attempt] = AttemptTold(line.attempt, started_at_ns, line.at_ns, line.event)
    return [told[number] for number in sorted(told)]


def _newest_first(newest: Path) -> Iterator[bytes]:
    seen: set[tuple[int, int]] = set()
    for number in range(_OLDEST + 1):
        path = newest.with_name(f"{newest.name}.{number}") if number else newest
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                text = file.read()
        except FileNotFoundError:
            if number:
                return
            continue  # between two files while they are rotated
        if (status.st_dev, status.st_ino) not in seen:  # rotated meanwhile: the same file under its next name
            seen.add((status.st_dev, status.st_ino))
            yield text


def _line(raw: bytes, job_id: str) -> LogLine | None:
    try:
        told = json.loads(raw)
        if not isinstance(told, dict) or told.get("job_id") != job_id:
            return None
        at_ns = parse_utc(str(told["timestamp"]))
    except (ValueError, KeyError, UsageError):
        return None  # the last line of a process that was killed in the middle of it
    attempt = told.get("attempt")
    return LogLine(
        at_ns,
        str(told.get("level", "")),
        str(told.get("event", "")),
        attempt if isinstance(attempt, int) else None,
        {name: value for name, value in told.items() if name not in _ABOUT_EVERY_LINE},
    )
