"""Pictures that say their number by their grey, encoded as a camera would, and streams that replay them."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial

import av
import numpy as np

from core.camera import Camera
from core.credentials import Login
from core.errors import CameraError, CameraUnreachable
from core.setting_sections import RtspSettings
from workers.cameras.packets import Gop, Packet, VideoFormat

FPS, TICKS, GOP = 25, 3600, 25
PERIOD_NS = 1_000_000_000 // FPS
TIME_BASE = Fraction(1, 90_000)
WIDTH, HEIGHT = 160, 96
_ENCODERS = {"h264": "libx264", "hevc": "libx265"}


@cache
def encoded(count: int = 50, codec: str = "h264", b_frames: int = 0) -> tuple[VideoFormat, tuple[Packet, ...]]:
    """`count` pictures of 160×96, each grey by `grey_of(number)`, PTS number × 3600, arriving by their time."""
    return _encoded([np.full((HEIGHT, WIDTH), grey_of(number), np.uint8) for number in range(count)], codec, b_frames)


@cache
def encoded_motion(still: int, moving: int, still_again: int) -> tuple[VideoFormat, tuple[Packet, ...]]:
    """So many pictures of a grey ground, then with a bright square that crosses their middle, then without it."""
    drawn = []
    for number in range(still + moving + still_again):
        grey = np.full((HEIGHT, WIDTH), 90, np.uint8)
        if still <= number < still + moving:
            left = 40 + 60 * (number - still) // moving
            grey[36:60, left : left + 24] = 200
        drawn.append(grey)
    return _encoded(drawn, "h264", 0)


def _encoded(greys: list[np.ndarray], codec: str, b_frames: int) -> tuple[VideoFormat, tuple[Packet, ...]]:
    encoder = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.thread_count = Fraction(FPS), Fraction(1, FPS), 1
    x265 = f"log-level=none:bframes={b_frames}:keyint={GOP}:min-keyint={GOP}:repeat-headers=1:scenecut=0:open-gop=0"
    encoder.options = {
        "preset": "veryfast",
        "g": str(GOP),
        "bf": str(b_frames),
        "sc_threshold": "0",
        "b_strategy": "0",
        **({"x265-params": x265} if codec == "hevc" else {}),
    }
    out = []
    for number, grey in enumerate(greys):
        chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([grey, chroma]), "yuv420p")
        frame.pts = number
        out += encoder.encode(frame)
    out += encoder.encode(None)
    packets = tuple(
        Packet(
            pts=int(packet.pts or 0) * TICKS,
            dts=int(packet.dts or 0) * TICKS,
            duration=TICKS,
            is_keyframe=packet.is_keyframe,
            data=bytes(packet),
            arrival_ns=1_000_000_000 + place * PERIOD_NS,
        )
        for place, packet in enumerate(out)
    )
    return VideoFormat(codec, WIDTH, HEIGHT, float(FPS), TIME_BASE), packets


def grey_of(number: int) -> int:
    return 40 + number * 7 % 160


def number_shown(picture: np.ndarray, among: Iterable[int]) -> int:
    """The number whose grey the picture has. picture: (H, W, 3) BGR or (H, W) Y."""
    plane = picture if picture.ndim == 2 else picture[:, :, 1]
    # BGR is of full range, Y of 16-235.
    seen = float(plane.mean()) if picture.ndim == 2 else float(plane.mean()) * 219 / 255 + 16
    return min(among, key=lambda number: abs(grey_of(number) - seen))


def near(number: int) -> range:
    """Numbers whose greys differ."""
    return range(max(0, number - 8), number + 9)


def gops(video: VideoFormat, packets: Iterable[Packet], epoch: int = 1) -> list[Gop]:
    made: list[Gop] = []
    for packet in packets:
        if packet.is_keyframe:
            made.append(Gop(len(made) + 1, epoch, video))
        made[-1].packets.append(packet)
    return made


class ReplayedStream:
    """A camera's stream out of packets at hand; then silence, or the given loss."""

    def __init__(self, video: VideoFormat, packets: Iterable[Packet], loss: CameraError | None = None) -> None:
        self.video = video
        self._packets: Iterator[Packet] = iter(packets)
        self._loss = loss
        self._silence = threading.Event()
        self.closed = False

    def read(self) -> Packet | None:
        packet = next(self._packets, None)
        if packet is None and self._loss is not None:
            raise self._loss
        if packet is None:
            self._silence.wait(0.01)
        return packet

    def close(self) -> None:
        self.closed = True
        self._silence.set()


def opening(*streams: ReplayedStream | CameraError) -> Callable[..., ReplayedStream]:
    """An opener that gives these one after the other; the last again and again."""
    left = list(streams)

    def open_stream(camera: Camera, login: Login | None, settings: RtspSettings) -> ReplayedStream:
        following = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(following, CameraError):
            raise following
        return following

    return open_stream


Shown = tuple[VideoFormat, tuple[Packet, ...]]


class PacedStream:
    """A camera that sends a picture each 40 ms from when it was opened, and hangs up once it has shown `lasts_s`.

    Its first GOP is sent again and again until `goes_on`.
    """

    def __init__(
        self, lasts_s: float = 1e9, shown: Shown | None = None, goes_on: Callable[[], bool] = lambda: True
    ) -> None:
        self.video, self._packets = shown or encoded(50)
        self._lasts_s, self._goes_on = lasts_s, goes_on
        self._started_s = time.monotonic()
        self._place = self._sent = 0
        self._pause = threading.Event()

    @property
    def repeated(self) -> int:
        """By how many pictures it is behind what it would have shown."""
        return self._sent - self._place

    def read(self) -> Packet | None:
        if self._place == GOP and not self._goes_on():
            self._place = 0
        if self._place / FPS > self._lasts_s:
            raise CameraUnreachable("Haas_Pit_1 closed the connection")
        waits_s = self._started_s + self._sent / FPS - time.monotonic()
        if waits_s > 0:
            self._pause.wait(waits_s)
        at = self._sent * TICKS
        packet = self._packets[self._place % len(self._packets)]
        self._place += 1
        self._sent += 1
        return replace(packet, pts=at, dts=at, arrival_ns=time.monotonic_ns())

    def close(self) -> None:
        self._pause.set()


class Flapping:
    """Opens a camera that is there for a while, away for a while, and then there for good."""

    def __init__(
        self,
        there_s: float,
        away_s: float,
        shown: Shown | None = None,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._there_s, self._away_s, self._stream = there_s, away_s, partial(PacedStream, shown=shown, goes_on=goes_on)
        self._opened = False
        self._lost_s: float | None = None

    def __call__(self, camera: Camera, login: Login | None, settings: RtspSettings) -> PacedStream:
        if not self._opened:
            self._opened = True
            return self._stream(self._there_s)
        if self._lost_s is None:
            self._lost_s = time.monotonic()
        if time.monotonic() < self._lost_s + self._away_s:
            raise CameraUnreachable("Nothing listens there")
        return self._stream()
