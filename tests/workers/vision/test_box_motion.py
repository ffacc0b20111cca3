"""What moves inside the box is seen while it moves; what shakes, flickers or moves outside is not."""

from collections.abc import Callable

import numpy as np
import pytest

from core.pit_box import PitBox
from workers.vision.box_motion import BoxMotion

WIDTH, HEIGHT = 320, 180
BOX = PitBox.from_rect(80, 45, 160, 90, WIDTH, HEIGHT)
FPS = 25
Picture = np.ndarray


def ground() -> Picture:
    """A street of soft spots, its brightness even."""
    spots = np.random.default_rng(3).uniform(60, 140, (HEIGHT // 12 + 1, WIDTH // 12 + 1))
    return np.asarray(spots.repeat(12, 0).repeat(12, 1)[:HEIGHT, :WIDTH])


def seen(picture_of: Callable[[int], Picture], count: int = 75, fps: float = FPS) -> list[bool]:
    noise, motion = np.random.default_rng(7), BoxMotion(BOX)
    pictures = [picture_of(number) + noise.normal(0, 3, (HEIGHT, WIDTH)) for number in range(count)]
    return [motion.moves(p.clip(0, 255).astype(np.uint8), number / fps) for number, p in enumerate(pictures)]


def with_car(number: int, first: int, last: int, y: int = 80, step: float = 4.0, level: int = 220) -> Picture:
    picture = ground()
    if first <= number:
        left = 90 + round(step * (min(number, last) - first))
        picture[y : y + 24, left : left + 40] = level
    return picture


def test_motion_is_seen_while_it_lasts_and_no_longer():
    moves = seen(lambda number: with_car(number, 20, 45))
    assert not any(moves[:20]), "it was still before"
    assert moves[21] and all(moves[21:46])
    assert not any(moves[45 + 10 :]), "a car that stands does not move"


@pytest.mark.parametrize("fps", [5, 60])
def test_the_camera_s_pace_does_not_matter(fps: int):
    first, last = fps, 2 * fps
    moves = seen(lambda number: with_car(number, first, last, step=100 / fps), 4 * fps, fps)
    assert not any(moves[:first]) and any(moves[first : first + max(2, fps // 8)]) and not any(moves[last + fps :])


def test_what_creeps_is_seen():
    moves = seen(lambda number: with_car(number, 25, 75, step=0.6))
    assert any(moves[25:])


@pytest.mark.parametrize(
    "picture_of",
    [
        pytest.param(lambda number: ground(), id="noise"),
        pytest.param(lambda number: ground() * (1.25 if number % 9 < 4 else 1.0), id="flickering light"),
        pytest.param(lambda number: ground() + 30.0 * (number > 30), id="a lamp goes on"),
        pytest.param(lambda number: np.roll(ground(), (number % 3 - 1, number % 2), (0, 1)), id="shake"),
        pytest.param(lambda number: with_car(number, 20, 45, y=5), id="outside the box"),
        pytest.param(lambda number: ground() if number != 30 else ground() * 0, id="one damaged picture"),
    ],
)
def test_what_is_no_motion_is_none(picture_of: Callable[[int], Picture]):
    assert not any(seen(picture_of))


def test_nothing_is_compared_across_a_pause():
    motion = BoxMotion(BOX)
    assert not motion.moves(ground().astype(np.uint8), 0.0)
    for number in range(4):
        assert not motion.moves(with_car(60, 20, 45).astype(np.uint8), 30.0 + number / FPS)
