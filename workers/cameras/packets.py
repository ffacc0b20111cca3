"""What a camera sends: encoded pictures as the station keeps them, free of the connection they came through."""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """How the pictures of one connection are encoded."""

    codec: str
    """FFmpeg's name: h264, hevc, mjpeg."""
    width: int
    height: int
    fps: float
    """As the camera announces it; 0.0 where it doesn't."""
    time_base: Fraction
    """Seconds a PTS tick."""
    extradata: bytes = b""
    """Parameter sets, where the camera gave them apart from the pictures."""

    def ns(self, ticks: int) -> int:
        """PTS ticks as nanoseconds."""
        return ticks * 1_000_000_000 * self.time_base.numerator // self.time_base.denominator


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded picture."""

    pts: int
    dts: int | None
    duration: int
    """Ticks; 0 where the camera doesn't say."""
    is_keyframe: bool
    data: bytes
    arrival_ns: int
    """Monotonic."""
    camera_utc_ns: int | None = None
    """When it was taken by the camera's own clock (RTCP), from the first sender report on."""
    is_corrupt: bool = False


@dataclass(slots=True)
class Gop:
    """A keyframe and what follows it up to the next one. Only the ring appends; others may read at any time."""

    number: int
    """Counts the ring's GOPs over all connections."""
    epoch: int
    format: VideoFormat
    packets: list[Packet] = field(default_factory=list)
    bytes: int = 0
    closed: bool = False
    """No further packet comes: the next keyframe did, or the connection was lost."""

    @property
    def first(self) -> Packet:
        return self.packets[0]

    @property
    def last_pts(self) -> int:
        return max(packet.pts for packet in self.packets[-17:])

    def index_of(self, pts: int) -> int | None:
        """Where the picture stands in decoding order."""
        return next((at for at, packet in enumerate(self.packets) if packet.pts == pts), None)
