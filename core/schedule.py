"""A schedule: work that is asked for again and again, every so many seconds or by the calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import UsageError
from core.job import JobKind


class ScheduleTrigger(StrEnum):
    INTERVAL = "interval"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs when. Times are UTC ns. The worker alone computes `next_run_at_ns`: None is "not yet"."""

    name: str
    kind: JobKind
    trigger: ScheduleTrigger
    params: Mapping[str, object] = field(default_factory=dict)
    camera_id: str | None = None
    every_s: float | None = None
    """interval: seconds from one run to the next."""
    cron: str | None = None
    """cron: minute, hour, day of month, month, day of week, as crontab(5) has them."""
    time_zone: str = "UTC"
    """IANA name: whose clock the cron fields are read on."""
    enabled: bool = True
    id: str = ""
    """The store gives it."""
    next_run_at_ns: int | None = None
    run_asked: bool = False
    """Somebody wants a run now, whatever the calendar says."""
    last_run_at_ns: int | None = None
    last_job_id: str | None = None
    missed_runs: int = 0
    """Runs whose time passed without them: the worker was away, or the run before was still open."""
    created_at_ns: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class _CronField:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    """Names of the values from `low` on."""

    def values(self, text: str) -> frozenset[int]:
        """Every value that the field allows. Raises UsageError."""
        found: set[int] = set()
        for part in text.lower().split(","):
            span, slash, step = part.partition("/")
            first, dash, last = span.partition("-")
            if span == "*":
                low, high = self.low, self.high
            else:
                low = self._value(first, text)
                high = self._value(last, text) if dash else (self.high if slash else low)
            every = self._number(step, text) if slash else 1
            if low > high or every < 1:
                raise self._refusal(text)
            found.update(range(low, high + 1, every))
        return frozenset(found)

    def _value(self, text: str, whole: str) -> int:
        value = self.low + self.words.index(text) if text in self.words else self._number(text, whole)
        if not self.low <= value <= self.high:
            raise self._refusal(whole)
        return value

    def _number(self, text: str, whole: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 4):
            raise self._refusal(whole)
        return int(text)

    def _refusal(self, text: str) -> UsageError:
        return UsageError(
            f"{text!r} is no {self.name} of a schedule ({self.low}-{self.high})",
            hint="Five fields: minute, hour, day of month, month, day of week. 30 6 * * mon-fri is half past six.",
        )


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _CronField("minute", 0, 59),
    _CronField("hour", 0, 23),
    _CronField("day of the month", 1, 31),
    _CronField("month", 1, 12, _MONTHS),
    _CronField("day of the week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A crontab(5) line, read. Where both days are restricted, either of them will do."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    """Of the month; None: any."""
    months: frozenset[int]
    weekdays: frozenset[int] | None
    """0 is Sunday; None: any."""


def parse_cron(text: str) -> Cron:
    """Raises UsageError that names the field and its bounds."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise UsageError(
            f"{text!r} is no cron line: it has {len(fields)} fields of 5",
            hint="Minute, hour, day of month, month, day of week: 30 6 * * mon-fri is half past six on workdays.",
        )
    minutes, hours, days, months, weekdays = (known.values(given) for known, given in zip(_FIELDS, fields, strict=True))
    return Cron(
        minutes,
        hours,
        None if fields[2].startswith("*") else days,
        months,
        None if fields[4].startswith("*") else frozenset(day % 7 for day in weekdays),
    )
