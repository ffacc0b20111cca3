"""Why a pending job waits, in the operator's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.camera import CameraState, CameraStatus
from core.job import Job, JobKind, JobState
from core.settings import Settings

_NS = 1_000_000_000
_OFF = {
    CameraState.CONNECTING: "is connecting",
    CameraState.STALLED: "sends nothing",
    CameraState.OFFLINE: "is offline",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What jobs may wait for."""

    now_ns: int
    worker_present: bool
    settings: Settings
    running: Mapping[JobKind, int] = field(default_factory=dict)
    """Jobs being worked on, by kind."""
    statuses: Mapping[str, CameraStatus] = field(default_factory=dict)
    """By camera id."""
    labels: Mapping[str, str] = field(default_factory=dict)


def why_it_waits(job: Job, around: Circumstances) -> str:
    """One sentence; empty for a job that does not wait."""
    if job.state is not JobState.PENDING:
        return ""
    if not around.worker_present:
        return "Waits: the worker is not running. Press Start."
    if job.held_because:
        return f"Waits: {job.held_because}"
    if job.not_before_ns is not None and job.not_before_ns > around.now_ns:
        seconds = -(-(job.not_before_ns - around.now_ns) // _NS)
        tries = f"{job.tries_left} {'try' if job.tries_left == 1 else 'tries'} left"
        said = f" {job.error.message}." if job.error else ""
        return f"Tries again in {seconds} s, {tries}.{said}"
    running, limit, setting = _limit(job.kind, around)
    if running >= limit:
        return f"Waits for a free place: {running} of {limit} at work ({setting})."
    status = around.statuses.get(job.camera_id or "")
    if job.kind is JobKind.CAPTURE and status is not None and status.state in _OFF:
        label = around.labels.get(status.camera_id, status.camera_id)
        return f"Waits: {label} {_OFF[status.state]}. {status.reason}".rstrip()
    return "Waits for its turn."


def _limit(kind: JobKind, around: Circumstances) -> tuple[int, int, str]:
    """How many jobs of the kind's pool run, how many may, and the setting that says so."""
    jobs = around.settings.jobs
    captures = around.running.get(JobKind.CAPTURE, 0)
    if kind is JobKind.CAPTURE:
        return captures, jobs.capture_concurrency, "jobs.capture_concurrency"
    return sum(around.running.values()) - captures, jobs.concurrency, "jobs.concurrency"
