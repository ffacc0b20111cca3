"""Stops are kept once however often they are timed, and the operator's word outlives every timing."""

from dataclasses import replace

import pytest

from core.errors import NotFound, UsageError
from core.stop import Mark, Moment, Span, Stop, shortest_first
from core.store import clips, stops
from tests.core.store.conftest import a_clip

T0 = 1_795_266_245_000_000_000
MS = 1_000_000


def a_stop(clip_id=None, at_s=0.0, **fields):
    """Arrived a second into the video, stands from 2.0 to 4.4 s, left at 5."""
    zero = T0 + int(at_s * 1e9)
    marks = {moment: Mark(zero + int(t * 1e9), 5 * MS) for moment, t in zip(Moment, (1.0, 2.0, 4.4, 5.0), strict=True)}
    stop = Stop("", "Pit_1", None, "job", clip_id, zero, 20 * MS, marks, Span(2_400 * MS, 6 * MS), True, ("Creeps.",))
    return replace(stop, box=((0.1, 0.2), (0.9, 0.2), (0.9, 0.9)), **fields)


def only(*moments, at_s=0.0):
    """A live stop of which no more is known: the car stood when the timing began."""
    whole = a_stop(None, at_s, job_id=None, machine_span=None, complete=False)
    return replace(whole, machine={moment: whole.machine[moment] for moment in moments})


@pytest.fixture
def clip(do):
    return do(clips.add, a_clip(captured_at_ns=T0), station_id="s")


def test_a_stop_comes_back_as_it_was_kept(db, do, clip):
    (kept,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    with db.read() as tx:
        assert stops.get(tx, kept.id) == kept
        assert stops.for_clip(tx, clip.id) == stops.for_session(tx, None) == stops.for_job(tx, "job") == [kept]
        assert stops.newest(tx, "pit_1") == kept
    assert kept.span == Span(2_400 * MS, 6 * MS)


def test_timing_a_clip_again_renews_its_stops_and_keeps_the_operators_word(do, clip):
    (first,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    nudged = Mark(T0 + 4_420 * MS, 20 * MS)
    do(stops.set_mark, first.id, Moment.RELEASED, nudged, operator="Ana")
    (again,) = do(stops.keep, [a_stop(clip.id, job_id="later")], clip_id=clip.id)
    assert (again.id, again.job_id, again.operator) == (first.id, "later", "Ana")
    assert again.mark(Moment.RELEASED) == nudged
    assert again.machine[Moment.RELEASED].at_ns == T0 + 4_400 * MS
    assert again.span == Span(2_420 * MS, round((5**2 + 20**2) ** 0.5 * MS))


def test_what_a_later_timing_does_not_find_is_hidden_unless_it_was_touched(db, do, clip):
    one, two = do(stops.keep, [a_stop(clip.id), a_stop(clip.id, 10)], clip_id=clip.id)
    do(stops.annotate, two.id, remark="Jack stuck", car_number=" 87 ", operator=None)
    assert do(stops.keep, [], clip_id=clip.id) == []
    with db.read() as tx:
        assert [(stop.id, stop.car_number) for stop in stops.for_clip(tx, clip.id)] == [(two.id, "87")]
    do(stops.undelete, one.id)
    with db.read() as tx:
        assert len(stops.for_session(tx, None)) == 2


def test_a_locked_stop_is_changed_by_nothing_until_it_is_unlocked(do, clip):
    (first,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    do(stops.lock, first.id, True, operator="Ana")
    (same,) = do(stops.keep, [a_stop(clip.id, 0.1)], clip_id=clip.id)
    assert same.machine == first.machine
    with pytest.raises(UsageError, match="locked"):
        do(stops.set_mark, first.id, Moment.RELEASED, None, operator=None)
    with pytest.raises(UsageError, match="locked"):
        do(stops.annotate, first.id, remark="x", car_number="", operator=None)
    do(stops.lock, first.id, False, operator="Ana")
    do(stops.annotate, first.id, remark="x", car_number="", operator=None)


def test_a_stop_timed_live_becomes_the_clips_when_that_is_timed(db, do, clip):
    (live,) = do(stops.keep, [a_stop(None, job_id=None)], clip_id=None)
    (timed,) = do(stops.keep, [a_stop(clip.id, 0.05)], clip_id=clip.id)
    assert (timed.id, timed.clip_id, timed.job_id) == (live.id, clip.id, "job")
    with db.read() as tx:
        assert len(stops.for_session(tx, None)) == 1


def test_a_live_measure_renews_its_own_and_leaves_the_clips_alone(db, do, clip):
    leaving = a_stop(None, job_id=None, complete=False)
    (first,) = do(stops.keep, [leaving], clip_id=None)
    (whole,) = do(stops.keep, [a_stop(None, job_id=None)], clip_id=None)
    assert (whole.id, whole.complete) == (first.id, True)
    (timed,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    assert do(stops.keep, [a_stop(None, job_id=None)], clip_id=None) == [timed]


def test_a_live_stop_known_by_one_instant_is_renewed_though_the_clock_moved_a_little(db, do):
    (kept,) = do(stops.keep, [only(Moment.RELEASED)], clip_id=None)
    (whole,) = do(stops.keep, [only(Moment.RELEASED, Moment.DEPARTED, at_s=0.000_4)], clip_id=None)
    assert whole.id == kept.id
    with db.read() as tx:
        assert len(stops.for_session(tx, None)) == 1


def test_instants_stay_in_their_order(do, clip):
    (stop,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    with pytest.raises(UsageError, match="Stationary"):
        do(stops.set_mark, stop.id, Moment.STATIONARY, Mark(T0 + 9_000 * MS, MS), operator=None)


def test_taking_a_nudge_back_makes_the_machines_instant_count_again(do, clip):
    (stop,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    do(stops.set_mark, stop.id, Moment.ARRIVED, Mark(T0, MS), operator=None)
    back = do(stops.set_mark, stop.id, Moment.ARRIVED, None, operator=None)
    assert back.hand == {}
    assert back.mark(Moment.ARRIVED) == stop.machine[Moment.ARRIVED]


def test_the_shortest_stop_is_first_and_one_without_a_duration_is_none():
    unknown = a_stop(None, 20, machine={}, machine_span=None, complete=False)
    long, short = a_stop(), a_stop(None, 10, machine_span=Span(2_100 * MS, MS))
    assert shortest_first([long, short, unknown, long]) == [short, long, long]


def test_every_cameras_clips_of_the_time_are_found_its_own_first(db, do, clip):
    other = do(clips.add, a_clip(captured_at_ns=T0 - 10**9, ordinal=1), station_id="s")
    do(clips.add, a_clip(captured_at_ns=T0 + 3600 * 10**9, ordinal=2), station_id="s")
    do(clips.add, a_clip(captured_at_ns=T0 - 8 * 10**9, ordinal=3), station_id="s")
    (stop,) = do(stops.keep, [a_stop(clip.id)], clip_id=clip.id)
    with db.read() as tx:
        assert [found.id for found in stops.clips_with(tx, stop)] == [clip.id, other.id]


def test_an_unknown_stop_is_not_found(db):
    with db.read() as tx, pytest.raises(NotFound):
        stops.get(tx, "none")
