import numpy as np
import pytest

from benchmarks.stops.peers import DetectorBox, dwelt
from benchmarks.stops.scoring import matched, peer_errors, scored
from benchmarks.stops.truth import TrueStop
from core.stop import Pass, StopReport, TimedInstant, TimedStop


def told(arrived, stationary, released, departed, u_s=0.01):
    def timed(t_s):
        return None if t_s is None else TimedInstant(t_s, u_s)

    known = None not in (stationary, released)
    return TimedStop(
        timed(arrived),
        timed(stationary),
        timed(released),
        timed(departed),
        stationary_s=released - stationary if known else None,
        uncertainty_s=u_s if known else None,
        complete=None not in (arrived, stationary, released, departed),
    )


def report(*stops, passes=()):
    return StopReport(stops, tuple(Pass(t_s) for t_s in passes), 100, 0, 1.0)


def test_each_instant_and_the_standing_time_have_their_error():
    score = scored(report(told(1.0, 2.005, 4.02, 5.0)), [TrueStop(1.0, 2.0, 4.0, 5.0)], [])
    errors = {miss.what: miss.error_s for miss in score.misses}
    assert errors == pytest.approx(
        {"arrived": 0.0, "stationary": 0.005, "released": 0.02, "departed": 0.0, "stationary_s": 0.015}
    )
    assert [miss.what for miss in score.misses if not miss.held] == ["released", "stationary_s"]


def test_a_stop_elsewhere_is_one_missed_and_one_invented():
    pairs, missed, invented = matched([TrueStop(1.0, 2.0, 4.0, 5.0)], [told(6.0, 7.0, 9.0, 10.0)])
    assert (pairs, missed, invented) == ([], 1, 1)


def test_an_instant_outside_the_clip_must_be_null():
    score = scored(report(told(1.0, None, 4.0, None)), [TrueStop(None, None, 4.0, 5.0)], [])
    assert (score.untimed, score.overtimed) == (1, 1)


def test_two_stops_are_each_paired_with_their_own():
    true = [TrueStop(1.0, 2.0, 4.0, 5.0), TrueStop(6.0, 7.0, 9.0, 10.0)]
    pairs, *_ = matched(true, [told(6.0, 7.1, 9.0, 10.0), told(1.0, 2.1, 4.0, 5.0)])
    assert [stop.stationary for _, stop in pairs] == [TimedInstant(2.1, 0.01), TimedInstant(7.1, 0.01)]


def test_passes_are_counted_both_ways():
    score = scored(report(passes=[3.2, 9.0]), [], [3.0, 6.0])
    assert (score.passes_missed, score.passes_invented) == (1, 1)


def test_a_recipe_is_judged_by_the_standing_time():
    true = [TrueStop(1.0, 2.0, 4.0, 5.0), TrueStop(6.0, 7.0, 9.0, 10.0)]
    errors, missed, invented = peer_errors([(2.2, 4.1), (20.0, 21.0)], true)
    assert errors == pytest.approx([-0.1])
    assert (missed, invented) == (1, 1)


def test_the_dwells_date_back_to_their_beginnings():
    track = [(t / 10, 1.0 if t < 20 or t >= 50 else 0.0) for t in range(80)]
    assert dwelt(track, 0.5) == [(1.9, 4.9)]


def test_a_detectors_box_stands_while_it_stays_within_its_share():
    places = [*range(0, 200, 10), *[200] * 40, *range(210, 300, 10)]
    at = iter(places)
    recipe = DetectorBox(lambda picture: (float(next(at)), 100.0))
    for place in range(len(places)):
        recipe.see(np.zeros((1, 1, 3), np.uint8), place / 25)
    assert recipe.stops() == [(0.8, 2.36)]
