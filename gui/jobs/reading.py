"""What the jobs panel shows, read from the store in one go."""

import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.capture import CaptureParams
from core.errors import InstantGone
from core.job import Job, JobError, JobKind, JobState, NewJob
from core.process import Role
from core.settings import Settings
from core.store import cameras, jobs, processes
from core.store.database import Database, Reading
from gui.jobs.waiting import Circumstances, why_it_waits

FINISHED_NS = 300 * 1_000_000_000
SHOWN_MOST = 40
CHILDREN_MOST = 30
_READ_MOST = 500
CAPTURES = {
    "single_frame": "Frame",
    "burst": "Burst",
    "interval": "Interval",
    "continuous": "Continuous capture",
    "clip": "Clip",
    "event_driven": "Event capture",
}
STATES = {
    JobState.PENDING: "Waiting",
    JobState.PROCESSING: "Running",
    JobState.COMPLETED: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job in words."""

    id: str
    title: str
    state: JobState
    said: str
    """State, or how a batch stands."""
    level: str
    """Of `said`: "", "ok", "warn" or "bad"."""
    message: str
    hint: str
    progress: float
    may_retry: bool
    may_cancel: bool
    children: tuple["JobLine", ...] = ()
    more_children: int = 0
    is_batch: bool = False
    may_capture_now: bool = False
    """Trying again can't bring the picture back: what the camera sees now can be captured instead."""


@dataclass(frozen=True, slots=True)
class PanelState:
    """The whole panel. `lines` newest first."""

    lines: tuple[JobLine, ...] = ()
    more: int = 0
    """Active or newly finished ones beyond those."""
    active: int = 0
    failed: int = 0
    worker_present: bool = False
    counts: dict[JobState, int] = field(default_factory=dict)


def read_panel(database: Database, settings: Settings, opened: Collection[str]) -> PanelState:
    """`opened`: ids of batches whose children are shown. Off the main thread."""
    now_ns = time.time_ns()
    with database.read() as tx:
        found = jobs.active(tx, now_ns - FINISHED_NS, _READ_MOST)
        around = circumstances(tx, settings, now_ns)
        children = {job.id: jobs.children(tx, job.id) for job in found if job.is_batch}
        counts = jobs.counts(tx)
    active = [job for job in found if not job.completed_at_ns]
    ended = [job for job in found if job.completed_at_ns]
    shown = sorted((active + ended)[:SHOWN_MOST], key=lambda job: (job.created_at_ns, job.id), reverse=True)
    return PanelState(
        tuple(line(job, around, children.get(job.id, []), job.id in opened) for job in shown),
        len(found) - len(shown),
        counts[JobState.PENDING] + counts[JobState.PROCESSING],
        sum(_failed(job, children.get(job.id, [])) for job in ended),
        around.worker_present,
        counts,
    )


def circumstances(tx: Reading, settings: Settings, now_ns: int) -> Circumstances:
    """What jobs may wait for now."""
    return Circumstances(
        now_ns,
        bool(processes.running(tx, Role.WORKER, now_ns)),
        settings,
        Counter(JobKind(job.kind) for job in _running(tx)),
        {status.camera_id: status for status in cameras.statuses(tx)},
        {camera.id: camera.label for camera in cameras.every(tx)},
    )


def line(job: Job, around: Circumstances, children: list[Job], opened: bool) -> JobLine:
    """A job, with its children where it is a batch, as the panel says it."""
    said, level = said_of(job, Counter(child.state for child in children))
    error = job.error if job.state is JobState.FAILED else None
    is_gone = job.kind is JobKind.CAPTURE and error is not None and error.slug == InstantGone.slug
    failed_children = sum(child.state is JobState.FAILED for child in children)
    newest_first = sorted(children, key=lambda child: child.state is not JobState.FAILED)
    return JobLine(
        job.id,
        title(job, around.labels),
        job.state,
        said,
        level,
        _message(job, around, error),
        error.hint if error else "",
        job.progress,
        may_retry=(job.state is JobState.FAILED and not is_gone) or failed_children > 0,
        may_capture_now=is_gone,
        may_cancel=job.state in (JobState.PENDING, JobState.PROCESSING),
        children=tuple(line(child, around, [], False) for child in newest_first[:CHILDREN_MOST]) if opened else (),
        more_children=max(0, len(children) - CHILDREN_MOST) if opened else 0,
        is_batch=job.is_batch,
    )


def title(job: Job, labels: Mapping[str, str]) -> str:
    """Its name; else what it does, and where. labels: of cameras by id."""
    if job.name:
        return job.name
    where = labels.get(job.camera_id, job.camera_id) if job.camera_id else ""
    mode = str(job.params.get("mode")) if job.kind is JobKind.CAPTURE else ""
    what = CAPTURES.get(mode) or kind_text(job.kind)
    return " · ".join(part for part in (what, where) if part)


def kind_text(kind: JobKind) -> str:
    """'Import'."""
    return str(kind).replace("_", " ").capitalize()


def said_of(job: Job, children: Mapping[JobState, int]) -> tuple[str, str]:
    """How it stands in a few words, and their level; children: how many of a batch are in each state."""
    whole = sum(children.values())
    if job.is_batch and whole:
        done, failed, cancelled = (
            children.get(state, 0) for state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
        )
        parts = [f"{done:,} of {whole:,} done"]
        parts += [f"{failed:,} failed"] if failed else []
        parts += [f"{cancelled:,} cancelled"] if cancelled else []
        level = "ok" if done == whole else "warn" if failed and done else "bad" if failed else ""
        return ", ".join(parts), level
    if job.state is JobState.COMPLETED:
        failed_files = job.summary.get("failed_count")
        if isinstance(failed_files, int) and failed_files:
            return f"Done, {failed_files} of its files failed", "warn"
        return STATES[job.state], "ok"
    return STATES[job.state], "bad" if job.state is JobState.FAILED else ""


def _message(job: Job, around: Circumstances, error: JobError | None) -> str:
    if error is not None:
        return error.message
    if job.state is JobState.PENDING:
        return "" if job.is_batch and around.worker_present else why_it_waits(job, around)
    if job.state is JobState.PROCESSING:
        return " · ".join(part for part in (job.stage, job.message) if part) if not job.is_batch else ""
    if job.state is JobState.COMPLETED:
        return summary_text(job)
    return ""


def summary_text(job: Job) -> str:
    """What a completed job made, from its summary."""
    parts = []
    for key, one, many in (
        ("frames", "frame", "frames"),
        ("clips", "clip", "clips"),
        ("imported", "file taken in", "files taken in"),
        ("duplicate_count", "was here already", "were here already"),
        ("failed_count", "failed", "failed"),
        ("gaps", "gap", "gaps"),
    ):
        value = job.summary.get(key)
        count = len(value) if isinstance(value, list) else value
        if isinstance(count, int) and count > 0:
            parts.append(f"{count:,} {one if count == 1 else many}")
    return ", ".join(parts)


def captured_now(job: Job, now_ns: int) -> NewJob:
    """The capture of a failed job, asked for now instead of at its instant."""
    asked = CaptureParams.model_validate(job.params)
    now = asked.model_copy(update={"at_ns": now_ns, "epoch": None, "pts": None})
    return NewJob(
        job.kind,
        now.model_dump(mode="json"),
        name=job.name,
        tenant_id=job.tenant_id,
        operator=job.operator,
        camera_id=job.camera_id,
        session_id=job.session_id,
    )


def _failed(job: Job, children: list[Job]) -> bool:
    return job.state is JobState.FAILED or any(child.state is JobState.FAILED for child in children)


def _running(tx: Reading) -> list[Job]:
    wanted = jobs.JobFilter(states=frozenset({JobState.PROCESSING}))
    return [job for job in jobs.page(tx, wanted, limit=200).items if not job.is_batch]
