"""One car's way past the box, put together from what moved in picture after picture."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workers.vision.stop_timing.flow import Movement

_CONFIRMED = 0.25
"""Of the box's length: a car that went less far has not left, one that came less far has not come."""
_SEEN_FAST, _SEEN_LONG, _SEEN_WAY = 0.5, 0.4, 0.15
"""Box lengths/s and of the box's length: what came so fast and is so long was seen enough in this part of its way."""
_INSIDE, _COMES = 0.1, 0.3
"""Of the box's length, and box lengths/s: what is first seen farther inside, and slower, was there before."""
_LONG = 0.3
"""Of the box's length: what comes and is shorter is people."""
_LEAST_SHARE = 0.03
_SLOW = 0.35
"""Of the journey's top speed: slower than that at an end, it ended there at rest, or began from it."""
_WALKS = 0.2
"""Box lengths/s: a car that halts may yet creep on so fast, and of two such places it stands at the last."""
_BY_THE_WAY = 0.3
"""Of the box's length: what moved by less before a start, or after a stop, was something else."""
_RISES, _LEAST_RISE_S = 0.7, 0.25
"""A start's speed grows evenly with time, for so long at least: a car that comes in at speed does neither."""
_EVENLY, _EVEN_S, _EVEN_WAY = 0.9, 0.4, 0.2
"""Nobody on foot, and no false start, gains speed so evenly (correlation), for so long, over so much of the box."""
_BRAKES_WAY = 0.4
"""Of the box's length: nor does anybody lose it so evenly, for so long, over so much."""
_LITTLE_WAY = 0.15
"""Of the box's length: what brakes evenly and needs no more to stand has stood."""
_FALLS, _FALLS_STEPS = (0.15, 0.85), 3
"""Between these shares of its top speed it is slowing down, and is seen so in so many pictures at least."""
_FROM_HERE = 0.05
"""Of the box's length: what went farther before it was slowest had not stood there, but came."""
_STRAY_PAUSE_S, _STRAY_INTERVALS, _STRAY_STEPS = 0.15, 2.5, 4
"""Fewer steps than the third, apart from the rest by the first and so many usual intervals, are not the car's."""
_STRAY_SHARE = 0.25
"""Nor is what, after a pause, is so much less of the box's places."""


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
    def entered(self) -> bool:
        """Whether it came from outside: was seen there, or at a speed that nothing has that was in the box before."""
        first = self.steps[0]
        return first.spread[0] < self.box_px[0] + _INSIDE * self.length_px or first.speed > _COMES * self.length_px

    @property
    def drove_in(self) -> bool:
        """Whether it was followed from outside far into the box, as a car that brakes: no other stands there then."""
        return self.came and self.brakes_evenly and self.steps[0].spread[0] < self.box_px[0]

    @property
    def leaves(self) -> bool:
        return self.confirmed or self.starts_evenly

    @property
    def came(self) -> bool:
        """Whether enough was seen of a car that comes, and may first have been too fast to be followed."""
        if self.confirmed:
            return self.extent > _LONG or self.brakes_evenly
        fast_and_long = self.extent > _SEEN_LONG and self.top_speed > _SEEN_FAST * self.length_px
        enough = len(self.steps) >= 4 and self.share > _LEAST_SHARE and self.gone_px > _SEEN_WAY * self.length_px
        return fast_and_long and enough

    @property
    def starts_evenly(self) -> bool:
        """Whether it gains speed so steadily, for so long and so far, as nobody on foot does."""
        speeds = [step.speed for step in self.steps]
        top = int(np.argmax(speeds))
        takes_s = self.steps[top].t_s - self.begins_s
        far = self._gone_before()[top] > _EVEN_WAY * self.length_px and self.share > _LEAST_SHARE
        return far and top >= 6 and takes_s > _EVEN_S and self._evenness(0, top) > _EVENLY

    @property
    def brakes_evenly(self) -> bool:
        """Whether it loses its speed so steadily, for so long and over so much way, as nobody on foot does."""
        top, last = self._braking()
        gone = self._gone_before()
        far = gone[last] - gone[top] > _BRAKES_WAY * self.length_px and self.share > _LEAST_SHARE
        takes_s = self.steps[last].t_s - self.steps[top].t_s
        return far and last - top >= 6 and takes_s > _EVEN_S and self._evenness(top, last) < -_EVENLY

    def _braking(self) -> tuple[int, int]:
        """The steps at which it was fastest and, after that, slowest."""
        speeds = [step.speed for step in self.steps]
        top = int(np.argmax(speeds))
        return top, top + int(np.argmin(speeds[top:]))

    @property
    def would_stand_s(self) -> float | None:
        """When it stood, braking on as it did, if it was lost from sight not long before; None if it was followed."""
        top, last = self._braking()
        first, slowest = self.steps[top], self.steps[last]
        lost = last >= len(self.steps) - _FALLS_STEPS and slowest.speed > _SLOW * self.top_speed
        if not lost or not self.brakes_evenly:
            return None
        takes_s = slowest.speed / (first.speed - slowest.speed) * (slowest.t_s - first.t_s)
        return slowest.t_s + takes_s if slowest.speed * takes_s / 2 < _LITTLE_WAY * self.length_px else None

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

    @property
    def last_going_s(self) -> float:
        """Since when it was seen to move without a pause."""
        return self.steps[int(self._runs()[-1][0])].t_s

    def _runs(self) -> list[NDArray[np.intp]]:
        """The places of the steps that follow each other without a pause."""
        between = np.diff([step.t_s for step in self.steps])
        pause = max(_STRAY_PAUSE_S, _STRAY_INTERVALS * float(np.median(between))) if len(between) else 0.0
        return np.split(np.arange(len(self.steps)), np.flatnonzero(between > pause) + 1)

    def _is_little(self, run: NDArray[np.intp]) -> bool:
        """Whether much less moves in these steps than did before: people at a car that stands."""
        return float(np.median([self.steps[place].share for place in run])) < _STRAY_SHARE * self.share

    def _less_stray(self, *, end: bool) -> "Journey":
        """After a last pause (or before a first one), a few pictures' motion is not the car's: what is left."""
        runs = self._runs()
        place = -1 if end else 0
        while len(runs) > 1 and (len(runs[place]) < _STRAY_STEPS or (end and self._is_little(runs[place]))):
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
        if not stood and whole._gone_before()[place] > _FROM_HERE * self.length_px and not rest.starts_evenly:
            return None
        if not rest._in_box(rest.steps[0]) or rest.steps[0].speed > _SLOW * rest.top_speed or not rest.leaves:
            return None
        if stood:
            return rest
        top = int(np.argmax([step.speed for step in rest.steps]))
        rises = top >= 3 and rest._evenness(0, top) > _RISES
        return rest if rises and rest.steps[top].t_s - rest.begins_s > _LEAST_RISE_S else None

    def to_rest(self) -> "Journey | None":
        """The journey to where the car stood in the box, what came after cut off; None if it did not come to stand."""
        whole = self._less_stray(end=True)
        gone = whole._gone_before()
        late = [place for place, px in enumerate(gone) if gone[-1] - px < _BY_THE_WAY * self.length_px]
        walks = max(_WALKS * self.length_px, 0.15 * self.top_speed)
        speeds = whole._steady_speeds()
        place = min(late, key=lambda one: (int(speeds[one] / walks), -one))
        rest = Journey(whole.steps[: place + 1], self.corners)
        slow = speeds[place] <= max(walks, _SLOW * rest.top_speed) or rest.would_stand_s is not None
        if not rest._reaches_into_box(rest.steps[-1]) or not slow or not rest.came:
            return None
        return rest

    @property
    def slowed_down(self) -> bool:
        """Whether it was seen to lose its speed bit by bit: what is lost from sight and followed by noise does not."""
        speeds = [step.speed / self.top_speed for step in self.steps]
        fastest = max(place for place, speed in enumerate(speeds) if speed >= _FALLS[1])
        return sum(_FALLS[0] < speed for speed in speeds[fastest + 1 :]) >= _FALLS_STEPS

    def _steady_speeds(self) -> list[float]:
        """Each step's speed, the median with its neighbours': one picture shown twice is no halt."""
        speeds = [step.speed for step in self.steps]
        return [float(np.median(speeds[max(0, place - 1) : place + 2])) for place in range(len(speeds))]

    def _evenness(self, first: int, last: int) -> float:
        """How well its speed between these steps is a straight line that rises (below 0: falls): correlation."""
        times, speeds = (
            np.array(values) for values in zip(*((s.t_s, s.speed) for s in self.steps[first : last + 1]), strict=True)
        )
        return float(np.corrcoef(times, speeds)[0, 1])

    def _gone_before(self) -> list[float]:
        """Px gone before each step."""
        gone = [0.0]
        for before, after in pairwise(self.steps):
            gone.append(gone[-1] + (after.t_s - before.t_s) * (before.speed + after.speed) / 2)
        return gone

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

    def _reaches_into_box(self, step: Movement) -> bool:
        """Of a car that stands behind people only one end may be seen."""
        low, high = self.box_px
        return step.spread[1] > low + 0.1 * (high - low) and step.spread[0] < high - 0.1 * (high - low)
