"""A job: one queued unit of work, its states and the only moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class JobKind(StrEnum):
    CAPTURE = "capture"
    IMPORT = "import"
    STOP_TIMING = "stop_timing"
    TRACK = "track"
    ANALYZE = "analyze"
    REPORT = "report"


class JobState(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset({JobState.PROCESSING, JobState.CANCELLED}),
    JobState.PROCESSING: frozenset(  # PENDING: another try, or its worker died
        {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.PENDING}
    ),
    JobState.FAILED: frozenset({JobState.PENDING}),  # the operator's Retry
    JobState.COMPLETED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
OPEN = frozenset({JobState.PENDING, JobState.PROCESSING})
ENDED = frozenset(JobState) - OPEN
BATCH_MOVES: Mapping[JobState, frozenset[JobState]] = {
    # A batch is never claimed: its children's states move it. COMPLETED → PENDING: a failed child was retried.
    JobState.PENDING: frozenset({JobState.PROCESSING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}),
    JobState.PROCESSING: frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}),
    JobState.FAILED: frozenset({JobState.PENDING}),
    JobState.COMPLETED: frozenset({JobState.PENDING}),
    JobState.CANCELLED: frozenset(),
}

PRIORITY_PERSON = 100
PRIORITY_RERUN = 50
PRIORITY_SCHEDULED = 5
PRIORITY_MAX = 1000
"""The most a caller may ask for; above it stands what was told to run next."""
TRIES = 3


@dataclass(frozen=True, slots=True)
class JobError:
    """Why an attempt failed, as the operator reads it; `known` is False for a bug of ours."""

    slug: str
    message: str
    hint: str = ""
    known: bool = True
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a caller asks for."""

    kind: JobKind
    params: Mapping[str, object]
    name: str = ""
    task_id: str | None = None
    tenant_id: str | None = None
    operator: str | None = None
    priority: int = PRIORITY_PERSON
    camera_id: str | None = None
    session_id: str | None = None
    """None: the current session, if there is one."""
    tries: int = TRIES
    """How often it may be tried before it stays failed."""
    after_id: str | None = None
    """Starts when this job completed; if that fails or is cancelled, this one fails and says so."""
    correlation_id: str | None = None
    """Of the request it came with; None: the batch's, or the job's own id."""
    not_before_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    kind: JobKind
    state: JobState
    params: dict[str, object]
    name: str
    priority: int
    attempt: int
    """Numbered, only growing: the fence. Only the newest attempt may finish the job."""
    tries_left: int
    created_at_ns: int
    last_updated_ns: int
    progress: float = 0.0
    """0-100."""
    stage: str = ""
    message: str = ""
    task_id: str | None = None
    tenant_id: str | None = None
    operator: str | None = None
    camera_id: str | None = None
    session_id: str | None = None
    batch_id: str | None = None
    is_batch: bool = False
    worker_id: str | None = None
    not_before_ns: int | None = None
    held_because: str | None = None
    after_id: str | None = None
    waits_for: str | None = None
    """`after_id` while that job is open."""
    correlation_id: str = ""
    """On every log line of its request, of itself and of the uploads of what it made."""
    error: JobError | None = None
    summary: dict[str, object] = field(default_factory=dict)
    started_at_ns: int | None = None
    completed_at_ns: int | None = None
    tries: int = TRIES
    number: int = 0
    """Its place among all jobs in the order in which they were made."""
    revision: int = 0
