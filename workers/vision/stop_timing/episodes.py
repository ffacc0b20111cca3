"""Movements joined into a car's journeys: each comes from somewhere or from rest, and goes away or to rest."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.flow import Movement

PAUSE_S = 0.5
"""A car that halts for less has not stopped: it creeps."""
_SAME_WAY = 0.8
"""Cosine between the directions of movements that belong together."""
_CONFIRMED = 0.25
"""Of the box's length: a car that went less far has not left, one that came less far has not come."""
_LEAST_SHARE = 0.03
_SLOW = 0.35
"""Of the journey's top speed: slower than that at an end, it ended there at rest, or began from it."""


_BY_THE_WAY = 0.3
"""Of the box's length: what moved by less before a start, or after a stop, was something else."""
_RISES, _LEAST_RISE_S = 0.7, 0.25
"""A start's speed grows evenly with time, for so long at least: a car that comes in at speed does neither."""
_MOST_ACCELERATION, _LEAST_ACCELERATION = 3.0, 0.2
"""Box lengths/s²: no car in a pit lane changes its speed faster; none that stops does so more slowly."""
_LEAP = 0.35
"""Of the box's length: what moves on from so far away is something else."""
_ROUGH_S = 0.01
_RECENT_S = 4.0


@dataclass(slots=True)
class Journey:
    """One car's way, as far as it was seen. Lengths in working px."""

    steps: list[Movement]
    corners: NDArray[np.float32]
    told: bool = False
    """Whether its beginning was already acted upon."""

    @property
    def begins_s(self) -> float:
        return self.steps[0].t_s

    @property
    def ends_s(self) -> float:
        return self.steps[-1].t_s

    @property
    def direction(self) -> NDArray[np.float32]:
        """(2,) unit vector."""
        total = np.sum([step.velocity for step in self.steps], axis=0)
        return np.asarray(total / max(1e-6, float(np.hypot(*total))), np.float32)

    @property
    def box_px(self) -> tuple[float, float]:
        """Where the box begins and ends along the way: the middles of those edges."""
        along = np.sort(self.corners @ self.direction)
        half = len(along) // 2
        return float(along[:half].mean()), float(along[-half:].mean())

    @property
    def length_px(self) -> float:
        """Of the box along the way."""
        low, high = self.box_px
        return high - low

    @property
    def gone_px(self) -> float:
        return self._gone_before()[-1]

    @property
    def confirmed(self) -> bool:
        return len(self.steps) >= 4 and self.gone_px > _CONFIRMED * self.length_px and self.share > _LEAST_SHARE

    @property
    def share(self) -> float:
        """Of the box's places: the third largest, so that one bad picture does not count."""
        return sorted((step.share for step in self.steps), reverse=True)[min(2, len(self.steps) - 1)]

    @property
    def top_speed(self) -> float:
        return float(np.percentile([step.speed for step in self.steps], 85))

    def from_rest(self, *, stood: bool) -> "Journey | None":
        """The journey from where the car stood in the box, what came before cut off; None if it did not stand there.

        stood: one is known to stand there; else its speed must have grown from nothing before our eyes.
        """
        gone = self._gone_before()
        early = [place for place, px in enumerate(gone) if px < _BY_THE_WAY * self.length_px]
        place = min(early, key=lambda one: self.steps[one].speed)
        rest = Journey(self.steps[place:], self.corners)
        if not rest._in_box(rest.steps[0]) or rest.steps[0].speed > _SLOW * rest.top_speed or not rest.confirmed:
            return None
        if stood:
            return rest
        speeds = np.array([step.speed for step in rest.steps])
        times = np.array([step.t_s for step in rest.steps])
        upto = int(np.argmax(speeds)) + 1
        rises = upto >= 4 and float(np.corrcoef(times[:upto], speeds[:upto])[0, 1]) > _RISES
        return rest if rises and times[upto - 1] - times[0] > _LEAST_RISE_S else None

    def to_rest(self) -> "Journey | None":
        """The journey to where the car stood in the box, what came after cut off; None if it did not come to stand."""
        gone = self._gone_before()
        late = [place for place, px in enumerate(gone) if gone[-1] - px < _BY_THE_WAY * self.length_px]
        place = min(late, key=lambda one: (round(self.steps[one].speed / (0.15 * self.top_speed)), -one))
        rest = Journey(self.steps[: place + 1], self.corners)
        last = rest.steps[-1]
        if not rest._in_box(last) or last.speed > _SLOW * rest.top_speed or not rest.confirmed:
            return None
        return rest

    def _gone_before(self) -> list[float]:
        """Px gone before each step."""
        gone = [0.0]
        for before, after in pairwise(self.steps):
            gone.append(gone[-1] + (after.t_s - before.t_s) * (before.speed + after.speed) / 2)
        return gone

    def goes_on_with(self, movement: Movement) -> bool:
        """Whether this may be the same car a moment later: its direction, its speed and its place say so."""
        last, length = self.steps[-1], self.length_px
        recent = np.sum([step.velocity for step in self.steps[-4:]], axis=0)
        unit = recent / max(1e-6, float(np.hypot(*recent)))
        if float(movement.velocity @ unit) < _SAME_WAY * movement.speed:
            return False
        passed_s = movement.t_s - last.t_s
        speed = float(np.median([step.speed for step in self.steps[-3:]]))
        if abs(movement.speed - speed) > (0.3 + _MOST_ACCELERATION * passed_s) * length + 0.3 * speed:
            return False
        expected = sum(last.spread) / 2 + passed_s * (movement.speed + speed) / 2
        return abs(sum(movement.spread) / 2 - expected) < _LEAP * length

    def _in_box(self, step: Movement) -> bool:
        low, high = self.box_px
        middle = sum(step.spread) / 2
        return low + 0.1 * (high - low) < middle < high - 0.1 * (high - low)


class Journeys:
    """Those under way."""

    def __init__(self, corners: NDArray[np.float32]) -> None:
        self._corners = corners
        self.open: list[Journey] = []
        self.recent: deque[tuple[float, Movement | None]] = deque()
        """Every picture of the last seconds and what moved then."""

    def add(self, t_s: float, movement: Movement | None) -> list[Journey]:
        """Takes what moved just before this time; gives back the journeys that have ended."""
        self.recent.append((t_s, movement))
        while self.recent[0][0] < t_s - _RECENT_S:
            self.recent.popleft()
        if movement is not None:
            self._join(movement)
        ended = [journey for journey in self.open if t_s - journey.ends_s > PAUSE_S]
        self.open = [journey for journey in self.open if t_s - journey.ends_s <= PAUSE_S]
        return ended

    def all_ended(self) -> list[Journey]:
        ended, self.open = self.open, []
        return ended

    def rough_s(self, journey: Journey, *, stops: bool) -> float:
        """About when the journey came to rest (or began): where a speed that falls (rises) evenly would be zero.

        All pictures around count, those without movement as standstill; what does not fit costs no more than a cap.
        """
        end = journey.ends_s if stops else journey.begins_s
        ahead, behind = (1.3, 0.35) if stops else (0.4, 1.0)
        near = [(t, movement) for t, movement in self.recent if end - ahead <= t <= end + behind]
        direction, length = journey.direction, journey.length_px
        speeds = np.array([0.0 if one is None else float(one.velocity @ direction) for _, one in near]) / length
        times = np.array([t for t, _ in near])
        earliest, latest = (0.35, 0.15) if stops else (0.1, 0.6)
        trials = np.arange(max(times[0], end - earliest), min(times[-1], end + latest) + _ROUGH_S, _ROUGH_S)
        slopes = np.geomspace(_LEAST_ACCELERATION, _MOST_ACCELERATION, 10)
        since = np.maximum((trials[:, None] - times[None]) * (1 if stops else -1), 0)
        model = np.minimum(slopes[None, :, None] * since[:, None, :], max(0.3, float(np.max(speeds, initial=0))))
        cost = np.minimum(np.abs(speeds - model), 0.08 + 0.25 * np.abs(speeds)).sum(axis=2)
        return float(trials[int(np.argmin(cost.min(axis=1)))])

    def _join(self, movement: Movement) -> None:
        for journey in sorted(self.open, key=lambda one: -one.gone_px):
            if journey.goes_on_with(movement):
                journey.steps.append(movement)
                return
        self.open.append(Journey([movement], self._corners))
