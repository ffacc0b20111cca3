"""A schedule in words: what it does, when, its next and last run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.clock import span_text
from core.schedule import Schedule, ScheduleTrigger
from gui.jobs.reading import CAPTURES, kind_text

UNITS = (("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86_400))
_NS = 1_000_000_000


def what_text(schedule: Schedule, labels: Mapping[str, str]) -> str:
    """'Burst · Pit 1'."""
    what = CAPTURES.get(str(schedule.params.get("mode"))) or kind_text(schedule.kind)
    where = labels.get(schedule.camera_id, schedule.camera_id) if schedule.camera_id else ""
    return " · ".join(part for part in (what, where) if part)


def when_text(schedule: Schedule) -> str:
    """'Every 10 minutes', or its cron line with whose clock it is read on."""
    if schedule.trigger is ScheduleTrigger.CRON:
        return f"{schedule.cron}  ({schedule.time_zone})"
    number, unit = in_unit(schedule.every_s or 0)
    return f"Every {unit.removesuffix('s')}" if number == 1 else f"Every {number:g} {unit}"


def in_unit(seconds: float) -> tuple[float, str]:
    """The largest unit that gives a whole number."""
    return next((seconds / size, name) for name, size in reversed(UNITS) if seconds % size == 0 or size == 1)


def next_text(schedule: Schedule, now_ns: int) -> str:
    if schedule.run_asked:
        return "Now, as soon as the worker runs"
    if not schedule.enabled:
        return "Off"
    if schedule.next_run_at_ns is None:
        return "Not planned yet: the worker does it"
    away_ns = schedule.next_run_at_ns - now_ns
    return f"{_at(schedule.next_run_at_ns, schedule, now_ns)}, {f'in {_rough(away_ns)}' if away_ns > 0 else 'due'}"


def last_text(schedule: Schedule, now_ns: int) -> str:
    return _at(schedule.last_run_at_ns, schedule, now_ns) if schedule.last_run_at_ns is not None else "Never"


def missed_text(schedule: Schedule) -> str:
    """Runs whose time passed while the worker was away, or the run before was open; they were run as one."""
    return f"{schedule.missed_runs:,}" if schedule.missed_runs else "None"


def _rough(ns: int) -> str:
    """A countdown that does not fidget: whole seconds, then minutes, then hours."""
    for unit_s in (86_400, 3600, 60):
        if ns >= 2 * unit_s * _NS:
            name = {86_400: "days", 3600: "h", 60: "min"}[unit_s]
            return f"{ns // (unit_s * _NS)} {name}"
    return span_text(-(-ns // _NS) * _NS)


def _at(ns: int, schedule: Schedule, now_ns: int) -> str:
    """On the schedule's own clock: the time alone for today."""
    zone = ZoneInfo(schedule.time_zone)
    when, now = (datetime.fromtimestamp(one // _NS, UTC).astimezone(zone) for one in (ns, now_ns))
    return f"{when:%H:%M:%S}" if when.date() == now.date() else f"{when:%a} {when.day} {when:%b %H:%M}"
