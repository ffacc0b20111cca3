"""The car's motion by all its pixels at once: finer than by points, for a corner's surroundings are half the wall's.

Which pixels are the car's is seen where it is far from its place: there they match the reference if the car's motion is
undone, and badly if it is not. What stands, what people hide and what wheels turn away falls out. Those pixels are
then laid over each picture by least squares (Lucas and Kanade 1981; the reference's gradients, after Baker and Matthews
2004), their brightness's scale and offset solved along, for lamps and shadows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.motions import Motions
from workers.vision.stop_timing.view import Gray

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SMOOTH_PX = 1.0
_FAR_PX, _FAR_SHARE, _ASKED = 3.0, 0.2, 8
"""The car's pixels are told apart where it is farther than the first from its place, and nearer than the second of the
box's length, in about so many pictures."""
_BETTER, _AROUND_PX = 0.7, 5
"""At most so much of the difference that standing still leaves is left by the car's motion, over so many pixels."""
_FEWEST, _MOST = 150, 5000
_ROUNDS, _SETTLED_PX = 3, 0.003
_ASTRAY_PX, _MOST_TURN = 1.2, 0.06
"""What was found farther than that from the guess, or turned more (rad) than any car dips, is something else."""
_LEAST_LEVELS = 1.5
_SEEN = 0.3
"""Share of the car's contrast that must be seen in a picture."""
_ALIKE = 4 * np.pi * _SMOOTH_PX**2 + 1
"""Of so many pixels that were smoothed one is a witness of its own."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of the reference picture, px."""

    left: int
    top: int
    width: int
    height: int

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


class _Pictures:
    """Pictures in which the camera shakes and something moves, laid over the reference as if neither did."""

    def __init__(self, pictures: Sequence[Gray], about: Values, shake: Motions) -> None:
        self.smooth = [cv2.GaussianBlur(picture, (0, 0), _SMOOTH_PX).astype(np.float32) for picture in pictures]
        self._about = about
        self._trembles = shake.matrices()

    def laid(self, place: int, moved: Values, window: _Window) -> Floats:
        """What of a picture lies on this part of the reference, if it `moved` so."""
        goes = Motions(self._about, moved[None], moved[None]).matrices()[0] + self._trembles[place] + np.eye(2, 3)
        goes[:, 2] += goes[:, :2] @ (window.left, window.top)
        size = (window.width, window.height)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(self.smooth[place], goes, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
        )


def registered(pictures: Sequence[Gray], reference: int, box: Flags, guess: Motions, shake: Motions) -> Motions | None:
    """`guess`, made finer in each of the `pictures`; None if too few pixels are surely the car's.

    guess: the car's motions against the picture at `reference`, to about a pixel; shake: the camera's.
    """
    known = np.isfinite(guess.values[:, 0])
    start = np.stack(
        [np.interp(np.arange(len(pictures)), np.flatnonzero(known), column[known]) for column in guess.values.T], 1
    )
    shown = _Pictures(pictures, guess.about, shake)
    window = _Window(*cv2.boundingRect(box.astype(np.uint8)))
    gone = np.where(known, np.hypot(*start[:, :2].T), 0.0)
    far = (gone > _FAR_PX) & (gone < max(_FAR_SHARE * window.width, 2 * _FAR_PX))
    car = _told_apart(shown, reference, box, start, np.flatnonzero(far), window)
    if car.sum() < _FEWEST:
        return None
    window = _Window(*cv2.boundingRect(car.astype(np.uint8)))
    pixels = np.flatnonzero(car[window.part])
    pixels = pixels[:: 1 + len(pixels) // _MOST]
    level, slopes = _slopes(shown.smooth[reference], window, pixels, guess.about)
    contrast = slopes[:, 0] ** 2 + slopes[:, 1] ** 2
    values, errors = (np.full_like(start, np.nan) for _ in range(2))
    for place in range(len(pictures)):
        solved = start[place].copy()
        for _ in range(_ROUNDS):
            off = shown.laid(place, solved, window).ravel()[pixels] - level
            off -= np.median(off)
            scale = max(_LEAST_LEVELS, 1.4826 * float(np.median(np.abs(off))))
            weights = np.clip(1 - (off / (4.7 * scale)) ** 2, 0, 1) ** 2
            weighted = slopes * weights[:, None]
            inverse = np.linalg.inv(slopes.T @ weighted + 1e-6 * np.eye(slopes.shape[1]))
            step = inverse @ (weighted.T @ off)
            solved -= step[:4]
            if np.hypot(*step[:2]) < _SETTLED_PX:
                break
        near = np.hypot(*(solved - start[place])[:2]) < _ASTRAY_PX and abs(solved[2]) < _MOST_TURN
        if near and contrast[weights > _SEEN].sum() > _SEEN * contrast.sum():
            values[place], errors[place] = solved, scale * np.sqrt(np.diag(inverse)[:4] * _ALIKE)
    return Motions(guess.about, values, errors)


def _told_apart(
    shown: _Pictures, reference: int, box: Flags, moved: Values, far: NDArray[np.intp], window: _Window
) -> Flags:
    """The reference's pixels that match most of the pictures at `far` if the car `moved` so, and not if it stands."""
    car = np.zeros_like(box)
    if len(far) < 2:
        return car
    far = far[:: 1 + len(far) // _ASKED]
    whole, inside = shown.smooth[reference][window.part], box[window.part]
    votes = np.zeros(whole.shape, np.int32)
    for place in far.tolist():
        goes, stands = (
            _differs(shown.laid(place, values, window), whole, inside) for values in (moved[place], np.zeros(4))
        )
        votes += goes < _BETTER * stands
    found = ((votes > len(far) / 2) & inside).astype(np.uint8)
    car[window.part] = cv2.erode(found, np.ones((3, 3), np.uint8)) > 0
    return car


def _differs(one: Floats, other: Floats, inside: Flags) -> Floats:
    """By how many grey levels, each pixel's neighbourhood; no matter how bright the whole is."""
    brighter = float(np.median(one[inside]) - np.median(other[inside]))
    return np.asarray(cv2.blur(np.abs(one - other - brighter), (_AROUND_PX, _AROUND_PX)), np.float32)


def _slopes(picture: Floats, window: _Window, pixels: NDArray[np.intp], about: Values) -> tuple[Values, Values]:
    """(pixels,) grey levels, and (pixels, 6) how they change by shift, turn, growth, contrast and brightness."""
    level = picture[window.part].ravel()[pixels].astype(np.float64)
    right, down = (
        (cv2.Scharr(picture, cv2.CV_32F, *order)[window.part].ravel()[pixels] / 32).astype(np.float64)
        for order in ((1, 0), (0, 1))
    )
    y, x = np.divmod(pixels, window.width)
    x, y = x + window.left - about[0], y + window.top - about[1]
    turn, growth = x * down - y * right, x * right + y * down
    return level, np.stack([right, down, turn, growth, level - level.mean(), np.ones_like(level)], 1)
