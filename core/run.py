"""A run: one analysis batch; its assets, what it says of each, and the only moves of a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import KnownError
from core.job import JobState

SHARD = 50
"""Assets a job."""
STOPPED = "Stopped by the operator"


class RunProvider(StrEnum):
    GEMINI = "gemini"
    LOCAL = "local"
    AUTO = "auto"
    """Gemini where it is set up and answers, else this machine where the pack has a local analysis; else it waits."""


class FindingState(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


FINDING_MOVES: Mapping[FindingState, frozenset[FindingState]] = {
    FindingState.PENDING: frozenset({FindingState.COMPLETED, FindingState.FAILED}),
    FindingState.COMPLETED: frozenset(),
    FindingState.FAILED: frozenset({FindingState.PENDING}),  # the operator's Retry
}


@dataclass(frozen=True, slots=True)
class FrameRef:
    """One frame of an asset: of the library by its id, or a file of this machine by its path."""

    frame_id: str | None = None
    path: str | None = None
    """Absolute."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A car, a part or a place, with all its frames."""

    asset_id: str
    frames: tuple[FrameRef, ...]
    location: str = ""


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a caller asks for."""

    pack: Mapping[str, object]
    """`Pack.as_json()`."""
    provider: RunProvider = RunProvider.AUTO
    name: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    """For the provider: "night" true sends it as a Vertex batch."""
    budget_usd: float | None = None
    """The run is held before it would cost more; None: what the settings say, which is asked as it runs."""
    task_id: str | None = None
    tenant_id: str | None = None
    operator: str | None = None
    session_id: str | None = None
    priority: int | None = None
    tries: int = 3
    after_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    job_id: str
    """Of its batch, which may be cleaned up sooner than the run."""
    name: str
    pack_name: str
    pack_version: str
    pack: dict[str, object]
    """`Pack.as_json()` as it was when the run was made."""
    provider: RunProvider
    options: dict[str, object]
    budget_usd: float | None
    held_because: str | None
    """Why nothing new begins; None: it goes on."""
    assets: int
    completed: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    """Of every call of it, failed ones too."""
    created_at_ns: int
    ended_at_ns: int | None
    """When its last finding came."""
    files_job_id: str | None
    """The shard that writes the files of the findings."""
    session_id: str | None = None
    tenant_id: str | None = None
    operator: str | None = None
    deleted_at_ns: int | None = None
    revision: int = 0
    job_state: JobState | None = None
    """Of the batch; None: cleaned up."""

    @property
    def pending(self) -> int:
        return self.assets - self.completed - self.failed

    @property
    def state(self) -> JobState:
        """Its batch's while that is open or was cancelled; else what its findings say."""
        if self.job_state in (JobState.PENDING, JobState.PROCESSING, JobState.CANCELLED):
            return self.job_state
        if self.pending:
            return JobState.CANCELLED if self.job_state is None else self.job_state
        return JobState.COMPLETED if self.completed else JobState.FAILED


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run says of one asset."""

    run_id: str
    asset_id: str
    number: int
    """Its place in the run, from 0."""
    location: str
    frames: tuple[FrameRef, ...]
    state: FindingState
    job_id: str
    """The shard that has or had it."""
    error: dict[str, str] | None = None
    """slug, message, hint."""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    took_ms: float = 0.0
    raw: str = ""
    """The model's answer as it came, of the last call."""
    values: dict[str, object] | None = None
    """By the pack's columns; None until it completed."""
    notes: tuple[str, ...] = ()
    ended_at_ns: int | None = None
    revision: int = 0

    @property
    def asset(self) -> Asset:
        return Asset(self.asset_id, self.frames, self.location)


class AnalysisError(KnownError):
    """Of one asset unless a subclass says more. Fields of what the failed call spent may be given by keyword."""

    title = "The asset could not be analysed"
    hint = "Press Retry failed."
    safe = "The other assets go on."
    model: str = ""
    raw: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class AnswerInvalid(AnalysisError):
    """Field: problem."""

    title = "The answer breaks the pack's schema: {problem}"
    hint = "The raw answer shows what came; mend the pack's prompt or schema, and press Retry failed."
    permanent = True


class AnalysisUnreachable(AnalysisError):
    """The whole run waits, and no try is spent."""

    title = "The analysis service can't be reached"
    hint = "Nothing to do: the run goes on by itself when the network is back."
    safe = "Every finding so far is kept, and no call is repeated for it."


class ProviderUnready(AnalysisError):
    """No provider can do it as things are: the whole run waits, and no try is spent."""

    title = "No provider can do this run now"
    hint = "Set up Gemini in Settings ▸ Gemini, or choose the local provider."
    safe = "Every finding so far is kept; the run goes on by itself once this is mended."
