"""The bodies that the routes take and give, as the OpenAPI document shows them."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from core.capture import LONGEST_S, CaptureMode
from core.job import PRIORITY_MAX, PRIORITY_PERSON, JobKind, JobState

_MOST_BYTES = 256 << 10


def _plain_json(value: dict[str, Any]) -> dict[str, Any]:
    """NaN, lone surrogates and the like have no place in a database."""
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        raise ValueError("holds what JSON can't: NaN, Infinity, half a character, or too many levels") from None
    if size > _MOST_BYTES:
        raise ValueError(f"is larger than {_MOST_BYTES >> 10} KiB")
    return value


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


JsonObject = Annotated[dict[str, Any], AfterValidator(_plain_json)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_storable)]
Words = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_storable)]


class Asked(BaseModel):
    """A body that is taken: a field that nobody knows is refused, not lost."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ProductFile(BaseModel):
    """A file that a job made."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    object_key: str
    url: str = Field(description="A route of this API: the file itself, while it is on this machine.")


class Product(BaseModel):
    """One item of a process: a batch's job, a file of an import, or the single job itself."""

    id: str
    status: JobState
    error: str | None
    result: dict[str, Any] | None
    files: list[ProductFile] = []


class Process(BaseModel):
    """A job or a batch of jobs."""

    process_id: str
    status: JobState
    start_time: str = Field(description="When it started; until then, when it was made.")
    end_time: str | None
    last_updated: str
    progress: float = Field(description="0 to 100.")
    products_processed: int
    products_failed: int
    csv_url: str = Field(description="A route of this API: the products as CSV.")
    tenant_id: str | None
    error: str | None
    kind: JobKind
    name: str
    task_id: str | None
    message: str = Field(description="What it does now, or why it waits.")


class ProcessWithProducts(Process):
    products: list[Product] | None = Field(default=None, description="With include_products=true.")


class Processes(BaseModel):
    processes: list[Process]
    count: int
    next: str | None = Field(description="The cursor of the next page.")


class MasterTask(BaseModel):
    """A batch with its jobs by state."""

    master_task_id: str
    status: JobState
    progress: float
    total: int
    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int
    sub_tasks: list[Process]


class ActiveBatches(BaseModel):
    active_batch_processes: list[Process]
    count: int


class Cancelled(BaseModel):
    status: Literal["success"] = "success"
    message: str
    process: Process


class Made(BaseModel):
    """A job that was queued, or was there already."""

    status: Literal["success"] = "success"
    created: bool
    message: str
    process: Process | None
    request_id: str


class PartHealth(BaseModel):
    status: Literal["healthy", "degraded", "unhealthy"]
    message: str
    hint: str
    ms: float


class ServiceState(BaseModel):
    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    timestamp: str


class Health(ServiceState):
    version: str
    checks: dict[str, PartHealth]


class RtspMeta(Asked):
    """What the operator says of the frames. A name that is not listed is kept too, in `meta`."""

    session: Words | None = None
    location: Words | None = None
    camera_angle: Words | None = None
    exposure: Annotated[float, Field(ge=0)] | None = None
    sensor_info: Words | None = None
    timestamp_ref: Words | None = None
    meta: JsonObject = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _others_are_kept(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("meta", {}), dict):
            return given
        others = {name: value for name, value in given.items() if name not in cls.model_fields}
        known = {name: value for name, value in given.items() if name in cls.model_fields}
        return known | {"meta": {**known.get("meta", {}), **others}} if others else given


class RtspIngest(Asked):
    source_type: Literal["rtsp"] = "rtsp"
    camera_id: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_storable)]
    rtsp_url: Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_storable)] | None = (
        Field(
            default=None, description="Needed for a camera that the station does not know yet. It may hold user:pass@."
        )
    )
    capture_mode: CaptureMode = CaptureMode.SINGLE_FRAME
    duration: Annotated[float, Field(ge=1, le=LONGEST_S)] | None = Field(
        default=None, description="Seconds; interval, continuous, event_driven. Of a clip: from the request on."
    )
    fps: Annotated[float, Field(gt=0, le=30)] | None = None
    count: Annotated[int, Field(ge=1, le=1000)] | None = Field(default=None, description="Frames of a burst.")
    frame_timestamp: AwareDatetime | None = Field(
        default=None, description="The instant to capture, within the pre-roll; now where it is left out."
    )
    task_id: Id | None = None
    tenant_id: Id | None = None
    meta: RtspMeta = RtspMeta()


class Ingesting(BaseModel):
    """An ingest that was queued."""

    status: Literal["accepted"] = "accepted"
    request_id: str
    process_id: str
    source_type: Literal["upload", "rtsp"]
    camera_id: str
    message: str
    status_url: str
    report_url: str
    timestamp: str


class UploadedFile(BaseModel):
    filename: str
    bytes: int
    sha256: str


class Uploaded(Ingesting):
    files: list[UploadedFile]


class IngestStatus(BaseModel):
    request_id: str
    process_id: str
    source_type: Literal["upload", "rtsp"]
    camera_id: str | None
    status: JobState
    progress: float
    message: str
    frames_ingested: int
    clips_ingested: int
    duplicates: int
    failed: int
    error: str | None
    start_time: str
    end_time: str | None
    last_updated: str


class IngestedItem(BaseModel):
    id: str
    kind: Literal["frame", "clip"]
    camera_id: str
    object_key: str
    upload_status: str | None
    captured_at: str
    captured_at_uncertainty_ns: int
    clock_source: str
    width: int
    height: int
    bytes: int
    format: str
    sha256: str
    original_filename: str | None
    timestamp_ref: str | None
    location: str | None
    camera_angle: str | None
    exposure: float | None
    sensor_info: str | None
    meta: dict[str, Any]


class IngestReport(IngestStatus):
    items: list[IngestedItem]
    duplicate_files: list[dict[str, Any]]
    failed_files: list[dict[str, Any]]
    gaps: list[dict[str, Any]]


class AskedJob(Asked):
    """`params` are the kind's own."""

    params: JsonObject
    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)] = ""
    task_id: Id | None = None
    tenant_id: Id | None = None
    session_id: Id | None = None
    priority: Annotated[int, Field(ge=0, le=PRIORITY_MAX)] = PRIORITY_PERSON
    after_id: Id | None = Field(default=None, description="Starts when that job completed.")


class CaptureAsked(BaseModel):
    """The params of POST /jobs/capture: one camera or several at the same instant."""

    model_config = ConfigDict(extra="allow")

    camera_id: Id | None = None
    camera_ids: Annotated[list[Id], Field(min_length=1, max_length=64)] | None = None
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _names_cameras(self) -> Self:
        if (self.camera_id is None) == (self.camera_ids is None):
            raise ValueError("camera_id or camera_ids says which cameras")
        return self

    @property
    def cameras(self) -> list[str]:
        return list(dict.fromkeys(self.camera_ids or [str(self.camera_id)]))
