"""How far the car is from where it stands, picture by picture, to hundredths of a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.agreeing import FEWEST, the_car
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
_SETTLED_PX = 0.003
_ASTRAY_PX = 1.2
_PROOF, _ASKED = 0.7, 8
"""A point rides on the car if, in most of some such pictures, it matches there by so much better than where it would
stand still."""


@dataclass(frozen=True, slots=True)
class Displacement:
    """The car's way past the place where the reference picture has it; NaN where too little of it is seen."""

    times_s: Values
    along_px: Values
    """Along its travel, working px."""
    pitch: Values
    """How it is turned in the picture's plane, rad: what it nods when it brakes, and when it is lifted."""
    spread_px: Values
    """Standard error of `along_px` by how well the car's points agree."""
    points: int


def displaced(
    pictures: Sequence[Gray], times_s: Sequence[float], reference: int, box: Flags, direction: Floats, *, stops: bool
) -> Displacement | None:
    """pictures: working pictures around a stop or a start; reference: place of one in which the car stands.

    direction: (2,) unit vector of the car's travel; stops: it comes to rest, else it starts. None if nothing in the
    box moves like that.
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
    ways = ways - shake
    length_px = float(np.ptp(np.argwhere(box)[:, ::-1] @ direction))
    signed = direction * (-1 if stops else 1)
    sides = (
        (slice(reference, None), slice(0, reference)) if stops else (slice(0, reference + 1), slice(reference, None))
    )
    first = the_car(ways, points, signed, sides, length_px)
    if first.sum() < FEWEST:
        return None
    # Points that were lost, or that the wall or a wheel led astray, are looked for where the others say they must be.
    common = _common(ways[:, first])
    again, wrong = _sought(flat, flat[reference], points, common[:, None] + shake)
    again = again - shake
    again[reference] = 0.0
    far = np.flatnonzero(np.hypot(*common.T) > _ASTRAY_PX * 2)
    far = far[:: 1 + len(far) // _ASKED]
    _, wrong_still = _sought([flat[place] for place in far], flat[reference], points, shake[far])
    rides = (wrong[far] < _PROOF * wrong_still).sum(axis=0) > len(far) / 2
    again[:, ~rides] = np.nan
    car = the_car(again, points, signed, sides, length_px)
    if car.sum() < max(_FEWEST, first.sum()):
        again, car = ways, first
    if car.sum() < _FEWEST:
        return None
    return _rigid(np.asarray(times_s, np.float64), again[:, car], points[car], direction)


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
    middles = np.array([np.nanmedian(ways[place], axis=0) for place in known])
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


def _shake(ways: Values, points: Floats, wall: Flags) -> Values:
    """(pictures, points, 2) px: what the camera's own motion does to each point: a shift and a turn."""
    moved = np.zeros_like(ways)
    if wall.sum() < _FEWEST:
        return moved
    middle = points[wall].mean(axis=0)
    off = (points - middle).astype(np.float64)
    for place in range(len(ways)):
        there = wall & np.isfinite(ways[place, :, 0])
        if there.sum() < _FEWEST:
            continue
        x, y = off[there].T
        ones, zeros = np.ones_like(x), np.zeros_like(x)
        rows = np.concatenate([np.stack([ones, zeros, -y, x], 1), np.stack([zeros, ones, x, y], 1)])
        solved = _robust(rows, np.concatenate(ways[place, there].T))[0]
        moved[place] = np.stack(
            [
                solved[0] - solved[2] * off[:, 1] + solved[3] * off[:, 0],
                solved[1] + solved[2] * off[:, 0] + solved[3] * off[:, 1],
            ],
            1,
        )
    return moved


def _rigid(times: Values, ways: Values, points: Floats, direction: Floats) -> Displacement:
    """The shift, turn and growth of the car's points in each picture, fitted robustly."""
    ahead = direction.astype(np.float64)
    up = np.array([-ahead[1], ahead[0]])
    off = points - points.mean(axis=0)
    xi, eta = off @ ahead, off @ up
    along, pitch, spread = (np.full(len(times), np.nan) for _ in range(3))
    for place in range(len(times)):
        there = np.isfinite(ways[place, :, 0])
        count = int(there.sum())
        if count < _FEWEST:
            continue
        x, y = xi[there], eta[there]
        ones, zeros = np.ones_like(x), np.zeros_like(x)
        # (shift along, shift across, turn, growth)
        rows = np.concatenate([np.stack([ones, zeros, -y, x], 1), np.stack([zeros, ones, x, y], 1)])
        solved, errors = _robust(rows, np.concatenate([ways[place, there] @ ahead, ways[place, there] @ up]))
        along[place], pitch[place], spread[place] = solved[0], solved[2], errors[0]
    return Displacement(times, along, pitch, spread, len(points))


def _robust(rows: Values, values: Values) -> tuple[Values, Values]:
    """Least squares that forgives outliers (Tukey's biweight). Returns the solution and its standard errors."""
    weights: Values = np.ones(len(values))
    start = np.median(values[: len(values) // 2]), np.median(values[len(values) // 2 :])
    off = values - np.repeat(start, len(values) // 2)
    solved: Values = np.zeros(rows.shape[1])
    for _ in range(5):
        scale = max(0.03, 1.4826 * float(np.median(np.abs(off))))
        weights = np.asarray(np.clip(1 - (off / (4.7 * scale)) ** 2, 0, 1) ** 2, np.float64)
        normal = rows.T @ (rows * weights[:, None]) + 1e-9 * np.eye(rows.shape[1])
        solved = np.asarray(np.linalg.solve(normal, rows.T @ (weights * values)), np.float64)
        before, off = off, values - rows @ solved
        if float(np.abs(off - before).max()) < _SETTLED_PX:
            break
    freedom = max(1.0, float(weights.sum()) - rows.shape[1])
    variance = float((weights * off**2).sum()) / freedom
    return solved, np.sqrt(np.diag(np.linalg.inv(normal)) * variance)
