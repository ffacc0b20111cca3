"""Reading clips: what a video file holds, and its pictures by PTS, never by index ÷ fps."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

from core.closing import Closing
from core.errors import MediaUnreadable
from core.media.video_file import MOST_PIXELS, checked_stream, opened, told


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


class ClipReader(Closing):
    """An open video file. For one thread. Raises MediaUnreadable, MediaTooLarge, MediaUnsupported."""

    def __init__(self, path: Path, *, most_pixels: int = MOST_PIXELS) -> None:
        self._name = path.name
        with ExitStack() as closing, told(self._name):
            self._container = opened(path)
            closing.callback(self._container.close)
            self._stream = checked_stream(self._container, self._name, most_pixels=most_pixels, threads=1)
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
        with told(self._name):
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
