"""What moves together in and around the pit box, from picture to picture: a car, told from crew, shake and lifting."""

from collections import deque
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.view import Gray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

BOX_PX = 110
"""The box's size (root of its area) in the picture in which motion is looked for."""
_EVERY_PX = 3
_STEPS_BACK = 4
"""Slow motion is looked for over this many pictures."""
_MOVED_PX = 0.75
_ALIKE_PX = 0.35
_ALIKE_SHARE = 0.2
"""Two places move together if their motions differ by less than the first plus this share of the motion: what is
nearer to the camera, and what turns with the car, moves a little more."""
_GROUPS, _FEWEST = 4, 25
_PROOF, _PROOF_LEVELS = 0.65, 3.0
"""A motion is believed where it leaves at most this share of the difference, and there was one of so many levels."""
_LEAST_SHARE, _LEAST_EXTENT = 0.015, 0.06
_SAME_WAY = 0.9
"""Cosine between two directions."""
CAR_EXTENT = 0.18
"""Of the box's length: what is shorter is a person, or all that people leave to be seen of a car."""


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """A large thing that moved as one just before a picture. Lengths in px of the pictures given."""

    t_s: float
    velocity: Floats
    """(2,) px/s, the camera's shake taken out."""
    share: float
    """Of the box's places, those that move with it."""
    extent: float
    """Its length along its motion, as a share of the box's."""
    spread: tuple[float, float]
    """Where it is along its motion: 3rd and 97th percentile, px."""

    @property
    def speed(self) -> float:
        return float(np.hypot(*self.velocity))

    def trails(self, other: "Movement") -> bool:
        """Whether it goes the same way, slower, in the same place: flow is smooth, and so are a thing's edges in it."""
        same_way = float(self.velocity @ other.velocity) > _SAME_WAY * self.speed * other.speed
        overlap = min(self.spread[1], other.spread[1]) - max(self.spread[0], other.spread[0])
        return same_way and self.speed < other.speed and overlap > 0


class Flow:
    """Dense optical flow (DIS, Kroeger 2016) on a small picture, and the groups in it."""

    def __init__(self, box: Flags, corners: Floats) -> None:
        """box: (H, W) True inside the box; corners: (N, 2) of it, px."""
        self.scale = min(1.0, BOX_PX / float(np.sqrt(box.sum())))
        self._corners = corners
        height, width = box.shape
        self._size = (max(24, round(width * self.scale)), max(24, round(height * self.scale)))
        small = cv2.resize(box.astype(np.uint8), self._size, interpolation=cv2.INTER_NEAREST)
        rows, columns = np.mgrid[2 : self._size[1] - 2 : _EVERY_PX, 2 : self._size[0] - 2 : _EVERY_PX]
        self._rows, self._columns = rows.ravel(), columns.ravel()
        self._places = np.stack([self._columns, self._rows], 1).astype(np.float32) / self.scale
        self._inside = small[self._rows, self._columns] == 1
        self._grid = np.stack(np.meshgrid(np.arange(self._size[0]), np.arange(self._size[1])), 2).astype(np.float32)
        self._engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        # At half size, not a quarter: else what shows of a car between two people is smaller than what is compared.
        self._engine.setFinestScale(1)
        self._engine.setVariationalRefinementIterations(0)
        self._before: deque[tuple[float, Gray]] = deque(maxlen=_STEPS_BACK)

    def add(self, t_s: float, picture: Gray) -> list[Movement]:
        """What moved between the picture before and this one, what moves most of the box fastest before all."""
        small = cast(Gray, cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA))
        found: list[Movement] = []
        for back in (1, _STEPS_BACK):
            if not found and len(self._before) >= back:
                then_s, then = self._before[-back]
                if self._differs(small, then):
                    moved, proven = self._moved(small, then)
                    found = self._groups(moved, proven, t_s, t_s - then_s)
        self._before.append((t_s, small))
        return found

    def _differs(self, now: Gray, then: Gray) -> bool:
        """Whether the box looks different at all: mostly it does not, and flow is dear."""
        off = _around(now, then)[self._rows, self._columns]
        return int(np.sum(off[self._inside] > _PROOF_LEVELS)) >= _FEWEST

    def _moved(self, now: Gray, then: Gray) -> tuple[Floats, Flags]:
        """(places, 2) px of the small picture that each place moved, the shake taken out; and where that is proven.

        It is where the motion explains the picture clearly better than the shake alone does.
        """
        flow = np.asarray(self._engine.calc(now, then, np.zeros((*now.shape, 2), np.float32)), np.float32)
        moved = -flow[self._rows, self._columns]
        shake = _stillest(moved[~self._inside], moved)
        brought = cv2.remap(then, self._grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        off_moved = _around(now, brought)
        shift = np.array([[1, 0, shake[0]], [0, 1, shake[1]]], np.float64)
        still = cv2.warpAffine(then, shift, self._size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        off_still = _around(now, cast(Gray, still))
        proven = (off_still > _PROOF_LEVELS) & (off_moved < _PROOF * off_still)
        return moved - shake, cast(Flags, proven[self._rows, self._columns])

    def _groups(self, moved: Floats, proven: Flags, t_s: float, within_s: float) -> list[Movement]:
        """Those that move each as one, and are large enough for what is seen of a car."""
        size = np.hypot(*moved.T)
        moving = np.flatnonzero((size > _MOVED_PX) & proven)
        places = max(1, int(np.sum(self._inside)))
        large: list[Movement] = []
        for _ in range(_GROUPS):
            seeds = moving[self._inside[moving]]
            if len(seeds) < _FEWEST:
                break
            velocity = _mode(moved[seeds])
            members = moving
            for _ in range(3):
                reach = _ALIKE_PX + _ALIKE_SHARE * float(np.hypot(*velocity))
                members = moving[np.hypot(*(moved[moving] - velocity).T) < reach]
                if not len(members):
                    break
                velocity = np.median(moved[members], axis=0)
            moving = np.setdiff1d(moving, members) if len(members) else np.setdiff1d(moving, seeds)
            if np.sum(self._inside[members]) < _FEWEST:
                continue
            found = self._told(members, velocity, places, t_s, within_s)
            if found.extent > _LEAST_EXTENT and found.share > _LEAST_SHARE:
                large.append(found)
        kept: list[Movement] = []
        for one in sorted(large, key=lambda one: -one.share * one.speed):
            if not any(one.trails(other) for other in kept):
                kept.append(one)
        return kept

    def _told(self, members: NDArray[np.intp], velocity: Floats, places: int, t_s: float, within_s: float) -> Movement:
        unit = velocity / max(1e-6, float(np.hypot(*velocity)))
        low, high = np.percentile(self._places[members] @ unit, [3, 97])
        return Movement(
            t_s=t_s,
            velocity=(velocity / (self.scale * within_s)).astype(np.float32),
            share=float(np.sum(self._inside[members])) / places,
            extent=float(high - low) / max(1.0, float(np.ptp(self._corners @ unit))),
            spread=(float(low), float(high)),
        )


def _around(one: Gray, other: Gray) -> Floats:
    """Mean difference around each pixel between two pictures."""
    return cast(Floats, cv2.boxFilter(cv2.absdiff(one, other), cv2.CV_32F, (5, 5)))


def _mode(moved: Floats) -> Floats:
    """The motion that most places have, to about a pixel."""
    bins = np.round(moved / max(1.0, 0.15 * float(np.median(np.hypot(*moved.T))))).astype(np.int64)
    _, place, counts = np.unique(bins[:, 0] * 100_000 + bins[:, 1], return_inverse=True, return_counts=True)
    return cast(Floats, np.median(moved[place == int(np.argmax(counts))], axis=0))


def _stillest(outside: Floats, everywhere: Floats) -> Floats:
    """The camera's own shake: the smallest motion that many places share, those outside the box before all."""
    points = outside if len(outside) >= 40 else everywhere
    bins = np.round(points * 2).astype(np.int64)
    _, place, counts = np.unique(bins[:, 0] * 100_000 + bins[:, 1], return_inverse=True, return_counts=True)
    popular = np.flatnonzero(counts >= 0.35 * counts.max())
    centres = np.array([np.median(points[place == one], axis=0) for one in popular])
    seed = centres[int(np.argmin(np.hypot(*centres.T)))]
    return cast(Floats, np.median(points[np.hypot(*(points - seed).T) < 0.5], axis=0))
