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
_MOST_ACCELERATION, _LEAST_ACCELERATION = 3.0, 0.1
"""Box lengths/s²: no car in a pit lane changes its speed faster; none that stops does so more slowly."""
_NOISE = 0.3
"""Of a speed: so much two pictures differ about it."""
_ROLLING, _MOST_ROLLING = 0.05, 0.35
"""Box lengths/s and /s²: how fast a car that almost stands rolls on at once, and how much faster it becomes."""
_SHORTER = 0.5
_STRAY_PAUSE_S, _STRAY_INTERVALS, _STRAY_STEPS = 0.15, 2.5, 4
_FALLS, _FALLS_STEPS = (0.15, 0.85), 3
"""Between these shares of its top speed it is slowing down, and is seen so in so many pictures at least."""
_LEAST_TO_BEGIN = 0.07
"""Box lengths/s: what never moves faster is lamps, springs and noise; a car that starts soon does."""
_SEEN_FAST, _SEEN_LONG, _SEEN_WAY = 0.5, 0.4, 0.15
"""Box lengths/s and of the box's length: what came so fast and is so long was seen enough in this part of its way."""
_LEAP = 0.35
"""Of the box's length: what moves on from so far away is something else."""
_PACE = 0.1
"""Box lengths/s: a car that creeps."""
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
    def came(self) -> bool:
        """Whether enough was seen of a car that comes, and may first have been too fast to be followed."""
        long = self.extent > _SEEN_LONG
        fast = self.top_speed > _SEEN_FAST * self.length_px
        enough = long and fast and len(self.steps) >= 4 and self.share > _LEAST_SHARE
        return self.confirmed or (enough and self.gone_px > _SEEN_WAY * self.length_px)

    @property
    def share(self) -> float:
        """Of the box's places: the third largest, so that one bad picture does not count."""
        return sorted((step.share for step in self.steps), reverse=True)[min(2, len(self.steps) - 1)]

    @property
    def extent(self) -> float:
        """How long a thing moves, as a share of the box's: where much of it is seen, one in four pictures."""
        return float(np.percentile([step.extent for step in self.steps], 75))

    @property
    def top_speed(self) -> float:
        return float(np.percentile([step.speed for step in self.steps], 85))

    def _less_stray(self, *, end: bool) -> "Journey":
        """After a last pause (or before a first one), a few pictures' motion is not the car's: what is left."""
        times = np.array([step.t_s for step in self.steps])
        between = np.diff(times)
        if not len(between):
            return self
        pause = max(_STRAY_PAUSE_S, _STRAY_INTERVALS * float(np.median(between)))
        runs = np.split(np.arange(len(times)), np.flatnonzero(between > pause) + 1)
        place = -1 if end else 0
        while len(runs) > 1 and len(runs[place]) < _STRAY_STEPS:
            runs.pop(place)
        return Journey(self.steps[int(runs[0][0]) : int(runs[-1][-1]) + 1], self.corners)

    def from_rest(self, *, stood: bool) -> "Journey | None":
        """The journey from where the car stood in the box, what came before cut off; None if it did not stand there.

        stood: one is known to stand there; else its speed must have grown from nothing before our eyes.
        """
        whole = self._less_stray(end=False)
        early = [place for place, px in enumerate(whole._gone_before()) if px < _BY_THE_WAY * self.length_px]
        place = min(early, key=lambda one: whole.steps[one].speed)
        rest = Journey(whole.steps[place:], self.corners)
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
        whole = self._less_stray(end=True)
        gone = whole._gone_before()
        late = [place for place, px in enumerate(gone) if gone[-1] - px < _BY_THE_WAY * self.length_px]
        place = min(late, key=lambda one: (round(whole.steps[one].speed / (0.15 * self.top_speed)), -one))
        rest = Journey(whole.steps[: place + 1], self.corners)
        last = rest.steps[-1]
        if not rest._in_box(last) or last.speed > _SLOW * rest.top_speed or not rest.came:
            return None
        return rest

    @property
    def slowed_down(self) -> bool:
        """Whether it was seen to lose its speed bit by bit: what is lost from sight and followed by noise does not."""
        speeds = [step.speed / self.top_speed for step in self.steps]
        fastest = max(place for place, speed in enumerate(speeds) if speed >= _FALLS[1])
        return sum(_FALLS[0] < speed for speed in speeds[fastest + 1 :]) >= _FALLS_STEPS

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
        if abs(movement.speed - speed) > (0.3 + _MOST_ACCELERATION * passed_s) * length + _NOISE * speed:
            return False
        if speed < _SLOW * self.top_speed:
            # It comes to rest. It may yet roll on, but what darts off, or is much shorter, is crew who set to work.
            rolls = speed * (1 + _NOISE) + (_ROLLING + _MOST_ROLLING * passed_s) * length
            seen = float(np.median([step.extent for step in self.steps[-5:]]))
            if movement.speed > rolls or movement.extent < _SHORTER * seen:
                return False
        expected = sum(last.spread) / 2 + passed_s * (movement.speed + speed) / 2
        return abs(sum(movement.spread) / 2 - expected) < _LEAP * length

    def strangeness(self, movement: Movement) -> float:
        """How unlike the last step this is, if it goes on: in speed and in how much of a car is seen."""
        last = self.steps[-1]
        return abs(movement.speed - last.speed) / self.length_px + abs(movement.extent - last.extent)

    def slow_at_first(self) -> tuple[float, float]:
        """From when to when it was slow: somewhere there, or just after, it began."""
        near = [
            step.t_s
            for step, px in zip(self.steps, self._gone_before(), strict=True)
            if step.speed < _SLOW * self.top_speed and px < _BY_THE_WAY * self.length_px
        ]
        return min([self.begins_s, *near]), max([self.begins_s, *near])

    def _in_box(self, step: Movement) -> bool:
        low, high = self.box_px
        middle = sum(step.spread) / 2
        return low + 0.1 * (high - low) < middle < high - 0.1 * (high - low)


class Journeys:
    """Those under way."""

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
        first, last = (journey.ends_s, journey.ends_s) if stops else journey.slow_at_first()
        ahead, behind = (1.3, 0.35) if stops else (0.4, 1.0)
        near = [(t, movements) for t, movements in self.recent if first - ahead <= t <= last + behind]
        direction, length = journey.direction, journey.length_px
        times = np.array([t for t, _ in near])
        speeds = np.zeros((max(1, *(len(movements) for _, movements in near)), len(near)))
        for place, (_, movements) in enumerate(near):
            along = [float(one.velocity @ direction) / length for one in movements if _goes(one, direction)]
            speeds[:, place] = along[0] if along else 0.0
            speeds[: len(along), place] = along
        earliest, latest = (0.35, 0.15) if stops else (0.1, 0.6)
        trials = np.arange(max(times[0], first - earliest), min(times[-1], last + latest) + _ROUGH_S, _ROUGH_S)
        slopes = np.geomspace(_LEAST_ACCELERATION, _MOST_ACCELERATION, 12)
        since = np.maximum((trials[:, None] - times[None]) * (1 if stops else -1), 0)
        paces = np.array([_PACE, max(0.3, float(np.max(speeds, initial=0)))])
        model = np.minimum(slopes[:, None, None] * since[:, None, None, :], paces[:, None])
        off = np.stack([np.minimum(np.abs(one - model), 0.08 + 0.25 * np.abs(one)) for one in speeds]).min(axis=0)
        return float(trials[int(np.argmin(off.sum(axis=-1).min(axis=(1, 2))))])

    def _join(self, movements: list[Movement]) -> None:
        """Each journey goes on with what fits it best; the largest that fits none begins one."""
        left = list(movements)
        for journey in sorted(self.open, key=lambda one: -one.gone_px):
            fitting = [one for one in left if journey.goes_on_with(one)]
            if fitting:
                best = min(fitting, key=journey.strangeness)
                journey.steps.append(best)
                left.remove(best)
        if left and left[0] is movements[0] and left[0].speed > _LEAST_TO_BEGIN * self._length_px(left[0]):
            self.open.append(Journey([left[0]], self._corners))

    def _length_px(self, movement: Movement) -> float:
        return Journey([movement], self._corners).length_px


def _goes(movement: Movement, direction: NDArray[np.float32]) -> bool:
    return float(movement.velocity @ direction) > _SAME_WAY * movement.speed
