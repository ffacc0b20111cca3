"""A live stop is kept as soon as its car is released, completed when it has left, and never kept twice."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest

from core.camera import Camera, CapturedAt, Instant
from core.pit_box import PitBox
from core.stop import Moment, Stop, TimedInstant, TimedStop
from core.store import cameras, stops
from tests.fakes.fake_computing import FakeComputing
from tests.workers.station_parts import CAMERA, StationParts
from workers import live_timing
from workers.cameras.watching import Watch, WatchedPicture
from workers.computing import ChildDied
from workers.live_timing import LiveTiming

BOX = PitBox(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
ZERO_NS = 1_795_266_245_000_000_000
RELEASED = TimedStop(TimedInstant(1.0, 0.02), TimedInstant(2.0, 0.01), TimedInstant(4.4, 0.01), None, 2.4, 0.014, False)
GONE = replace(RELEASED, departed=TimedInstant(5.5, 0.1), complete=True)


class GivenWatch(Watch):
    """Hands on what the test put into it."""

    def __init__(self) -> None:
        super().__init__(BOX)
        self.given: list[WatchedPicture] = []

    def taken(self) -> list[WatchedPicture]:
        found, self.given = self.given, []
        return found


@dataclass
class FakeFeed:
    camera: Camera
    watch: GivenWatch
    frame_interval_ns: int = 40_000_000

    def at(self, instant: Instant) -> CapturedAt:
        return CapturedAt(ZERO_NS + instant.pts * 40_000_000, 1000)


class Live:
    """One watched camera; the test says what the child answers in each round."""

    def __init__(self, station: StationParts) -> None:
        with station.database.write() as tx:
            camera = cameras.set_pit_box(tx, CAMERA, BOX)
        self.station, self.feed = station, FakeFeed(camera, GivenWatch())
        self.answers: list[Any] = []
        self.compute = FakeComputing(lambda *_: self._next())
        feeds = cast("Any", self)
        self.timing = LiveTiming(station.database, feeds, cast("Any", self.compute))
        self.sent = 0

    def watched(self) -> list[Any]:
        return [self.feed] if self.feed.watch.box is not None else []

    def _next(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def round(self, answer: Any, epoch: int = 1) -> list[Stop]:
        picture = np.zeros((4, 6), np.uint8)
        self.feed.watch.given = [WatchedPicture(epoch, n, n * 0.04, picture) for n in range(self.sent, self.sent + 8)]
        self.sent += 8
        self.answers.append(answer)
        self.timing.step()
        with self.station.database.read() as tx:
            return stops.for_session(tx, None)


@pytest.fixture
def live(station: StationParts) -> Live:
    return Live(station)


def test_a_stop_is_kept_at_its_release_and_completed_when_the_car_has_left(live: Live):
    assert live.round(([], None)) == []
    (leaving,) = live.round(([], RELEASED))
    assert leaving.machine[Moment.STATIONARY].at_ns == ZERO_NS + 2_000_000_000
    assert leaving.span is not None and leaving.span.ns == 2_400_000_000
    assert (leaving.job_id, leaving.clip_id, leaving.complete) == (None, None, False)
    (gone,) = live.round(([GONE], None))
    assert (gone.id, gone.complete) == (leaving.id, True)
    assert live.round(([GONE], None)) == [gone]


def test_a_new_connection_has_a_timer_of_its_own(live: Live):
    live.round(([], None))
    live.round(([], None), epoch=2)
    keys = [args[0] for _, args in live.compute.asked]
    assert len(set(keys)) == 2


def test_a_child_that_dies_costs_what_it_was_timing_and_no_more(live: Live):
    live.round(([], None))
    live.round(ChildDied(-9))
    (stop,) = live.round(([], RELEASED))
    keys = [args[0] for _, args in live.compute.asked]
    assert keys[0] == keys[1] != keys[2]
    assert stop.machine[Moment.STATIONARY].at_ns == ZERO_NS + 16 * 40_000_000 + 2_000_000_000


def test_a_child_that_falls_behind_gets_fewer_pictures_not_a_gap(live: Live):
    live.round(([], None))
    live.feed.watch.given = [WatchedPicture(1, n, n * 0.04, np.zeros((4, 6), np.uint8)) for n in range(8, 68)]
    live.answers.append(([], None))
    live.timing.step()
    times_s = live.compute.asked[-1][1][2]
    assert len(times_s) <= 24
    assert max(np.diff(times_s)) == pytest.approx(0.12)
    assert live.compute.asked[-1][1][0] == live.compute.asked[0][1][0]


@pytest.mark.parametrize(
    "missed",
    [
        [*range(8, 16), *range(60, 68)],
        range(40, 48),
        range(8, 120),
    ],
    ids=["within a batch", "between two", "too far behind"],
)
def test_what_was_not_watched_is_not_bridged(live: Live, missed: list[int]):
    """A car that left and another that came meanwhile would else be one that stood for long."""
    live.round(([], None))
    picture = np.zeros((4, 6), np.uint8)
    live.feed.watch.given = [WatchedPicture(1, n, n * 0.04, picture) for n in missed]
    live.answers.append(([], None))
    live.timing.step()
    keys = [args[0] for _, args in live.compute.asked]
    assert keys[0] != keys[1]
    assert len(live.compute.asked[-1][1][2]) <= 24


def test_the_real_timer_takes_the_pictures_in_their_order():
    grays = np.zeros((3, 90, 160), np.uint8)
    ended, leaving = live_timing.advance("a camera", BOX, np.array([0.0, 0.04, 0.08]), grays)
    assert (ended, leaving) == ([], None)
