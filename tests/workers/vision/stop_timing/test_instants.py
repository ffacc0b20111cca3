"""The fit of a standstill's beginning and end, on positions whose truth is known."""

import numpy as np
import pytest

from workers.vision.stop_timing.instants import turning_point

LENGTH_PX = 280.0


def _way(since_s: np.ndarray, acceleration: float, ramp_s: float) -> np.ndarray:
    """Px after a start: the acceleration grows for `ramp_s`, then stays."""
    t = np.maximum(since_s, 0)
    late = np.maximum(t - ramp_s, 0)
    return acceleration * (np.minimum(t, ramp_s) ** 3 / (6 * ramp_s) + ramp_s / 2 * late + late**2 / 2)


@pytest.mark.parametrize("stops", [True, False])
def test_the_truth_lies_within_the_interval_as_often_as_it_says(stops: bool) -> None:
    rng = np.random.default_rng(3)
    errors, within = [], []
    for _ in range(16):
        truth_s = 1.0 + float(rng.uniform(0, 0.02))
        times = np.arange(0.62, 1.38, 0.02)
        acceleration, ramp_s = float(rng.uniform(150, 500)), float(rng.uniform(0.03, 0.15))
        way = _way((truth_s - times) if stops else (times - truth_s), acceleration, ramp_s) * (-1 if stops else 1)
        spread = np.full(len(times), 0.02)
        found = turning_point(
            times,
            way + rng.normal(0, 0.03, len(times)),
            rng.normal(0, 1e-4, len(times)),
            spread,
            stops=stops,
            between=(truth_s - 0.1, truth_s + 0.15),
            length_px=LENGTH_PX,
        )
        assert found is not None
        errors.append(abs(found.t_s - truth_s))
        within.append(errors[-1] <= 2 * found.half_width_s)
    assert float(np.median(errors)) < 0.012
    assert np.mean(within) > 0.8


def test_the_body_that_swings_on_its_springs_does_not_move_the_instant() -> None:
    times = np.arange(0.62, 1.4, 0.02)
    nod = 0.006 * np.exp(-6 * np.maximum(times - 1, 0)) * np.cos(15 * np.maximum(times - 1, 0))
    way = -_way(1.0 - times, 350.0, 0.06) + 25.0 * nod
    spread = np.full(len(times), 0.02)
    found = turning_point(times, way, nod, spread, stops=True, between=(0.9, 1.2), length_px=LENGTH_PX)
    assert found is not None
    assert found.t_s == pytest.approx(1.0, abs=0.015)


def test_too_few_positions_give_no_instant() -> None:
    times = np.arange(0, 0.1, 0.02)
    assert turning_point(times, times, times, times, stops=True, between=(0, 0.1), length_px=LENGTH_PX) is None
