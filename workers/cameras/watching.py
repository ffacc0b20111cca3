"""What a camera's preview decoder hands to those who watch: small gray pictures with their time, for a few seconds."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Takes on one thread (the decoder's), is emptied by others: live timing where there is a box, and whoever follows.

    Without either it wants nothing.
    """

    def __init__(self, box: PitBox | None = None) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[WatchedPicture] = deque(maxlen=_KEPT)
        self._box = box
        self._followers: list[deque[WatchedPicture]] = []
        self._reformatter = VideoReformatter()

    @property
    def box(self) -> PitBox | None:
        return self._box

    @property
    def wants(self) -> bool:
        """Whether anybody watches."""
        return self._box is not None or bool(self._followers)

    def change(self, box: PitBox | None) -> None:
        """Time another box live, or none."""
        if box != self._box:
            with self._lock:
                self._box = box
                self._waiting.clear()

    def take(self, epoch: int, time_base: Fraction, frame: av.VideoFrame) -> None:
        """Keep a small copy of a decoded picture. time_base: seconds a tick of its PTS."""
        if not self.wants or frame.pts is None:
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
            for waiting in self._followers:
                waiting.append(picture)
            if self._box is not None:
                self._waiting.append(picture)

    def taken(self) -> list[WatchedPicture]:
        """What live timing has not had yet, oldest first."""
        return self._emptied(self._waiting)

    @contextmanager
    def followed(self) -> Iterator[Callable[[], list[WatchedPicture]]]:
        """While this lasts, every picture is decoded for one more; the call gives those that came since the last."""
        waiting: deque[WatchedPicture] = deque(maxlen=_KEPT)
        with self._lock:
            self._followers.append(waiting)
        try:
            yield lambda: self._emptied(waiting)
        finally:
            with self._lock:
                self._followers = [each for each in self._followers if each is not waiting]

    def _emptied(self, waiting: deque[WatchedPicture]) -> list[WatchedPicture]:
        with self._lock:
            found = list(waiting)
            waiting.clear()
        return found
