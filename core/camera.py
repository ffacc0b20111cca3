"""A camera: the configured RTSP source, and what its feed last said of itself."""

from dataclasses import dataclass, field
from enum import StrEnum


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class CameraState(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    OFFLINE = "offline"


class ClockSource(StrEnum):
    """Where a captured_at comes from, best first."""

    RTCP = "rtcp"
    ARRIVAL = "arrival"
    FILE = "file"
    """An imported file's own words (EXIF, container) or its modification time."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A configured camera. The URL never holds a user or password: those are credentials."""

    id: str
    url: str
    name: str = ""
    location: str = ""
    transport: Transport = Transport.TCP
    substream_url: str | None = None
    ca_file: str | None = None
    fps: float | None = None
    calibration: dict[str, object] | None = None
    pit_box: tuple[tuple[float, float], ...] | None = None
    """Polygon, each corner as fractions (0-1) of the picture's width and height."""
    enabled: bool = True
    revision: int = 0

    @property
    def label(self) -> str:
        """What people read: the name, or the id where none was given."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class CameraFound:
    """What a connection found out about the camera's video."""

    codec: str
    width: int
    height: int
    fps: float
    keyframe_interval_s: float | None
    clock_source: ClockSource


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """What the feed says of itself, as the operator reads it."""

    camera_id: str
    state: CameraState
    reason: str = ""
    hint: str = ""
    since_ns: int = 0
    epoch: int = 0
    """Names the feed's connection, later ones larger: a PTS means something only within one epoch."""
    fps: float = 0.0
    last_packet_ns: int | None = None
    ring_s: float = 0.0
    captured_u_ns: int | None = None
    found: CameraFound | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Instant:
    """One picture of one connection: the feed's epoch and the packet's PTS in the stream's time base."""

    epoch: int
    pts: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch (UTC ns) that was asked for and is not in the clip or frames, with the reason in words."""

    camera_id: str
    start_ns: int
    end_ns: int
    reason: str

    def as_json(self) -> dict[str, object]:
        return {
            "camera": self.camera_id,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "seconds": round((self.end_ns - self.start_ns) / 1e9, 3),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class CapturedAt:
    """When light hit the sensor: UTC ns, the 95 % half-width of that, and where the time comes from."""

    at_ns: int
    u_ns: int
    source: ClockSource = field(default=ClockSource.ARRIVAL)
