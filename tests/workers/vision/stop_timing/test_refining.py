"""From a rough instant to the fine one: it may be half a second off, and what is no car's motion is not timed."""

import numpy as np
import pytest

from tests.workers.vision.stop_timing.scene import HEIGHT, WIDTH, Drive, Scene, box
from workers.vision.stop_timing import refining
from workers.vision.stop_timing.aligning import Displacement
from workers.vision.stop_timing.view import View

LENGTH_PX = 300.0
TIMES = np.arange(-0.3, 0.4, 0.02)


def _found(along: np.ndarray) -> Displacement:
    small = np.full(len(TIMES), 0.02)
    return Displacement(TIMES, along, np.zeros(len(TIMES)), small)


def _way(acceleration: float) -> np.ndarray:
    t = np.maximum(TIMES, 0)
    late = np.maximum(t - 0.06, 0)
    return acceleration * (np.minimum(t, 0.06) ** 3 / 0.36 + 0.03 * late + late**2 / 2)


def test_a_release_is_found_though_the_rough_instant_is_off() -> None:
    drive = Drive(-1.0, 1.0)
    view = View.around(box(), WIDTH, HEIGHT)
    scene = Scene(paths=(drive,), seconds=2.4, fps=25)
    seen = [refining.Seen(t_s, view.of(picture)) for t_s, picture in scene.pictures()]
    for off_s in (0.05, -0.45, 0.5):
        instant = refining.instant(
            seen,
            drive.released_s + off_s,
            stops=False,
            direction=np.array([1, 0], np.float32),
            length_px=230.0 * view.scale,
            box=view.box_mask(),
        )
        assert instant is not None
        assert instant.t_s == pytest.approx(drive.released_s, abs=0.03)


def test_a_car_s_way_is_timed() -> None:
    instant = refining.fitted(_found(_way(400.0)), stops=False, length_px=LENGTH_PX)
    assert instant is not None
    assert instant.t_s == pytest.approx(0.0, abs=0.02)


def test_a_place_that_is_not_known_does_not_date_a_start() -> None:
    found = _found(_way(400.0))
    found.along_px[2], found.spread_px[2] = 6.0, 3.0
    instant = refining.fitted(found, stops=False, length_px=LENGTH_PX)
    assert instant is not None
    assert instant.t_s == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(
    "along",
    [
        pytest.param(_way(40.0), id="what is left of the shake"),
        pytest.param(_way(3000.0), id="a person who leaps"),
        pytest.param(np.where(np.abs(TIMES - 0.02) < 0.16, np.nan, _way(400.0)), id="hidden as it starts"),
    ],
)
def test_what_is_no_car_s_start_is_not_timed(along: np.ndarray) -> None:
    assert refining.fitted(_found(along), stops=False, length_px=LENGTH_PX) is None
