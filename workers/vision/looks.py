"""Looks: how an object's colours lie, said in a few numbers, so that it is known again after it was hidden."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

HUES: Final = 12
SHADES: Final = 4
_GREYS: Final = 4
BINS: Final = 2 * (HUES * SHADES + _GREYS)
"""Of one look: upper and lower half, each coloured pixels by hue and brightness, and grey ones by brightness."""
_GREY_BELOW = 60
_SIDE_PX = 24


def looks_of(picture: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(N, BINS) of (N, 4) boxes on an (H, W, 3) BGR picture: shares of each half in 255ths, square roots taken.

    Two-part HSV histograms of the box's middle three quarters, where less of the background is.
    """
    found = np.zeros((len(boxes), BINS), np.uint8)
    height, width = picture.shape[:2]
    for place, (left, top, right, bottom) in enumerate(boxes):
        inset = (right - left) / 8
        x0, x1 = (int(np.clip(x, 0, width)) for x in (left + inset, right - inset))
        y0, y1 = (int(np.clip(y, 0, height)) for y in (top, bottom))
        if x1 - x0 < 2 or y1 - y0 < 4:
            continue
        small = cv2.resize(picture[y0:y1, x0:x1], (_SIDE_PX, 2 * _SIDE_PX), interpolation=cv2.INTER_AREA)
        hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV))
        bins = (hue.astype(np.intp) * HUES // 180) * SHADES + (value.astype(np.intp) * SHADES // 256)
        greys = HUES * SHADES + value.astype(np.intp) * _GREYS // 256
        bins = np.where(saturation < _GREY_BELOW, greys, bins)
        halves = [np.bincount(half.ravel(), minlength=BINS // 2) / half.size for half in np.split(bins, 2)]
        found[place] = np.round(np.sqrt(np.concatenate(halves)) * 255)
    return found


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """0-1 of two looks, or of means of several: the Bhattacharyya coefficient of the halves, averaged."""
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size else 0.0
