"""The journeys under way: movements joined as they come, and where in time each came to rest or began."""

from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.flow import CAR_EXTENT, Movement
from workers.vision.stop_timing.following import MOST_ACCELERATION, SAME_WAY, goes_on_with, strangeness
from workers.vision.stop_timing.journey import Journey

PAUSE_S = 0.5
"""A car that halts for less has not stopped: it creeps."""
_LEAST_TO_BEGIN = 0.07
"""Box lengths/s: what never moves faster is lamps, springs and noise; a car that starts soon does."""
_LEAST_ACCELERATION, _TRIED = 0.1, 12
"""Box lengths/s²: no car that stops or starts changes its speed more slowly; and how many accelerations are tried."""
_PACE = 0.1
"""Box lengths/s: a car that creeps."""
_ROUGH_S = 0.01
_RECENT_S = 4.0


class Journeys:
    """Those under way. `rough_s` knows the last seconds only."""

    def __init__(self, corners: NDArray[np.float32]) -> None:
        self._corners = corners
        self.open: list[Journey] = []
        self.recent: deque[tuple[float, list[Movement]]] = deque()
        """Every picture of the last seconds and what moved then."""

    def add(self, t_s: float, movements: list[Movement]) -> list[Journey]:
        """Takes what moved just before this time; gives back the journeys that have ended."""
        self.recent.append((t_s, movements))
        while self.recent[0][0] < t_s - _RECENT_S:
            self.recent.popleft()
        self._join(movements)
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
        if stops and (lost_s := journey.would_stand_s) is not None:
            return lost_s
        first, last = (journey.ends_s, journey.ends_s) if stops else journey.slow_at_first()
        ahead, behind = (1.3, 0.35) if stops else (0.4, 1.0)
        # A car that paused and crept on came to rest by what it did after the pause.
        since_s = max(first - ahead, journey.last_going_s) if stops else first - ahead
        near = [(t, movements) for t, movements in self.recent if since_s <= t <= last + behind]
        if not near:
            return first
        direction, length = journey.direction, journey.length_px
        times = np.array([t for t, _ in near])
        speeds = np.zeros((max(1, *(len(movements) for _, movements in near)), len(near)))
        for place, (_, movements) in enumerate(near):
            along = [float(one.velocity @ direction) / length for one in movements if _goes(one, direction)]
            speeds[:, place] = along[0] if along else 0.0
            speeds[: len(along), place] = along
        earliest, latest = (0.35, 0.15) if stops else (0.1, 0.6)
        trials = np.arange(max(times[0], first - earliest), min(times[-1], last + latest) + _ROUGH_S, _ROUGH_S)
        slopes = np.geomspace(_LEAST_ACCELERATION, MOST_ACCELERATION, _TRIED)
        since = np.maximum((trials[:, None] - times[None]) * (1 if stops else -1), 0)
        paces = np.array([_PACE, max(0.3, float(np.max(speeds, initial=0)))])
        model = np.minimum(slopes[:, None, None] * since[:, None, None, :], paces[:, None])
        off = np.stack([np.minimum(np.abs(one - model), 0.08 + 0.25 * np.abs(one)) for one in speeds]).min(axis=0)
        return float(trials[int(np.argmin(off.sum(axis=-1).min(axis=(1, 2))))])

    def _join(self, movements: list[Movement]) -> None:
        """Each journey goes on with what fits it best; the largest, if long enough and left over, begins one."""
        left = list(movements)
        for journey in sorted(self.open, key=lambda one: -one.gone_px):
            fitting = [one for one in left if goes_on_with(journey, one)]
            if fitting:
                best = min(fitting, key=partial(strangeness, journey))
                journey.steps.append(best)
                left.remove(best)
        first = next((one for one in movements if one.extent > CAR_EXTENT), None)
        if first in left and first.speed > _LEAST_TO_BEGIN * self._length_px(first):
            self.open.append(Journey([first], self._corners))

    def _length_px(self, movement: Movement) -> float:
        return Journey([movement], self._corners).length_px


def _goes(movement: Movement, direction: NDArray[np.float32]) -> bool:
    return float(movement.velocity @ direction) > SAME_WAY * movement.speed
