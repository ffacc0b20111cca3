"""What a camera's preview decoder hands to live analysis: small gray pictures with their time, for a few seconds."""

import threading
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from core.pit_box import PitBox

MOST_PX = 640
"""Width and height of what is handed over, at most: timing looks at no more either."""
_KEPT = 150
"""Pictures that may wait; then the oldest go, and the timing sees a gap."""


@dataclass(frozen=True, slots=True)
class WatchedPicture:
    epoch: int
    pts: int
    t_s: float
    """Seconds of the connection's own PTS."""
    gray: NDArray[np.uint8]
    """(H, W)."""


class Watch:
    """Takes on one thread (the decoder's), is emptied by another. Without a box it wants nothing."""

    def __init__(self, box: PitBox | None = None) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[WatchedPicture] = deque(maxlen=_KEPT)
        self._box = box
        self._reformatter = VideoReformatter()

    @property
    def box(self) -> PitBox | None:
        return self._box

    def change(self, box: PitBox | None) -> None:
        """Watch another box, or none."""
        if box != self._box:
            with self._lock:
                self._box = box
                self._waiting.clear()

    def take(self, epoch: int, time_base: Fraction, frame: av.VideoFrame) -> None:
        """Keep a small copy of a decoded picture. time_base: seconds a tick of its PTS."""
        if self._box is None or frame.pts is None:
            return
        scale = min(1.0, MOST_PX / max(frame.width, frame.height))
        width, height = round(frame.width * scale / 2) * 2, round(frame.height * scale / 2) * 2
        small = self._reformatter.reformat(frame, width, height, "gray", interpolation=Interpolation.AREA, threads=1)
        gray = (
            np.frombuffer(memoryview(small.planes[0]), np.uint8)
            .reshape(height, small.planes[0].line_size)[:, :width]
            .copy()
        )
        picture = WatchedPicture(epoch, frame.pts, float(frame.pts * time_base), gray)
        with self._lock:
            self._waiting.append(picture)

    def taken(self) -> list[WatchedPicture]:
        """What came since the last call, oldest first."""
        with self._lock:
            found = list(self._waiting)
            self._waiting.clear()
        return found
