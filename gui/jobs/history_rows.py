"""The history's rows: jobs in words, read from the store, and whether a changed job is one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.clock import span_text
from core.job import Job, JobState
from core.store import cameras, job_starts, sessions
from core.store.database import Reading
from core.store.jobs import JobFilter
from gui.jobs.reading import said_of, summary_text, title


@dataclass(frozen=True, slots=True)
class HistoryRow:
    job: Job
    title: str
    said: str
    level: str
    """Of `said`: "", "ok", "warn" or "bad"."""
    made: str
    """When it was asked for, in its session's zone."""
    took: str
    message: str

    @property
    def place(self) -> int:
        """A larger one is newer and comes first."""
        return self.job.number

    @property
    def cells(self) -> tuple[str, ...]:
        return self.said, self.title, self.made, self.took, self.message


def rows_of(tx: Reading, found: Sequence[Job]) -> list[HistoryRow]:
    """The jobs in words, in their order."""
    labels = {camera.id: camera.label for camera in cameras.every(tx)}
    zones = {session.id: ZoneInfo(session.time_zone) for session in sessions.every(tx)}
    counts = job_starts.child_counts(tx, [job.id for job in found if job.is_batch])
    rows = []
    for job in found:
        said, level = said_of(job, counts.get(job.id, {}))
        if job.state is JobState.PROCESSING and not job.is_batch:
            said = f"{said} {job.progress:.0f} %"
        made = _made(job.created_at_ns, zones.get(job.session_id or ""))
        rows.append(HistoryRow(job, title(job, labels), said, level, made, took_text(job), _message(job)))
    return rows


def _made(ns: int, zone: ZoneInfo | None) -> str:
    """'22 Nov 14:04:05'; the details say the year and the zone."""
    when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone(zone)
    return f"{when.day} {when:%b %H:%M:%S}"


def took_text(job: Job) -> str:
    """How long it was worked on, once it ended."""
    if job.started_at_ns is None or job.completed_at_ns is None:
        return ""
    return span_text(max(job.completed_at_ns - job.started_at_ns, 0))


def belongs(job: Job, wanted: JobFilter) -> bool:
    """Whether the filter lets the job through, its text left out."""
    return (
        (not wanted.states or job.state in wanted.states)
        and (not wanted.kinds or job.kind in wanted.kinds)
        and wanted.session_id in (None, job.session_id)
        and wanted.tenant_id in (None, job.tenant_id)
        and (wanted.from_ns is None or job.created_at_ns >= wanted.from_ns)
        and (wanted.to_ns is None or job.created_at_ns < wanted.to_ns)
        and not (wanted.top_level and job.batch_id is not None)
    )


def _message(job: Job) -> str:
    if job.state is JobState.FAILED and job.error is not None:
        return job.error.message
    if job.state is JobState.PENDING:
        return job.held_because or (job.error.message if job.error else "")
    if job.state is JobState.PROCESSING:
        return " · ".join(part for part in (job.stage, job.message) if part)
    return summary_text(job)
