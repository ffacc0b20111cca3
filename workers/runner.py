"""The runner: one attempt of one job, from its handler's call to the row that says how it ended."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.job import Job
from workers.cancellation import CancelToken

if TYPE_CHECKING:
    from core.clock import Clock
    from core.paths import DataFolder
    from core.settings import Settings
    from core.store.database import Database, Writing
    from workers.cameras.feeds import Feeds
    from workers.computing import Computing


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is given: its job, the station's parts, and its ways to report and to stop."""

    job: Job
    database: "Database"
    folder: "DataFolder"
    settings: "Settings"
    cancel: CancelToken
    progress: Callable[[float, str, str], None]
    """(percent 0-100, stage, message); call as often as you like, writes are throttled."""
    compute: "Computing"
    feeds: "Feeds"
    clock: "Clock"
    station_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt made: its summary, and the rows to write in the transaction that completes the job."""

    summary: dict[str, object] = field(default_factory=dict)
    publish: "Callable[[Writing], None] | None" = None


Handler = Callable[[JobContext], Outcome]
"""Raises KnownError (the world), Cancelled (asked to stop) or StaleAttempt (another attempt owns the job)."""
