"""A clip: one video file, written from the camera's own packets."""

from dataclasses import dataclass, field

from core.camera import ClockSource, Gap


@dataclass(frozen=True, slots=True)
class Clip:
    id: str
    path: str
    """Relative to the data folder, with '/'; it is the object key too."""
    camera_id: str
    session_id: str | None
    job_id: str | None
    ordinal: int
    format: str
    codec: str
    width: int
    height: int
    bytes: int
    sha256: str
    captured_at_ns: int
    """UTC of the first picture in the file."""
    captured_u_ns: int
    clock_source: ClockSource
    duration_ns: int
    frame_count: int
    gaps: tuple[Gap, ...] = ()
    epoch: int | None = None
    pts: int | None = None
    timestamp_ref: str | None = None
    location: str | None = None
    camera_angle: str | None = None
    exposure: float | None = None
    sensor_info: str | None = None
    meta: dict[str, object] = field(default_factory=dict)
    exif: dict[str, object] = field(default_factory=dict)
    original_filename: str | None = None
    request_id: str | None = None
    operator: str | None = None
    tenant_id: str | None = None
    starred: bool = False
    created_at_ns: int = 0
    deleted_at_ns: int | None = None
    file_gone_at_ns: int | None = None
    revision: int = 0

    @property
    def end_ns(self) -> int:
        """UTC at which its last picture's time is over."""
        return self.captured_at_ns + self.duration_ns
