"""Which points are the car's: all of them are followed, and some ride on people."""

import numpy as np

from workers.vision.stop_timing.agreeing import the_car

LENGTH_PX = 300.0
AHEAD = np.array([1, 0], np.float32)
TIMES = np.arange(-0.4, 0.9, 0.04)
REFERENCE = 10


def _points(count: int, left: float, right: float) -> np.ndarray:
    return np.stack([np.linspace(left, right, count), np.full(count, 50.0)], 1).astype(np.float32)


def _ways(along: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(pictures, points, 2) px"""
    ways = np.zeros((len(along), count, 2))
    ways[..., 0] = along[:, None] + rng.normal(0, 0.05, (len(along), count))
    return ways


def test_the_car_goes_on_and_who_steps_aside_stands_again() -> None:
    rng = np.random.default_rng(5)
    since = np.maximum(TIMES, 0)
    steps = np.clip(since / 0.35, 0, 1)
    people, car = 30, 12
    ways = np.concatenate(
        [_ways(60 * (3 * steps**2 - 2 * steps**3), people, rng), _ways(200 * since**2, car, rng)], axis=1
    )
    points = np.concatenate([_points(people, 20, 280), _points(car, 40, 260)])
    sides = (slice(0, REFERENCE + 1), slice(REFERENCE, None))
    chosen = the_car(ways, points, AHEAD, sides, LENGTH_PX)
    assert chosen[people:].all()
    assert not chosen[:people].any()


def test_a_car_that_is_lost_on_its_way_is_still_the_car_if_nothing_goes_on() -> None:
    rng = np.random.default_rng(6)
    along = np.minimum(200 * np.maximum(TIMES, 0) ** 2, 30)
    chosen = the_car(
        _ways(along, 12, rng), _points(12, 40, 260), AHEAD, (slice(0, REFERENCE + 1), slice(REFERENCE, None)), LENGTH_PX
    )
    assert chosen.all()


def test_what_never_stands_is_not_the_car() -> None:
    rng = np.random.default_rng(7)
    chosen = the_car(
        _ways(100 * TIMES, 12, rng),
        _points(12, 40, 260),
        AHEAD,
        (slice(0, REFERENCE + 1), slice(REFERENCE, None)),
        LENGTH_PX,
    )
    assert not chosen.any()
