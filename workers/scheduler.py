"""The scheduler: the worker's thread pools, its regular ticks, and the calendar of schedules; rows are elsewhere."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from core.schedule import WEEKDAYS, Cron, Schedule, parse_cron

WORK = "default"
CAPTURES = "captures"
"""Captures have threads of their own: no import may keep a press waiting."""
ANALYSES = "analyses"
"""A shard only waits, for a service or for computing children: it takes no thread from what works."""
TICKS = "ticks"


class Scheduler:
    """Pools that are never asked for more than they have threads: the dispatcher claims only when a slot is free."""

    def __init__(self, *, work_threads: int, capture_threads: int, analysis_threads: int) -> None:
        # Its chatter about each job added and run would double the log; a tick that overran is no news either.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            executors={
                WORK: ThreadPoolExecutor(work_threads),
                CAPTURES: ThreadPoolExecutor(capture_threads),
                ANALYSES: ThreadPoolExecutor(analysis_threads),
                TICKS: ThreadPoolExecutor(2),
            },
            # None: late is better than never; coalesce: a machine that slept does a tick once.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def start(self) -> None:
        self._scheduler.start()

    def submit(self, run: Callable[[], None], *, pool: str, name: str) -> None:
        """Run it as soon as a thread of the pool is free. `run` must not raise."""
        self._scheduler.add_job(run, executor=pool, name=name)

    def every(self, seconds: float, run: Callable[[], None], *, name: str) -> None:
        """Run it now and then every so many seconds, never twice at once. `run` must not raise."""
        now = datetime.now(UTC)
        self._scheduler.add_job(run, "interval", seconds=seconds, executor=TICKS, name=name, next_run_time=now)

    def stop(self, *, wait: bool = True) -> None:
        """No new runs; with `wait` it returns when the running ones have ended, so cancel them first."""
        self._scheduler.shutdown(wait=wait)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTED_AT_MOST = 10_000


def next_run_ns(schedule: Schedule, after_ns: int) -> int | None:
    """The first time (UTC ns) of its calendar after that instant; None if there is none in the years to come.

    A cron time is read on its zone's clock. One that the zone's clock shows twice, as summer time ends, runs once
    where the line names its hours; one that it leaves out, as summer time begins, runs an hour later.
    """
    if schedule.every_s is not None:
        begun_at = _time(schedule.created_at_ns)
        every = IntervalTrigger(seconds=schedule.every_s, start_date=begun_at, timezone=UTC)
        return _ns(every.get_next_fire_time(None, _just_after(after_ns)))
    zone, cron = ZoneInfo(schedule.time_zone), parse_cron(schedule.cron or "")
    trigger = _cron_trigger(cron, zone)
    while True:
        found = trigger.get_next_fire_time(None, _just_after(after_ns).astimezone(zone))
        after_ns = _ns(found) or 0
        shown_before = found is not None and found.replace(fold=0).utcoffset() != found.utcoffset()
        if not shown_before or len(cron.hours) == 24:
            return _ns(found)


def runs_until(schedule: Schedule, first_ns: int, now_ns: int) -> int:
    """How many of its times lie from `first_ns`, which is one, to now; 10,000 at most."""
    if schedule.every_s is not None:
        return min(int((now_ns - first_ns) / (schedule.every_s * 1e9)) + 1, _COUNTED_AT_MOST)
    at_ns: int | None = first_ns
    for found in count():
        if at_ns is None or at_ns > now_ns or found == _COUNTED_AT_MOST:
            return found
        at_ns = next_run_ns(schedule, at_ns)
    raise AssertionError("count() ends never")


def _cron_trigger(cron: Cron, zone: ZoneInfo) -> Any:
    times = {"minute": _listed(cron.minutes), "hour": _listed(cron.hours), "month": _listed(cron.months)}
    # APScheduler counts weekdays from Monday, crontab from Sunday: names mean the same to both.
    weekdays = None if cron.weekdays is None else ",".join(WEEKDAYS[day] for day in sorted(cron.weekdays))
    by_date = CronTrigger(**times, day=_listed(cron.days or range(1, 32)), timezone=zone)
    if weekdays is None:
        return by_date
    by_weekday = CronTrigger(**times, day_of_week=weekdays, timezone=zone)
    return by_weekday if cron.days is None else OrTrigger([by_date, by_weekday])


def _listed(values: Iterable[int]) -> str:
    return ",".join(str(value) for value in sorted(values))


def _time(at_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_ns // 1000)


def _just_after(at_ns: int) -> datetime:
    return _time(at_ns) + timedelta(microseconds=1)


def _ns(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // timedelta(microseconds=1) * 1000
