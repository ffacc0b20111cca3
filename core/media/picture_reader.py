"""A clip's pictures from the first to the last in colour, upright, numbered and timed by PTS, from any place on."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.media.video_file import VideoFile

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands in its clip."""

    number: int
    """From 1, in the order in which pictures are shown."""
    at_s: float
    """Seconds since the first picture, by PTS; later pictures are always later."""
    pts: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded picture that is not converted before somebody asks."""

    place: Place
    _frame: VideoFrame
    _turns: int

    def bgr(self) -> Picture:
        """(H, W, 3) uint8, upright."""
        return cast("Picture", np.ascontiguousarray(np.rot90(self._frame.to_ndarray(format="bgr24"), self._turns)))


class PictureReader(VideoFile):
    """An open video file, read once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._base = self._stream.time_base or Fraction(1, 90_000)
        self.fps = float(self._stream.average_rate or self._stream.base_rate or 25)
        """As the file declares it: for guesses only, never for times."""
        self.frames = self._stream.frames or round(self.duration_s * self.fps)
        """As the file declares it; 0 if it does not."""

    def pictures(self, after: Place | None = None) -> Iterator[Shown]:
        """All pictures, or those after a place that an earlier reader of the same file gave.

        A picture without a PTS of its own, or with one that is not later than the last, is left out of the times but
        not of the numbers. What is damaged is left out, and `damaged` set.
        """
        number, last = (0, None) if after is None else (after.number, after.pts)
        frames = self._from_first() if after is None else self._from(after.pts)
        for frame in frames:
            if last is not None and after is not None and frame.pts is not None and frame.pts <= after.pts:
                continue  # on the way from the keyframe
            number += 1
            if frame.pts is None or (last is not None and frame.pts <= last) or frame.is_corrupt:
                self.damaged = self.damaged or frame.is_corrupt
                continue
            last = frame.pts
            yield Shown(Place(number, float((frame.pts - self._first_pts) * self._base), frame.pts), frame, self._turns)

    def _from(self, pts: int) -> Iterator[VideoFrame]:
        self._container.seek(pts, stream=self._stream, backward=True)
        yield from self._decoded()
