"""A car's place to hundredths of a pixel, though half of what surrounds its corners stands still."""

import cv2
import numpy as np
import pytest

from workers.vision.stop_timing.aligning import displaced
from workers.vision.stop_timing.motions import Motions, common_motions
from workers.vision.stop_timing.registering import registered

WIDTH, HEIGHT = 320, 150
LEFT, TOP, LONG, TALL = 90, 60, 150, 34
WAYS_PX = np.array([0, 0, 0.1, 0.3, 0.6, 1.0, 1.6, 2.4, 4, 6, 9, 12, 16, 20])
TIMES = np.arange(len(WAYS_PX)) * 0.02
STILL = Motions(np.zeros(2), np.zeros((len(WAYS_PX), 4)), np.zeros((len(WAYS_PX), 4)))


def _rough(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    layers = [cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), px) for px in (2, 5)]
    return np.asarray(sum(layer / layer.std() for layer in layers) * 25 + 120, np.float32)


def _pictures(down_px: np.ndarray | None = None, brighter: float = 0.0) -> list[np.ndarray]:
    """A low car before a wall goes right (and down), and somebody stands before it."""
    rng = np.random.default_rng(4)
    wall, car, person = _rough(rng, HEIGHT, WIDTH), _rough(rng, TALL, LONG), _rough(rng, 60, 18)
    pictures = []
    for place, way in enumerate(WAYS_PX):
        goes = np.array([[1, 0, LEFT + way], [0, 1, TOP + (0 if down_px is None else down_px[place])]])
        moved, cover = (cv2.warpAffine(layer, goes, (WIDTH, HEIGHT)) for layer in (car, np.ones_like(car)))
        canvas = wall * (1 - cover) + moved * cover
        canvas[50:110, 150:168] = person
        noisy = canvas * (1 + brighter * place) + rng.normal(0, 2, canvas.shape)
        pictures.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return pictures


def _box() -> np.ndarray:
    box = np.zeros((HEIGHT, WIDTH), bool)
    box[TOP - 12 : TOP + TALL + 12, LEFT - 25 : LEFT + LONG + 25] = True
    return box


def _guess(off_px: float) -> Motions:
    values = np.zeros((len(WAYS_PX), 4))
    values[:, 0] = WAYS_PX + off_px * np.sign(np.sin(np.arange(len(WAYS_PX))))
    return Motions(np.array([LEFT + LONG / 2, TOP + TALL / 2]), values, np.zeros_like(values))


@pytest.mark.parametrize("brighter", [0.0, 0.012])
def test_a_rough_guess_becomes_exact(brighter: float) -> None:
    found = registered(_pictures(brighter=brighter), 0, _box(), _guess(0.4), STILL)
    assert found is not None
    assert found.values[:, 0] == pytest.approx(WAYS_PX, abs=0.04)
    assert found.values[:, 2] == pytest.approx(np.zeros(len(WAYS_PX)), abs=1e-3)
    assert (found.errors[:, 0] < 0.06).all()


def test_where_nothing_moves_nothing_is_the_car_s() -> None:
    assert registered(_pictures()[:2] * 7, 0, _box(), _guess(0.0), STILL) is None


def test_jacks_lift_a_car_without_moving_it_along_a_lane_that_slopes_in_the_picture() -> None:
    slope = 0.15
    lift = np.where(np.arange(len(WAYS_PX)) < 5, -2.0 * np.sin(np.arange(len(WAYS_PX))), 0.0)
    ahead = np.array([1, slope], np.float32) / np.hypot(1, slope)
    pictures = _pictures(down_px=slope * WAYS_PX + lift)
    found = displaced(pictures, TIMES.tolist(), 0, _box(), ahead, stops=False, exactly=True)
    assert found is not None
    near = WAYS_PX < 10
    assert found.along_px[near] == pytest.approx(WAYS_PX[near] * np.hypot(1, slope), abs=0.12)


def test_motions_that_points_share_are_told_from_those_of_one() -> None:
    rng = np.random.default_rng(2)
    points = rng.uniform(0, 200, (20, 2)).astype(np.float32)
    true = Motions(points.mean(axis=0).astype(float), np.array([[3.0, -1.0, 0.01, 0.02]]), np.zeros((1, 4)))
    ways = true.at(points)
    ways[0, 7] += 5.0
    found = common_motions(ways, points, 6)
    assert found.values == pytest.approx(true.values, abs=1e-3)
    corners = np.concatenate([points, np.ones((20, 1))], 1)
    assert corners @ found.matrices()[0].T == pytest.approx(true.at(points)[0], abs=0.02)
