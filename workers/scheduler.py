"""The scheduler: the worker's thread pools and its regular ticks, in memory; what must survive is in the database."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

WORK = "default"
CAPTURES = "captures"
"""Captures have threads of their own: no import may keep a press waiting."""
TICKS = "ticks"


class Scheduler:
    """Pools that are never asked for more than they have threads: the dispatcher claims only when a slot is free."""

    def __init__(self, *, work_threads: int, capture_threads: int) -> None:
        # Its chatter about each job added and run would double the log; a tick that overran is no news either.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            executors={
                WORK: ThreadPoolExecutor(work_threads),
                CAPTURES: ThreadPoolExecutor(capture_threads),
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
