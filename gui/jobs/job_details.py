"""Everything that is known of one job, in words and links, read from the store and the log."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.errors import NotFound
from core.job import Job, JobState
from core.log_lines import LogLine, attempts_told, lines_of
from core.store import jobs, library, results, sessions
from core.store.database import Reading
from core.store.library import LibraryFilter
from gui.jobs.job_command import command_of
from gui.jobs.job_facts import (
    Link,
    attempt_text,
    child_link,
    facts_of,
    input_links,
    item_link,
    job_link,
    logged_text,
    result_link,
)
from gui.jobs.reading import JobLine, circumstances, line
from gui.station import Station

CHILDREN_MOST = 50
ITEMS_MOST = 24
LOG_MOST = 200
_BATCH_MOST = 1000
"""Jobs of a batch whose items are looked for."""
_LOG_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Details:
    job: Job
    line: JobLine
    facts: tuple[tuple[str, str], ...]
    around: tuple[Link, ...]
    """Its batch, and the job it comes after."""
    children: tuple[Link, ...]
    """Failed ones first."""
    more_children: int
    inputs: tuple[Link, ...]
    made: tuple[Link, ...]
    """Files first, then frames and clips, newest first."""
    more_made: bool
    made_filter: LibraryFilter
    attempts: tuple[str, ...]
    log: tuple[str, ...]
    command: str


class DetailsReader:
    """`read` is for one thread at a time; the log is read again when the job may have said more."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.job_id: str | None = None
        self._logged: tuple[str, int] | None = None
        self._log_at_s = 0.0
        self._lines: list[LogLine] = []

    def read(self) -> Details | None:
        """None if no job is chosen, or it was cleaned up. Off the main thread."""
        job_id = self.job_id
        if job_id is None:
            return None
        try:
            with self._station.database.read() as tx:
                job = jobs.get(tx, job_id)
            lines = self._log(job)
            with self._station.database.read() as tx:
                return self._told(tx, jobs.get(tx, job_id), lines)
        except NotFound:
            return None

    def _told(self, tx: Reading, job: Job, lines: Sequence[LogLine]) -> Details:
        around = circumstances(tx, self._station.settings, time.time_ns())
        children = jobs.children(tx, job.id) if job.is_batch else []
        session = sessions.get(tx, job.session_id) if job.session_id else None
        zone = ZoneInfo(session.time_zone) if session else None
        of_it = tuple(child.id for child in children[:_BATCH_MOST]) if job.is_batch else (job.id,)
        wanted = LibraryFilter(job_ids=of_it)
        items = library.page(tx, wanted, None, None, ITEMS_MOST + 1)
        failed_first = sorted(children, key=lambda child: child.state is not JobState.FAILED)
        return Details(
            job,
            line(job, around, children, False),
            facts_of(job, session, zone, around.labels),
            _others(tx, job, around.labels),
            tuple(child_link(child, around.labels) for child in failed_first[:CHILDREN_MOST]),
            max(0, len(children) - CHILDREN_MOST),
            input_links(job),
            tuple(map(result_link, results.for_jobs(tx, of_it, ITEMS_MOST)))
            + tuple(item_link(item, zone, around.labels) for item in items[:ITEMS_MOST]),
            len(items) > ITEMS_MOST,
            wanted,
            tuple(attempt_text(told, zone) for told in attempts_told(lines)),
            tuple(logged_text(told, zone) for told in lines),
            command_of(job, children, self._station.folder),
        )

    def _log(self, job: Job) -> list[LogLine]:
        known, now_s = (job.id, job.revision), time.monotonic()
        is_another = self._logged is None or self._logged[0] != job.id
        may_say_more = known != self._logged or job.state is JobState.PROCESSING
        if is_another or (may_say_more and now_s - self._log_at_s > _LOG_EVERY_S):
            self._lines = lines_of(self._station.folder, job.id, LOG_MOST)
            self._logged, self._log_at_s = known, now_s
        return self._lines


def _others(tx: Reading, job: Job, labels: Mapping[str, str]) -> tuple[Link, ...]:
    found = []
    for said, id in (("Batch", job.batch_id), ("After", job.after_id)):
        if id is not None:
            try:
                found.append(job_link(said, jobs.get(tx, id), labels))
            except NotFound:
                continue  # cleaned up since
    return tuple(found)
