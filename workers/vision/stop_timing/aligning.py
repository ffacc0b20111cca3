"""How far the car is from where it stands, picture by picture, to hundredths of a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.agreeing import FEWEST, the_car
from workers.vision.stop_timing.motions import Motions, common_motions
from workers.vision.stop_timing.registering import registered
from workers.vision.stop_timing.view import Gray, flattened

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

_POINTS_IN, _POINTS_OUT = 260, 70
_APART_PX = 6
_WINDOW = (17, 17)
_LEVELS = 3
_WORST_PATCH = 22.0
"""Mean difference in grey levels of a patch that is still the same thing."""
_FEWEST = 6
_ASTRAY_PX = 1.2
_PROOF, _ASKED = 0.7, 8
"""A point rides on the car if, in most of some such pictures, it matches there by so much better than where it would
stand still."""

_FAR_PX = 5.0
_ACROSS, _SLOPES = 0.7, 0.3
"""A car that goes across the picture more than the first (cosine): up and down is not its way, but for such a slope."""
_LEAST_GROWTH, _MOST_GROWTH = 0.001, 0.3


@dataclass(frozen=True, slots=True)
class Displacement:
    """The car's way past the place where the reference picture has it; NaN where too little of it is seen."""

    times_s: Values
    along_px: Values
    """Along its travel, working px."""
    pitch: Values
    """How its nose dips, rad: when it brakes, and when it is lifted behind."""
    spread_px: Values
    """Standard error of `along_px`."""


def displaced(
    pictures: Sequence[Gray],
    times_s: Sequence[float],
    reference: int,
    box: Flags,
    direction: Floats,
    *,
    stops: bool,
    exactly: bool,
) -> Displacement | None:
    """pictures: working pictures around a stop or a start; reference: place of one in which the car stands.

    direction: (2,) unit vector of the car's travel; stops: it comes to rest, else it starts; exactly: to hundredths of
    a pixel, not tenths. None if nothing in the box moves like that.
    Points of the reference are found in every picture (Lucas-Kanade); the wall's give the camera's shake, and of the
    box's those count that all go the same way together: the crew's don't.
    """
    flat = [flattened(picture) for picture in pictures]
    points = _points(flat[reference], box)
    if len(points) < _FEWEST:
        return None
    ways = _followed(flat, reference, points)
    wall = _wall(ways, points, box)
    shake = _shake(ways, points, wall)
    ways = ways - shake.at(points)
    length_px = float(np.ptp(np.argwhere(box)[:, ::-1] @ direction))
    signed = direction * (-1 if stops else 1)
    sides = (
        (slice(reference, None), slice(0, reference)) if stops else (slice(0, reference + 1), slice(reference, None))
    )
    first = the_car(ways, points, signed, sides, length_px)
    if first.sum() < FEWEST:
        return None
    if exactly and first.sum() >= _FEWEST:
        whole = registered(pictures, reference, box, common_motions(ways[:, first], points[first], _FEWEST), shake)
        if whole is not None:
            return _past_its_place(np.asarray(times_s, np.float64), whole, direction, exactly=True)
    # Points that were lost, or that the wall or a wheel led astray, are looked for where the others say they must be.
    common = _common(ways[:, first])
    again, wrong = _sought(flat, flat[reference], points, common[:, None] + shake.at(points))
    again = again - shake.at(points)
    again[reference] = 0.0
    far = np.flatnonzero(np.hypot(*common.T) > _ASTRAY_PX * 2)
    far = far[:: 1 + len(far) // _ASKED]
    _, wrong_still = _sought([flat[place] for place in far], flat[reference], points, shake.at(points)[far])
    rides = (wrong[far] < _PROOF * wrong_still).sum(axis=0) > len(far) / 2
    again[:, ~rides] = np.nan
    car = the_car(again, points, signed, sides, length_px)
    if car.sum() < max(_FEWEST, first.sum()):
        again, car = ways, first
    if car.sum() < _FEWEST:
        return None
    motions = common_motions(again[:, car], points[car], _FEWEST)
    if exactly:
        motions = registered(pictures, reference, box, motions, shake) or motions
    return _past_its_place(np.asarray(times_s, np.float64), motions, direction, exactly=exactly)


def _points(picture: Gray, box: Flags) -> Floats:
    """Corners of the box's inside, and of what lies around it."""
    found = []
    reach = np.ones((9, 9), np.uint8)
    inside = cv2.dilate(box.astype(np.uint8), reach)
    for mask, wanted in ((inside, _POINTS_IN), (1 - inside, _POINTS_OUT)):
        corners = cv2.goodFeaturesToTrack(picture, wanted, 0.003, _APART_PX, mask=mask * 255, blockSize=5)
        if corners is not None:
            found.append(corners.reshape(-1, 2))
    return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 2), np.float32)


def _followed(flat: Sequence[Gray], reference: int, points: Floats) -> Values:
    """(pictures, points, 2): where each point went, px; NaN where it is hidden."""
    ways = np.full((len(flat), len(points), 2), np.nan)
    ways[reference] = 0.0
    for step in (1, -1):
        last, before = np.zeros_like(points), np.zeros_like(points)
        place = reference + step
        while 0 <= place < len(flat):
            guess = points + last + (last - before)
            found, status, wrong = cv2.calcOpticalFlowPyrLK(
                flat[reference],
                flat[place],
                points,
                guess.astype(np.float32),
                winSize=_WINDOW,
                maxLevel=_LEVELS,
                flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
                criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.005),
            )
            seen = (status.ravel() == 1) & (wrong.ravel() < _WORST_PATCH)
            ways[place, seen] = (found - points)[seen]
            before, last = last, np.where(seen[:, None], found - points, last + (last - before)).astype(np.float32)
            place += step
    return ways


def _common(ways: Values) -> Values:
    """(pictures, 2): where these points go on the whole; between pictures that show too few of them, in between."""
    many = np.isfinite(ways[..., 0]).sum(axis=1) >= 3
    known = np.flatnonzero(many)
    middles = np.array([np.median(ways[place, np.isfinite(ways[place, :, 0])], axis=0) for place in known])
    every = np.arange(len(ways))
    return np.stack([np.interp(every, known, middles[:, axis]) for axis in (0, 1)], 1)


def _sought(flat: Sequence[Gray], reference: Gray, points: Floats, expected: Values) -> tuple[Values, Values]:
    """(pictures, points, 2) px: where each point is, if near where it is expected; and how badly it matches there."""
    ways, wrongs = np.full(expected.shape, np.nan), np.full(expected.shape[:2], np.inf)
    for place, picture in enumerate(flat):
        guess = (points + expected[place]).astype(np.float32)
        found, status, wrong = cv2.calcOpticalFlowPyrLK(
            reference,
            picture,
            points,
            guess.copy(),
            winSize=_WINDOW,
            maxLevel=0,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.005),
        )
        near = (status.ravel() == 1) & (np.hypot(*(found - guess).T) < _ASTRAY_PX)
        wrongs[place, near] = wrong.ravel()[near]
        seen = near & (wrong.ravel() < _WORST_PATCH)
        ways[place, seen] = (found - points)[seen]
    return ways, wrongs


def _wall(ways: Values, points: Floats, box: Flags) -> Flags:
    """Points that stay where they are but for the shake that they all share."""
    at = np.clip(points.astype(int), 0, np.array(box.shape)[::-1] - 1)
    outside = ~box[at[:, 1], at[:, 0]]
    seen = np.isfinite(ways[..., 0])
    steady = outside & (seen.mean(axis=0) > 0.5)
    for _ in range(3):
        if steady.sum() < _FEWEST:
            break
        shake = np.nanmedian(ways[:, steady], axis=1)
        off = np.nanmedian(np.hypot(*np.moveaxis(ways - shake[:, None], -1, 0)), axis=0)
        worst = np.nanmax(np.hypot(*np.moveaxis(ways - shake[:, None], -1, 0)), axis=0)
        steady = outside & (seen.mean(axis=0) > 0.5) & (off < 0.6) & (worst < 3.0)
    return cast(Flags, steady)


def _shake(ways: Values, points: Floats, wall: Flags) -> Motions:
    """What the camera's own motion does: nothing, where too little of the wall is seen."""
    if wall.sum() < _FEWEST:
        nothing = np.zeros((len(ways), 4))
        return Motions(np.zeros(2), nothing, nothing)
    seen = common_motions(ways[:, wall], points[wall], _FEWEST)
    return replace(seen, values=np.nan_to_num(seen.values))


def _past_its_place(times: Values, car: Motions, direction: Floats, *, exactly: bool) -> Displacement:
    """How far along its travel the car is."""
    ahead = direction.astype(np.float64)
    along = _along(car, ahead) if exactly else car.values[:, :2] @ ahead
    spread = np.hypot(car.errors[:, 0] * ahead[0], car.errors[:, 1] * ahead[1])
    return Displacement(times, along, car.values[:, 2] * ahead[0], spread)


def _along(car: Motions, ahead: Values) -> Values:
    """Px along the travel near the standstill. Springs and jacks move a car up and down: that is left out."""
    right, _, _, growth = car.values.T
    along, across = car.values[:, :2] @ ahead, car.values[:, :2] @ (-ahead[1], ahead[0])
    far = np.isfinite(along) & (np.abs(along) > _FAR_PX)
    if abs(ahead[0]) > _ACROSS:
        # Its own way tells more exactly than the journey's how it slopes in the picture.
        slope = (along[far] @ across[far]) / max(along[far] @ along[far], _FAR_PX**2)
        along = right / (ahead[0] - np.clip(slope, -_SLOPES, _SLOPES) * ahead[1])
    # What comes nearer grows, and goes the faster for it: its own size is the measure.
    known = np.isfinite(along) & np.isfinite(growth)
    weights = 1 / (car.errors[known, 3] ** 2 + _LEAST_GROWTH**2)
    grows = float((weights * along[known]) @ growth[known]) / (
        float((weights * along[known]) @ along[known]) + float(np.median(weights)) if known.any() else 1.0
    )
    return np.asarray(along / (1 + np.clip(grows * along, -_MOST_GROWTH, _MOST_GROWTH)))
