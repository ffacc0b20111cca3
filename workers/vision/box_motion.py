"""Motion inside a pit box: whether anything moves there, picture by picture, whatever shakes or flickers."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pit_box import PitBox

_LONGEST_PX = 160
"""Of the box: less would lose a person, more would cost without seeing more."""
_SHAKE_PX = 1
"""Of such a picture. What another place of that distance explains did not move, the camera did."""
_BEFORE_S = 0.3
"""Each picture is compared with one so much older, at any frame rate: from one picture to the next, slow is still."""
_FORGOTTEN_S = 1.0
"""Nothing is compared across a longer pause."""
_LEAST_LEVELS = 12.0
_BEGINS_SHARE = 0.015
_LASTS_SHARE = 0.006
"""Of the box's area: more is needed to begin than to go on."""
_BEGINS_PICTURES = 2
"""So many in a row: a single damaged or doubled picture is no motion."""


class BoxMotion:
    """Sees one connection's pictures in their order. A new connection wants a new one."""

    def __init__(self, box: PitBox) -> None:
        self._box = box
        self._shape: tuple[int, int] | None = None
        self._seen: deque[tuple[float, NDArray[np.uint8]]] = deque()
        self._moving = False
        self._begun = 0

    def moves(self, gray: NDArray[np.uint8], t_s: float) -> bool:
        """Whether something moves in the box at this moment. gray: (H, W); t_s: later than the picture before.

        A pixel has changed if it is darker or brighter than all its neighbours within the camera's shake were a moment
        ago (grey-level erosion and dilation: Serra 1982), by more than the noise, the light's own change left out.
        """
        if gray.shape != self._shape:
            self._look_at(*gray.shape)
        if self._seen and not 0 < t_s - self._seen[-1][0] <= _FORGOTTEN_S:
            self._seen.clear()
        cut = gray[self._rows, self._columns]
        small = np.asarray(cv2.resize(cut, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        while len(self._seen) > 1 and t_s - self._seen[1][0] >= _BEFORE_S:
            self._seen.popleft()
        share = self._changed(small, self._seen[0][1]) if self._seen else 0.0
        self._seen.append((t_s, small))
        self._begun = self._begun + 1 if share >= _BEGINS_SHARE else 0
        self._moving = share >= _LASTS_SHARE if self._moving else self._begun >= _BEGINS_PICTURES
        return self._moving

    def _look_at(self, height: int, width: int) -> None:
        """Cut out the box, and make its longer side no longer than needed."""
        left, top, right, bottom = self._box.bounds
        self._columns = slice(int(left * width), max(int(left * width) + 1, round(right * width)))
        self._rows = slice(int(top * height), max(int(top * height) + 1, round(bottom * height)))
        wide, high = self._columns.stop - self._columns.start, self._rows.stop - self._rows.start
        scale = min(1.0, _LONGEST_PX / max(wide, high))
        self._size = max(1, round(wide * scale)), max(1, round(high * scale))
        corners = np.array(self._box.scaled(width, height)) - (self._columns.start, self._rows.start)
        corners *= (self._size[0] / wide, self._size[1] / high)
        mask = np.zeros(self._size[::-1], np.uint8)
        cv2.fillPoly(mask, [np.round(corners - 0.5).astype(np.int32)], 1)
        self._inside = mask.astype(bool)
        self._shape = (height, width)
        self._seen.clear()

    def _changed(self, now: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
        """The share of the box that changed."""
        reach = np.ones((2 * _SHAKE_PX + 1, 2 * _SHAKE_PX + 1), np.uint8)
        current, former = now.astype(np.float32), before.astype(np.float32)
        apart = current - former
        light = float(np.median(apart[self._inside]))
        brighter = current - light - cv2.dilate(former, reach)
        darker = cv2.erode(former, reach) - current + light
        beyond = np.maximum(brighter, darker)[self._inside]
        noise = 1.4826 * float(np.median(np.abs(apart[self._inside] - light)))
        return float((beyond > max(_LEAST_LEVELS, 3.0 * noise)).mean())
