from dataclasses import replace

import pytest

from benchmarks.stops import figures, measure, plots
from benchmarks.stops.outcomes import FLOW, Outcome, Rival, box_of, frame_rate
from benchmarks.stops.scenario import Happening, Scenario
from benchmarks.stops.scoring import Miss, Score
from benchmarks.stops.truth import Truth


def seen(seed, fps, error_ms, u_ms=20.0, missed=0, rival_ms=None):
    values = tuple(Miss(what, error_ms / 1000, u_ms / 1000) for what in ("stationary", "released", "stationary_s"))
    score = Score(1 + missed, missed, 0, 0, 0, 0, values, 0, 0)
    rivals = {} if rival_ms is None else {FLOW: Rival((rival_ms / 1000,), 1, 2)}
    happening = Happening.STOP if seed % 2 else Happening.CREEP
    return Outcome(seed, replace(Scenario(), fps=fps, happening=happening), score, rivals)


@pytest.fixture
def many():
    return [seen(place, (50, 25)[place % 2], place, rival_ms=200.0) for place in range(40)]


def test_the_error_is_claimed_by_frame_rate(many):
    fifty = measure.spans(many, 50, 19.0, 38.0)
    assert (fifty.ours, fifty.met) == (19.0, True)
    assert measure.spans(many, 25, 19.0, 38.0).met is False
    assert measure.spans(many, 60, 10.0, 40.0).met is None


def test_missed_stops_count_against_all(many):
    assert measure.found(many).met is True
    worse = [*many, seen(99, 50, 1.0, missed=2)]
    assert measure.found(worse).ours == pytest.approx(100 * 2 / 43, abs=0.01)
    assert measure.found(worse).met is False


def test_coverage_that_is_too_good_is_not_met_either(many):
    assert measure.held(many, measure.OUT / "stops.md").ours == pytest.approx(52.5)
    assert measure.held([seen(1, 50, 1.0)], measure.OUT / "stops.md").met is False
    assert measure.held([seen(n, 50, 30.0 if n < 5 else 1.0) for n in range(100)], measure.OUT / "stops.md").met is True


def test_a_recipe_is_beaten_only_by_three_times(many):
    flow, occupancy, _ = measure.against(many)
    assert (flow.ours, flow.peer, flow.met) == (19.5, 200.0, True)
    assert "40 missed, 80 invented of 40" in flow.how
    assert occupancy.met is None
    closer, *_ = measure.against([seen(1, 50, 70.0, rival_ms=200.0)])
    assert closer.met is False


def test_figures_and_plots_are_written(many, tmp_path):
    page = figures.written(many, tmp_path).read_text("utf-8")
    assert "| stationary_s | 40 | 19.5 ms | 38.0 ms |" in page
    assert "| what happens | creep | 20 | 20 | 0 | 0 | 19.0 ms |" in page
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in plots.drawn(many, tmp_path))


def test_the_pit_box_is_cut_to_the_picture():
    truth = Truth((), (), ((-20.0, 10.0), (200.0, 10.0), (200.0, 90.0), (-20.0, 90.0)), 160, 90, (0.0,), 0.0)
    assert box_of(truth).bounds == pytest.approx((0.0, 1 / 9, 1.0, 1.0))


def test_most_clips_are_at_the_rates_that_are_claimed():
    rates = [frame_rate(place) for place in range(12)]
    assert (rates.count(50), rates.count(25), rates.count(None)) == (5, 5, 2)
    assert {rates[place] for place in range(0, 12, 2)} >= {50, 25}
