"""Tracking's intake: the create and cancel messages of those who ask for it, checked, typed and put into the queue."""

import json
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.capture import refusal
from core.errors import UsageError
from core.job import TRIES, Job, JobKind, NewJob
from core.store import cameras, clips, jobs
from core.store.database import Writing

_Id = Annotated[str, Field(min_length=1, max_length=200)]


class TrackingParams(BaseModel):
    """What to track and how: exactly one of a clip, a file and a camera. "false", "0" and "no" are false."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip: _Id | None = None
    """Id of a clip in the library."""
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A video file on this machine, absolute."""
    camera: _Id | None = None
    """Id of a camera: what it shows from now on, or between `start` and `end`."""
    start: AwareDatetime | None = None
    """ISO 8601 with its zone; from the beginning where it is left out."""
    end: AwareDatetime | None = None
    verbose: bool = False
    """Keep each step's numbers in the job's log."""
    resume_from_checkpoint: bool = True
    video_limit: Annotated[int, Field(ge=1)] | None = None
    """Frames to look at, at most."""

    @model_validator(mode="after")
    def _names_one_source_and_a_span(self) -> Self:
        if sum(source is not None for source in (self.clip, self.path, self.camera)) != 1:
            raise ValueError("exactly one of clip, path and camera says what to track")
        if self.path is not None and not Path(self.path).is_absolute():
            raise ValueError("path is the absolute path of a file on this machine")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("end is later than start")
        return self


class CreateTracking(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["create"]
    tracking_params: TrackingParams
    tenant_id: _Id | None = None
    custom_name: Annotated[str, Field(max_length=200)] = ""
    task_id: _Id | None = None
    """The caller's own: the same twice is one job."""


class CancelTracking(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["cancel"]
    task_id: _Id
    tenant_id: _Id | None = None


TrackingMessage = Annotated[CreateTracking | CancelTracking, Field(discriminator="action")]
_MESSAGE: TypeAdapter[CreateTracking | CancelTracking] = TypeAdapter(TrackingMessage)


class TrackingAnswer(NamedTuple):
    job: Job | None
    """None: a cancel that came before its create, which will be made cancelled."""
    created: bool
    """False if the job was there before."""
    message: str


def parse_message(raw: object) -> CreateTracking | CancelTracking:
    """A message as JSON text or as the object it means. Raises UsageError that names what is wrong with it."""
    if isinstance(raw, str | bytes):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError) as broken:
            raise UsageError(f"The message is no JSON: {broken}") from None
    if not isinstance(raw, dict):
        raise UsageError('A tracking message is a JSON object with an "action"')
    action = raw.get("action")
    if action not in ("create", "cancel"):
        what = "names no action" if action is None else f"asks for {str(action)[:50]!r}, which is no action"
        raise UsageError(f"The message {what}", hint='An action is "create" or "cancel".')
    if action == "cancel" and not raw.get("task_id"):
        raise UsageError("A cancel names the task_id of what it cancels", hint="It is the one that its create gave.")
    try:
        return _MESSAGE.validate_python(raw)
    except ValidationError as invalid:
        raise refusal(invalid) from None


def submit(
    tx: Writing,
    message: CreateTracking | CancelTracking,
    *,
    operator: str | None = None,
    tries: int = TRIES,
    correlation_id: str | None = None,
) -> TrackingAnswer:
    """Do what the message asks. Raises NotFound for an unknown clip, CameraUnknown."""
    if isinstance(message, CancelTracking):
        return _cancel(tx, message.task_id)
    known = None if message.task_id is None else jobs.by_task_id(tx, message.task_id)
    if known is not None:
        return TrackingAnswer(known, False, f"{message.task_id} is job {known.id} already, {known.state}")
    params = message.tracking_params
    if params.clip is not None:
        camera_id: str | None = clips.get(tx, params.clip).camera_id
    else:
        camera_id = cameras.get(tx, params.camera).id if params.camera is not None else None
    new = NewJob(
        JobKind.TRACK,
        params.model_dump(mode="json", exclude_none=True),
        name=message.custom_name,
        task_id=message.task_id,
        tenant_id=message.tenant_id,
        operator=operator,
        camera_id=camera_id,
        tries=tries,
        correlation_id=correlation_id,
    )
    job = jobs.enqueue(tx, new)
    told = "queued" if job.completed_at_ns is None else "cancelled before it was created, and stays so"
    return TrackingAnswer(job, True, f"Job {job.id} is {told}")


def _cancel(tx: Writing, task_id: str) -> TrackingAnswer:
    before = jobs.by_task_id(tx, task_id)
    job = jobs.cancel_task(tx, task_id)
    if job is None:
        return TrackingAnswer(None, False, f"There is no job {task_id} yet; when it is created it will be cancelled")
    if before is not None and before.state is not job.state:
        return TrackingAnswer(job, False, f"Job {job.id} was cancelled")
    return TrackingAnswer(job, False, f"Job {job.id} had ended before: {job.state}")
