"""The part of the picture that stop timing looks at: the pit box and its surroundings, made small."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pit_box import PitBox

Gray = NDArray[np.uint8]
Points = NDArray[np.float32]

LONGEST_PX = 640
"""Longest side of what is looked at: at 1080 lines a third of the picture's; finer costs more and proves no more."""
_AROUND = 0.6
"""How much of the box's size is seen on each side of it: the car is met before it arrives, the wall steadies."""
_BLUR_PX = 31
_CONTRAST = 45.0
_FLAT = 8.0
"""Grey levels: where the picture varies by less, it is mostly noise, and is not raised."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the working picture lies in the whole one."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float
    """Working px of one px of the picture."""
    box: Points
    """(N, 2) corners of the pit box, working px."""

    @classmethod
    def around(cls, box: PitBox, width: int, height: int) -> "View":
        """width, height: of the picture as displayed, px."""
        x0, y0, x1, y1 = box.bounds
        more_x, more_y = _AROUND * (x1 - x0), _AROUND * (y1 - y0)
        left, right = max(0, int((x0 - more_x) * width)), min(width, int((x1 + more_x) * width) + 1)
        top, bottom = max(0, int((y0 - more_y) * height)), min(height, int((y1 + more_y) * height) + 1)
        scale = min(1.0, LONGEST_PX / max(right - left, bottom - top))
        corners = (np.array(box.scaled(width, height)) - (left, top)) * scale
        return cls(left, top, right, bottom, scale, corners.astype(np.float32))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the working picture, px."""
        return (
            max(16, round((self.right - self.left) * self.scale)),
            max(16, round((self.bottom - self.top) * self.scale)),
        )

    def of(self, picture: NDArray[np.uint8]) -> Gray:
        """The working picture of a whole one: (H, W) gray or (H, W, 3) BGR, uint8. A copy of its own."""
        part = np.ascontiguousarray(picture[self.top : self.bottom, self.left : self.right])
        if part.ndim == 3:
            part = cast(Gray, cv2.cvtColor(part, cv2.COLOR_BGR2GRAY))
        if self.scale < 1.0:
            return cast(Gray, cv2.resize(part, self.size, interpolation=cv2.INTER_AREA))
        return part.copy() if part.base is not None else part

    def box_mask(self, factor: float = 1.0) -> NDArray[np.bool_]:
        """(H, W) True inside the box, of the working picture reduced by `factor`."""
        width, height = self.size
        mask = np.zeros((round(height * factor), round(width * factor)), np.uint8)
        cv2.fillPoly(mask, [np.round(self.box * factor).astype(np.int32)], 1)
        return mask.astype(bool)


def flattened(picture: Gray) -> Gray:
    """Everywhere of the same mean and contrast: lamps, clouds and shadows go, what is drawn on things stays."""
    values = picture.astype(np.float32)
    ground = cv2.blur(values, (_BLUR_PX, _BLUR_PX))
    contrast = np.sqrt(np.maximum(cv2.blur(values * values, (_BLUR_PX, _BLUR_PX)) - ground * ground, 0)) + _FLAT
    return cast(Gray, np.clip((values - ground) * (_CONTRAST / contrast) + 128, 0, 255).astype(np.uint8))
