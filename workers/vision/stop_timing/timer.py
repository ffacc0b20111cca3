"""The stops of one pit box, from its pictures as they come: what stands in the box, since when, and what left it."""

import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.pit_box import PitBox
from core.stop import Pass, StopReport, TimedInstant, TimedStop
from workers.vision.stop_timing import crossing, refining
from workers.vision.stop_timing.episodes import PAUSE_S, Journeys
from workers.vision.stop_timing.flow import Flow
from workers.vision.stop_timing.journey import Journey
from workers.vision.stop_timing.refining import Seen
from workers.vision.stop_timing.view import Gray, View

_KEPT_S = 4.0
"""Pictures are kept for so long: from a release's first motion until it is sure."""
_COARSE_S = 0.034
"""Motion is looked for at most every so often."""
_SAME_WAY = 0.7
"""Cosine between a car's coming and its going."""
_AS_LONG, _AS_MUCH = 0.6, 0.35
"""Of what was seen of the car as it came: its length, and its share of the box's places."""
_GAP = 1.8
"""Of the usual interval: longer, and pictures are missing."""
_RESTS_S = 0.12
"""A car must be seen to stand for so long: at the end of a clip it may only have become slow."""
_THROUGH = 0.5
"""Of the box's length: a car that was seen to go as far without stopping went through."""


@dataclass(slots=True)
class _Standing:
    """The car in the box."""

    arrived: TimedInstant | None
    stationary: TimedInstant | None
    released: TimedInstant | None = None
    notes: list[str] = field(default_factory=list)
    came: Journey | None = None
    stood_s: float | None = None
    """About when it stood: known even where `stationary` is not proven."""


class StopTimer:
    """Feed it every picture in order; ask for the stops that have ended, or for the report. For one thread."""

    def __init__(self, box: PitBox, width: int, height: int) -> None:
        """width, height: of the pictures as displayed, px."""
        self._view = View.around(box, width, height)
        self._mask = self._view.box_mask()
        self._flow = Flow(self._mask, self._view.box)
        self._journeys = Journeys(self._view.box)
        self._kept: deque[Seen] = deque()
        self._looked_s = -np.inf
        self._first_s: float | None = None
        self._last_s = 0.0
        self._intervals: deque[float] = deque(maxlen=25)
        self._standing: _Standing | None = None
        self._free_s = -np.inf
        """When the last car that stood in the box began to leave it: before that no other can have come."""
        self._lane: NDArray[np.float32] | None = None
        """The way in which cars come."""
        self._leaving: tuple[_Standing, Journey] | None = None
        self._stops: list[TimedStop] = []
        self._passes: list[Pass] = []
        self._frames = 0
        self._gaps = 0
        self._began = time.perf_counter()

    def add(self, picture: NDArray[np.uint8], t_s: float) -> None:
        """The next picture, (H, W) gray or (H, W, 3) BGR uint8, shown at t_s; t_s grows."""
        self.see(self.cut_out(picture), t_s)

    def cut_out(self, picture: NDArray[np.uint8]) -> Gray:
        """What of a picture is worked with, a copy. Any thread may ask, and hand it to `see`."""
        return self._view.of(picture)

    def see(self, cut: Gray, t_s: float) -> None:
        """The next picture's `cut_out`, shown at t_s; t_s grows."""
        self._count(t_s)
        seen = Seen(t_s, cut)
        self._kept.append(seen)
        while self._kept[0].t_s < t_s - _KEPT_S:
            self._kept.popleft()
        if t_s - self._looked_s < _COARSE_S:
            return
        self._looked_s = t_s
        for journey in self._journeys.add(t_s, self._flow.add(t_s, seen.picture)):
            self._ended(journey)
        for journey in self._journeys.open:
            if not journey.told and journey.leaves and not self._still_comes(journey):
                begins = journey.from_rest(stood=self._standing is not None)
                if begins is not None and self._as_it_came(begins):
                    journey.told = True
                    self._released(journey, begins)

    def finished(self) -> list[TimedStop]:
        """The stops that have ended so far."""
        return list(self._stops)

    def leaving(self) -> TimedStop | None:
        """The stop whose car was released and is on its way: all that will be known of it but its departure."""
        return None if self._leaving is None else _told(self._leaving[0], None)

    def finish(self, *, cut_short: bool = False) -> None:
        """No more pictures come: what is under way is told as far as it is known. cut_short: some should have come."""
        self._gaps += cut_short
        for journey in sorted(self._journeys.all_ended(), key=lambda one: one.ends_s):
            self._ended(journey)
        if self._standing is not None:
            after = "what is left of the clip, which is damaged or cut short" if cut_short else "the clip"
            self._standing.notes.append(f"It ends after {after}.")
            self._close(self._standing, None)
            self._standing = None

    def report(self) -> StopReport:
        took_ms = (time.perf_counter() - self._began) * 1000
        return StopReport(tuple(self._stops), tuple(self._passes), self._frames, self._gaps, took_ms)

    def _count(self, t_s: float) -> None:
        if self._first_s is None:
            self._first_s = t_s
        else:
            interval = t_s - self._last_s
            if len(self._intervals) >= 5 and interval > _GAP * float(np.median(self._intervals)):
                self._gaps += 1
            self._intervals.append(interval)
        self._last_s = t_s
        self._frames += 1

    def _released(self, journey: Journey, begins: Journey) -> None:
        """A car that stood in the box has gone a quarter of it: it is sure now that it leaves."""
        if self._standing is None and self._leaving is not None:
            self._leaving = (self._leaving[0], journey)  # One car leaves at a time: what began its way was people.
            return
        standing = self._standing or _Standing(None, None, notes=["It began before the clip."])
        found, rough_s = self._looked_for(begins, stops=False)
        began_s = rough_s if found is None else found.t_s
        if standing.stood_s is not None and began_s < standing.stood_s + PAUSE_S:
            return  # It had not stood yet: somebody else moved.
        if began_s < self._free_s + PAUSE_S:
            return  # That is how the last car left.
        standing.released = _believed(found, rough_s, standing.notes, stops=False)
        self._standing = None
        self._free_s = begins.begins_s
        self._leaving = (standing, journey)

    def _ended(self, journey: Journey) -> None:
        self._left(journey)
        if not journey.came:
            return
        to_rest = journey.to_rest() if journey.told or (journey.entered and self._in_lane(journey)) else None
        if to_rest is not None and self._last_s - to_rest.ends_s > _RESTS_S:
            if to_rest.drove_in:
                self._gone_unseen(to_rest)
            if self._standing is None and (journey.told or journey.begins_s > self._free_s):
                self._arrived(journey, to_rest)
        elif journey.told or not journey.confirmed or not self._as_it_came(journey):
            return
        elif self._standing is None:
            if journey.begins_s > self._free_s and journey.gone_px > _THROUGH * journey.length_px:
                self._passes.append(Pass((journey.begins_s + journey.ends_s) / 2))
        else:
            # What goes away as the car came is the car, though how it began was hidden.
            self._released(journey, journey)
            self._left(journey)

    def _in_lane(self, journey: Journey) -> bool:
        return self._lane is None or float(self._lane @ journey.direction) > _SAME_WAY

    def _still_comes(self, journey: Journey) -> bool:
        """Whether a car that was there before this journey began may only now have come to rest."""
        others = (one for one in self._journeys.open if one is not journey and one.begins_s < journey.begins_s)
        return self._standing is None and any(one.came for one in others)

    def _as_it_came(self, journey: Journey) -> bool:
        """What does not go the way in which the car came, went before it stood, or is much shorter, is not the car."""
        came = None if self._standing is None else self._standing.came
        if came is None:
            return True
        if journey.begins_s <= came.ends_s:
            return False
        same_way = float(came.direction @ journey.direction) > _SAME_WAY
        as_large = journey.extent > _AS_LONG * came.extent and journey.share > _AS_MUCH * came.share
        return same_way and (as_large or journey.starts_evenly)

    def _left(self, journey: Journey) -> None:
        if self._leaving is not None and self._leaving[1] is journey:
            standing, _ = self._leaving
            self._leaving = None
            self._close(standing, self._within(crossing.departed(journey)))

    def _gone_unseen(self, comes: Journey) -> None:
        """Where a car drives in, the one that stood has left, though nothing was seen of it."""
        standing = self._standing
        if standing is not None and standing.came is not None and standing.came.ends_s + PAUSE_S < comes.begins_s:
            standing.notes.append("Its release was not seen.")
            self._close(standing, None)
            self._standing = None

    def _arrived(self, journey: Journey, to_rest: Journey) -> None:
        arrived = None if journey.told else self._within(crossing.arrived(journey))
        notes = ["Its arrival was not seen."] if arrived is None else []
        found, rough_s = self._looked_for(to_rest, stops=True)
        stationary = _believed(found, rough_s, notes, stops=True)
        if journey.told and (stationary is None or not to_rest.slowed_down):
            return  # What left came to no rest that can be followed: it was crew, not the next car.
        stood_s = rough_s if stationary is None else stationary.t_s
        self._standing = _Standing(arrived, stationary, notes=notes, came=to_rest, stood_s=stood_s)
        self._lane = to_rest.direction

    def _looked_for(self, journey: Journey, *, stops: bool) -> tuple[TimedInstant | None, float]:
        """When it came to stand (or began to move), if the car can be followed there; and what its speed says."""
        rough_s = self._journeys.rough_s(journey, stops=stops)
        found = refining.instant(
            tuple(self._kept),
            rough_s,
            stops=stops,
            direction=journey.direction,
            length_px=journey.length_px,
            box=self._mask,
        )
        return found, rough_s

    def _within(self, instant: TimedInstant | None) -> TimedInstant | None:
        """None if it was before the first picture or after the last: carried there, it was not seen."""
        first_s = self._last_s if self._first_s is None else self._first_s
        return instant if instant is not None and first_s <= instant.t_s <= self._last_s else None

    def _close(self, standing: _Standing, departed: TimedInstant | None) -> None:
        if departed is None and standing.released is not None:
            standing.notes.append("Its departure was not seen.")
        self._stops.append(_told(standing, departed))


def _believed(found: TimedInstant | None, rough_s: float, notes: list[str], *, stops: bool) -> TimedInstant | None:
    if found is not None:
        return found
    what = "came to stand" if stops else "began to move"
    notes.append(f"It {what} at about {rough_s:.1f} s: too little of the car is seen to say when.")
    return None


def _told(standing: _Standing, departed: TimedInstant | None) -> TimedStop:
    duration = doubt = None
    if standing.stationary is not None and standing.released is not None:
        duration = standing.released.t_s - standing.stationary.t_s
        doubt = float(np.hypot(standing.stationary.u_s, standing.released.u_s))
    instants = (standing.arrived, standing.stationary, standing.released, departed)
    return TimedStop(
        *instants,
        stationary_s=duration,
        uncertainty_s=doubt,
        complete=all(one is not None for one in instants),
        notes=tuple(standing.notes),
    )
