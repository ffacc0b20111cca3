"""The sections of the settings: each setting's type, bound, default and description."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args, get_origin
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le, Lt
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    TypeAdapter,
    model_validator,
)
from pydantic.fields import FieldInfo

from core.camera import Transport

_SIZE = TypeAdapter(ByteSize)


def _bytes(value: object) -> object:
    """Sizes may be written for people: '50 MB', '64 MiB'."""
    return int(_SIZE.validate_python(value.replace(" ", ""))) if isinstance(value, str) else value


def _path(value: str | None) -> str | None:
    if not value:
        return None
    path = os.path.expanduser(value)
    if not Path(path).is_absolute():
        raise ValueError("must be an absolute path")
    return path


Bytes = Annotated[int, BeforeValidator(_bytes)]
AbsolutePath = Annotated[str | None, AfterValidator(_path)]
HttpUrl = Annotated[str, Field(max_length=2000, pattern=r"^(https?://[^\s@]+)?$")]
"""Or empty. A password in it would be written to the file of the settings."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class StationSettings(Section):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="Name of this station.")] = (
        "station-1"
    )
    operator: Annotated[str, Field(max_length=100, description="Who works here; written beside what they ask for.")] = (
        ""
    )
    tenant_id: Annotated[
        str, Field(max_length=100, description="The team: a label and a filter on jobs and objects, no wall.")
    ] = ""
    theme: Annotated[
        Literal["dark", "light", "system"], Field(description="Look of the window; light is made for the sun.")
    ] = "dark"
    notify_completions: Annotated[
        bool, Field(description="Notify of every job that is done, not only of failures and ended batches.")
    ] = False
    race_mode: Annotated[
        bool, Field(description="A race is on: no notifications pop up; the alert bar still tells.")
    ] = False


class RtspSettings(Section):
    max_concurrent_streams: Annotated[
        int, Field(ge=1, le=64, description="Cameras connected at once; one past it says that it is not connected.")
    ] = 10
    capture_timeout: Annotated[
        float, Field(ge=1, le=600, description="Seconds without a packet after which a capture gives up.")
    ] = 30.0
    default_fps: Annotated[
        float, Field(gt=0, le=30, description="Frames a second of interval and continuous captures that name none.")
    ] = 1.0
    open_timeout_s: Annotated[float, Field(ge=0.5, le=60, description="Deadline of connecting to a camera.")] = 5.0
    read_timeout_s: Annotated[float, Field(ge=0.5, le=60, description="Deadline of reading one packet.")] = 3.0
    stall_s: Annotated[float, Field(ge=0.5, le=60, description="Silence after which a camera shows as stalled.")] = 2.0
    reconnect_cap_s: Annotated[
        float, Field(ge=0.1, le=60, description="Longest wait between two tries to reconnect.")
    ] = 2.0
    transport: Annotated[Transport, Field(description="Transport of cameras that are added without one.")] = (
        Transport.TCP
    )


class CaptureSettings(Section):
    pre_roll_s: Annotated[
        float, Field(ge=0, le=120, description="Seconds before the key that every camera keeps in memory.")
    ] = 10.0
    ring_max_bytes: Annotated[
        Bytes, Field(ge=1 << 20, le=4 << 30, description="Memory of one camera's pre-roll, at most.")
    ] = 64 << 20
    post_roll_s: Annotated[
        float, Field(ge=0, le=3600, description="Seconds after the key that a clip gets if none are named.")
    ] = 2.0
    frame_format: Annotated[Literal["jpg", "png"], Field(description="File format of captured frames.")] = "jpg"
    jpeg_quality: Annotated[int, Field(ge=50, le=100, description="Quality of captured jpg frames.")] = 95


class UploadSettings(Section):
    max_file_size: Annotated[
        Bytes, Field(ge=1024, le=1 << 40, description="Largest frame file that is imported, in bytes or as '50 MB'.")
    ] = 50 << 20
    max_batch_size: Annotated[
        int, Field(ge=1, le=1000, description="Files in one request through the API; the window has no such cap.")
    ] = 10


class JobsSettings(Section):
    timeout: Annotated[
        float,
        Field(ge=1, le=86_400, description="Seconds an import may go without progress, and others may take."),
    ] = 300.0
    max_attempts: Annotated[
        int, Field(ge=1, le=20, description="Tries of a job; waiting for a network spends none.")
    ] = 3
    concurrency: Annotated[
        int, Field(ge=1, le=32, description="Jobs worked on at once; captures and analyses not counted.")
    ] = 2
    capture_concurrency: Annotated[int, Field(ge=1, le=64, description="Captures worked on at once.")] = 8
    history_days: Annotated[int, Field(ge=1, le=3650, description="Days that ended jobs stay in the list.")] = 7


class StorageSettings(Section):
    kind: Annotated[
        Literal["folder", "minio"],
        Field(description="Where verified copies go; minio is implied where an endpoint is set and no kind."),
    ] = "folder"
    folder: Annotated[
        AbsolutePath, Field(description="Folder of the copies (USB drive, NAS). While none is chosen, uploads wait.")
    ] = None
    endpoint: Annotated[
        str, Field(min_length=1, description="Host and port of the S3 server; https:// before it means secure.")
    ] = "localhost:9000"
    bucket_name: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="Bucket; made if it is not there.")
    ] = "trackshift-frames"
    region: Annotated[str, Field(max_length=40, description="Region of the bucket; empty asks the server.")] = ""
    secure: Annotated[bool, Field(description="Speak HTTPS with the S3 server.")] = False
    ca_file: Annotated[AbsolutePath, Field(description="Own certificate authority of the S3 server (PEM).")] = None
    concurrency: Annotated[int, Field(ge=1, le=32, description="Files sent at once.")] = 4
    part_size_bytes: Annotated[
        Bytes,
        Field(ge=5 << 20, le=1 << 30, description="Larger files are sent in parts of this size, and resumed by part."),
    ] = 8 << 20
    bandwidth_limit_bytes_s: Annotated[
        Bytes, Field(ge=0, le=1 << 40, description="Bytes a second that sending may use; 0 is no limit.")
    ] = 0
    read_back: Annotated[
        bool, Field(description="Read every object back and hash it, where the store's own checksums are not trusted.")
    ] = False
    timeout_s: Annotated[
        float, Field(ge=1, le=600, description="Silence of the store after which a call is given up and tried again.")
    ] = 20.0

    @model_validator(mode="before")
    @classmethod
    def _implied(cls, given: object) -> object:
        if not isinstance(given, dict) or not isinstance(given.get("endpoint"), str):
            return given
        values = dict(cast("dict[str, object]", given))
        endpoint = str(values["endpoint"]).strip()
        values.setdefault("kind", "minio")
        if "://" in endpoint:
            url = urlsplit(endpoint)
            if url.username or url.password:
                raise ValueError("keys don't belong in the endpoint: enter them in Settings ▸ Storage")
            if url.scheme == "https":
                values["secure"] = True
            endpoint = url.netloc
        values["endpoint"] = endpoint
        return values


class RetentionSettings(Section):
    deleted_days: Annotated[
        int, Field(ge=0, le=3650, description="Days that a deleted frame or clip can be had back; its object stays.")
    ] = 7
    low_disk_warn_hours: Annotated[
        float, Field(ge=0, le=240, description="Warn when the disk is full in this many hours at the present pace.")
    ] = 2.0
    min_free_bytes: Annotated[
        Bytes, Field(ge=0, le=1 << 50, description="New clips are refused when less than this is free.")
    ] = 1_000_000_000


class ImportsSettings(Section):
    watch_folder: Annotated[AbsolutePath, Field(description="New files in this folder are imported by themselves.")] = (
        None
    )
    watch_camera: Annotated[
        str, Field(max_length=100, description="Camera that files of the watched folder belong to.")
    ] = ""


class AlertsSettings(Section):
    webhook_url: Annotated[
        HttpUrl, Field(description="Told of failures, ended batches and alerts by a POST of JSON; empty for nobody.")
    ] = ""


class StopsSettings(Section):
    live: Annotated[
        bool, Field(description="Time stops while they happen, on each camera with a pit box; costs its decoding.")
    ] = True


class LogSettings(Section):
    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="Least level that is written to the logs.")
    ] = "INFO"


class ApiSettings(Section):
    enabled: Annotated[bool, Field(description="The local HTTP API, for programs on this machine.")] = False
    port: Annotated[int, Field(ge=1, le=65_535, description="Port of the local HTTP API, loopback only.")] = 8000


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """One setting as the docs and the settings page show it."""

    name: str
    """`section.field`."""
    environment: str
    """`SECTION__FIELD`."""
    type: Literal["text", "path", "switch", "whole number", "number", "bytes", "choice"]
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    default: Any
    description: str

    @property
    def bounds(self) -> str:
        if self.choices:
            return ", ".join(self.choices)
        if self.minimum is None or self.maximum is None:
            return ""
        return f"{'>' if self.exclusive_minimum else '≥'} {self.minimum:,.10g}, ≤ {self.maximum:,.10g}"


def environment_name(name: str) -> str:
    return name.replace(".", "__").upper()


def describe(section: str, name: str, field: FieldInfo) -> FieldDoc:
    """What a section's field says of itself."""
    kind = field.annotation
    choices = tuple(str(choice) for choice in get_args(kind)) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        choices = tuple(choice.value for choice in kind)
    lowest = next((bound for bound in field.metadata if isinstance(bound, Ge | Gt)), None)
    highest = next((bound for bound in field.metadata if isinstance(bound, Le | Lt)), None)
    if choices:
        shown: Any = "choice"
    elif "bytes" in name or name == "max_file_size":
        shown = "bytes"
    else:
        shown = {bool: "switch", int: "whole number", float: "number", str: "text"}.get(kind, "path")  # type: ignore[arg-type]
    return FieldDoc(
        name=f"{section}.{name}",
        environment=environment_name(f"{section}.{name}"),
        type=shown,
        choices=choices,
        minimum=lowest.ge if isinstance(lowest, Ge) else lowest.gt if lowest else None,  # type: ignore[arg-type]
        maximum=highest.le if isinstance(highest, Le) else highest.lt if highest else None,  # type: ignore[arg-type]
        exclusive_minimum=isinstance(lowest, Gt),
        default=field.default.value if isinstance(field.default, StrEnum) else field.default,
        description=field.description or "",
    )
