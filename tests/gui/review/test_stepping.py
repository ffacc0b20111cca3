"""Steps and nudges follow the clip's own pictures, however unevenly they come."""

from core.stop import Mark
from gui.review.stepping import nudged, range_of, set_at, stepped
from tests.gui.review.stopped_station import MS, NOON_NS, a_stop

TIMES = (0, 20 * MS, 40 * MS, 100 * MS, 120 * MS)


def test_a_step_goes_to_the_next_picture_and_stays_within_the_clip():
    assert stepped(TIMES, 25 * MS, 1, 20 * MS) == 40 * MS
    assert stepped(TIMES, 40 * MS, 1, 20 * MS) == 100 * MS
    assert stepped(TIMES, 100 * MS, -1, 20 * MS) == 40 * MS
    assert stepped(TIMES, 40 * MS, 10, 20 * MS) == 120 * MS
    assert stepped(TIMES, 0, -1, 20 * MS) == 0
    assert stepped((), 0, -1, 20 * MS) == -20 * MS


def test_a_nudge_lands_on_a_picture_and_claims_no_more_than_one():
    assert nudged(TIMES, Mark(25 * MS, MS), 1, 20 * MS) == Mark(40 * MS, 60 * MS)
    assert nudged(TIMES, Mark(25 * MS, MS), -1, 20 * MS) == Mark(20 * MS, 20 * MS)
    assert nudged(TIMES, Mark(20 * MS, MS), -1, 20 * MS) == Mark(0, 20 * MS)
    assert nudged((), Mark(25 * MS, MS), 1, 20 * MS) == Mark(45 * MS, 20 * MS)
    assert set_at(TIMES, 39 * MS, 20 * MS) == Mark(20 * MS, 20 * MS)


def test_the_timeline_shows_the_stop_within_what_was_recorded():
    stop = a_stop("Pit_1", None)
    clips = [(NOON_NS + 4_000 * MS, NOON_NS + 20_000 * MS)]
    assert range_of(stop, clips, whole=True) == clips[0]
    assert range_of(stop, clips, whole=False) == (clips[0][0], stop.to_ns + (stop.to_ns - stop.from_ns) // 6)
    assert range_of(stop, [], whole=True)[0] < stop.from_ns
