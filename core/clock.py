"""The time, as an argument: UTC for people and rows, monotonic for waiting; and its text."""

import time
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from core.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    def utc_ns(self) -> int: ...

    def monotonic_ns(self) -> int: ...


class SystemClock:
    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


def _utc(ns: int) -> datetime:
    # Not fromtimestamp(ns / 1e9): a float of seconds is off by up to 100 ns, and fails before 1970 on Windows.
    seconds, rest_ns = divmod(ns, 1_000_000_000)
    return datetime.fromtimestamp(max(seconds, 0), UTC).replace(microsecond=rest_ns // 1000)


def utc_text(ns: int) -> str:
    """UTC nanoseconds as '2026-11-21T13:04:05.123456Z', for files and JSON."""
    return _utc(ns).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_text(ns: int, zone: tzinfo | None = None) -> str:
    """UTC nanoseconds as '2026-11-21 14:04:05', for people, in the given zone or else this machine's."""
    return _utc(ns).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def span_text(ns: int) -> str:
    """A stretch of time with the unit that fits: '1.2 ms', '24 h'."""
    for unit, size in (("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns / 1000:.3g} µs"


def parse_utc(text: str) -> int:
    """ISO 8601 (a time without a zone is UTC) to UTC nanoseconds. Raises UsageError."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is not a time", hint="Write it like 2026-11-21T13:04:05.250Z.") from None
    since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
