"""A clip's pictures from the first to the last as brightness alone, upright, for those who measure in them."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.media.video_file import VideoFile

Luma = NDArray[np.uint8]

_LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray"})
"""Formats whose first plane is the brightness, a byte a pixel: it is taken as it lies, with nothing converted."""


class LumaReader(VideoFile):
    """An open video file, read once; one that ended before its time is damaged too."""

    def pictures(self) -> Iterator[tuple[float, Luma]]:
        """(seconds since the first picture by PTS, (height, width) uint8), once through, later always later.

        The array is only good until the next one is asked for. What is damaged is left out, and `damaged` set.
        """
        first = self._first
        if first is None:
            return
        start, last_s, base = self._first_pts, -1.0, self._stream.time_base or Fraction(1, 90_000)
        size, count = (first.width, first.height), 0
        for frame in self._from_first():
            count += 1
            at_s = float(((frame.pts or 0) - start) * base)
            if frame.pts is None or at_s <= last_s or (frame.width, frame.height) != size:
                continue
            if frame.is_corrupt:
                self.damaged = True
                continue
            last_s = at_s
            yield at_s, np.rot90(_luma(frame), self._turns)
        if count < 0.98 * self._stream.frames - 1 or last_s < 0.95 * self.duration_s - self._slack_s():
            self.damaged = True

    def _slack_s(self) -> float:
        """By how much the last picture may come before the declared end, which may be that of the sound."""
        return 0.1 if len(self._container.streams) == 1 else 1.0


def _luma(frame: VideoFrame) -> Luma:
    if frame.format.name not in _LUMA_FIRST:
        return frame.to_ndarray(format="gray").astype(np.uint8, copy=False)
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: frame.height, : frame.width]
