"""Times as callers write them, as the UTC nanoseconds that the database holds."""

import re
from datetime import UTC, datetime

from core.errors import UsageError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_NS = 86_400 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2261, 12, 31, tzinfo=UTC)
"""Later ones don't fit into 63 bits of nanoseconds."""


def to_ns(when: datetime) -> int:
    """Raises UsageError for a time that the database can't hold."""
    if not _EPOCH <= when <= _LAST:
        raise UsageError(f"{when.isoformat()} is out of range", hint="Times lie between 1970 and 2261.")
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def start_ns(text: str | None) -> int | None:
    """The first instant that an ISO date or time means; without a zone it is UTC. Raises UsageError."""
    return None if text is None else to_ns(_parsed(text))


def after_end_ns(text: str | None) -> int | None:
    """The first instant after it: of a date, the day after; of a time, the nanosecond after. Raises UsageError."""
    if text is None:
        return None
    return to_ns(_parsed(text)) + (_DAY_NS if _DAY.fullmatch(text.strip()) else 1)


def _parsed(text: str) -> datetime:
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        when = datetime.fromisoformat(re.sub(r" (\d{2}:?\d{2})$", r"+\1", text.strip()))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = "Write it like 2026-11-21, 2026-11-21T13:04:05Z or 2026-11-21T14:04:05+01:00."
        raise UsageError(f"{text[:60]!r} is no date or time", hint=hint) from None
