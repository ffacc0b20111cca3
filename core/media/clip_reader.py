"""Reading clips: what a video file holds, and its pictures by PTS, never by index ÷ fps."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported

MOST_PIXELS = 64_000_000
"""8K is 33 million; a picture decoded to BGR takes three bytes a pixel."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a video file holds."""

    codec: str
    width: int
    height: int
    fps: float
    """Pictures ÷ duration; for people only."""
    time_base: Fraction
    duration_ns: int
    frame_count: int
    start_ns: int
    """Time of the first picture in the file's own count."""


def probe(path: Path) -> MediaInfo:
    """Look at every packet, decode none. Raises MediaUnreadable, MediaTooLarge, MediaUnsupported."""
    with ClipReader(path) as reader:
        return reader.info


class ClipReader:
    """An open video file. For one thread. Raises MediaUnreadable, MediaTooLarge, MediaUnsupported."""

    def __init__(self, path: Path, *, most_pixels: int = MOST_PIXELS) -> None:
        self._name = path.name
        self._most_pixels = most_pixels
        with ExitStack() as closing, self._told():
            self._container: InputContainer = av.open(str(path), mode="r", options={"protocol_whitelist": "file"})
            closing.callback(self._container.close)
            self._stream = self._checked_stream()
            keyframes, pictures, last_ticks = self._index()
            closing.pop_all()
        self.pts: tuple[int, ...] = tuple(pictures)
        """Every picture's PTS, in the order in which they are shown."""
        self.info = self._info(last_ticks)
        self._keyframes = keyframes
        self._decoding: Iterator[av.VideoFrame] | None = None
        self._at: int | None = None

    def close(self) -> None:
        self._decoding = None
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ns(self, pts: int) -> int:
        """The picture's time in ns since the first picture."""
        ticks, base = pts - self.pts[0], self.info.time_base
        return ticks * 1_000_000_000 * base.numerator // base.denominator

    def pts_at(self, ns: int) -> int:
        """The PTS of the picture that is shown at this time (ns since the first picture)."""
        base = self.info.time_base
        ticks = self.pts[0] + ns * base.denominator // (1_000_000_000 * base.numerator)
        return self.pts[max(0, bisect_right(self.pts, ticks) - 1)]

    def frame_at(self, pts: int) -> NDArray[np.uint8]:
        """The picture with just this PTS, (H, W, 3) BGR. Raises KeyError if there is none, MediaUnreadable."""
        place = bisect_right(self.pts, pts) - 1
        if place < 0 or self.pts[place] != pts:
            raise KeyError(pts)
        with self._told():
            if self._decoding is None or not self._is_ahead(pts):
                self._container.seek(pts, stream=self._stream, backward=True)
                self._decoding = iter(self._container.decode(self._stream))
            for frame in self._decoding:
                if frame.pts is None:
                    continue
                self._at = frame.pts
                if frame.pts == pts:
                    return cast("NDArray[np.uint8]", frame.to_ndarray(format="bgr24"))
                if frame.pts > pts:
                    break
        self._decoding = None
        raise MediaUnreadable(f"A picture of {self._name} is damaged", file=self._name)

    def _is_ahead(self, pts: int) -> bool:
        """Whether going on decoding gets there without passing a keyframe that a seek could start from."""
        at = self._at
        if at is None or pts <= at:
            return False
        return bisect_right(self._keyframes, pts) - bisect_right(self._keyframes, at) == 0 or pts == self._after(at)

    def _after(self, pts: int) -> int | None:
        place = bisect_right(self.pts, pts)
        return self.pts[place] if place < len(self.pts) else None

    def _checked_stream(self) -> VideoStream:
        if not self._container.streams.video:
            raise MediaUnsupported(f"{self._name} holds no video", file=self._name)
        stream = self._container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise MediaUnsupported(f"{self._name} is encoded in a way that the station can't decode", file=self._name)
        if context.width * context.height > self._most_pixels:
            raise MediaTooLarge(f"{self._name} has pictures of {context.width} × {context.height} px", file=self._name)
        context.thread_count = 1
        return stream

    def _index(self) -> tuple[list[int], list[int], int]:
        """PTS of the keyframes and of all pictures, sorted, and the end of the last one."""
        keyframes, pictures, end = [], [], 0
        for packet in self._container.demux(self._stream):
            if packet.pts is None or packet.is_discard:
                continue
            pictures.append(packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
            if packet.is_keyframe:
                keyframes.append(packet.pts)
        if not pictures or not keyframes:
            raise MediaUnreadable(file=self._name)
        return sorted(keyframes), sorted(set(pictures)), end

    def _info(self, end: int) -> MediaInfo:
        context, base = self._stream.codec_context, self._stream.time_base or Fraction(1, 90_000)
        duration_ns = (end - self.pts[0]) * 1_000_000_000 * base.numerator // base.denominator
        return MediaInfo(
            codec=context.name,
            width=context.width,
            height=context.height,
            fps=round(len(self.pts) * 1e9 / duration_ns, 3) if duration_ns else 0.0,
            time_base=base,
            duration_ns=duration_ns,
            frame_count=len(self.pts),
            start_ns=self.pts[0] * 1_000_000_000 * base.numerator // base.denominator,
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """FFmpeg's failures in the operator's words."""
        try:
            yield
        except (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError, av.error.ProtocolNotFoundError):
            raise MediaUnsupported(file=self._name) from None
        except (av.error.FFmpegError, OSError) as failed:
            raise MediaUnreadable(file=self._name) from failed
