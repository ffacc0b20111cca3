"""What is a pit box, what is not, and how it comes to px."""

import pytest

from core.errors import UsageError
from core.pit_box import PitBox

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def test_a_box_scales_to_any_picture() -> None:
    assert PitBox(SQUARE).scaled(1280, 720)[2] == (960.0, 540.0)


def test_a_rectangle_in_px_becomes_fractions_and_back() -> None:
    box = PitBox.from_rect(320, 180, 640, 360, 1280, 720)
    assert box.points == SQUARE
    assert box.bounds == (0.25, 0.25, 0.75, 0.75)
    assert box.area == pytest.approx(0.25)


def test_what_stands_out_of_the_picture_is_cut_off() -> None:
    assert PitBox.from_rect(-100, 0, 740, 9999, 1280, 720).bounds == (0.0, 0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (SQUARE[:2], "3 to 12"),
        (tuple((i / 20, (i % 2) / 2) for i in range(13)), "3 to 12"),
        ((*SQUARE[:3], (0.5, 1.01)), "outside"),
        ((*SQUARE[:3], (0.5, float("nan"))), "outside"),
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), "cross"),
        ((SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[3]), "cross"),
        ((SQUARE[0], (0.5, 0.5), SQUARE[2]), "small"),
    ],
)
def test_what_is_no_box_is_refused_with_the_reason(points: tuple[tuple[float, float], ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        PitBox(points)


@pytest.mark.parametrize("rect", [(0, 0, 0, 10), (0, 0, 10, -1), (2000, 0, 10, 10)])
def test_a_rectangle_without_an_inside_is_refused(rect: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError):
        PitBox.from_rect(*rect, 1280, 720)


def test_a_corner_that_is_no_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="pair"):
        PitBox.from_points([[0.1, 0.2, 0.3], [0.5, 0.5], [0.1, 0.9]])


def test_inside_and_outside_are_told_apart_in_a_box_with_a_bay() -> None:
    bay = PitBox(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.3), (0.0, 1.0)))
    assert bay.contains(0.1, 0.5)
    assert not bay.contains(0.5, 0.6)
