"""Movements joined into a car's journeys: each comes from somewhere or from rest, and goes away or to rest."""

from dataclasses import dataclass, field
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
_SLOW = 0.4
"""Of the journey's top speed: slower than that at an end, it ended there at rest, or began from it."""


@dataclass(slots=True)
class Journey:
    """One car's way, as far as it was seen. Lengths in working px."""

    steps: list[Movement]
    corners: NDArray[np.float32]
    told: bool = False
    """Whether its beginning was already acted upon."""
    _gone_px: float = field(default=0.0)

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
        return sum(
            (after.t_s - before.t_s) * (before.speed + after.speed) / 2 for before, after in pairwise(self.steps)
        )

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

    @property
    def from_rest(self) -> bool:
        first = self.steps[:3]
        return min(step.speed for step in first) < _SLOW * self.top_speed and self._in_box(first[0])

    @property
    def to_rest(self) -> bool:
        last = self.steps[-3:]
        return min(step.speed for step in last) < _SLOW * self.top_speed and self._in_box(last[-1])

    def _in_box(self, step: Movement) -> bool:
        low, high = self.box_px
        middle = sum(step.spread) / 2
        return low + 0.15 * (high - low) < middle < high - 0.15 * (high - low)


class Journeys:
    """Those under way."""

    def __init__(self, corners: NDArray[np.float32]) -> None:
        self._corners = corners
        self.open: list[Journey] = []

    def add(self, t_s: float, movement: Movement | None) -> list[Journey]:
        """Takes what moved just before this time; gives back the journeys that have ended."""
        if movement is not None:
            self._join(movement)
        ended = [journey for journey in self.open if t_s - journey.ends_s > PAUSE_S]
        self.open = [journey for journey in self.open if t_s - journey.ends_s <= PAUSE_S]
        return ended

    def all_ended(self) -> list[Journey]:
        ended, self.open = self.open, []
        return ended

    def _join(self, movement: Movement) -> None:
        unit = movement.velocity / max(1e-6, movement.speed)
        for journey in sorted(self.open, key=lambda one: -one.gone_px):
            recent = np.sum([step.velocity for step in journey.steps[-4:]], axis=0)
            alike = float(recent @ unit) / max(1e-6, float(np.hypot(*recent)))
            if alike > _SAME_WAY:
                journey.steps.append(movement)
                return
        self.open.append(Journey([movement], self._corners))
