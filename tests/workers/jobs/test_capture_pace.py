"""The pace takes one picture for each place, whatever the camera's own rate, and notes what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.jobs.capture_pace import Continuity, Pace

MS = 1_000_000
START = 1_000_000 * MS


def taken(pace: Pace, times_ms: list[float], period_ms: float = 40) -> list[tuple[int, float]]:
    found = [(pace.take(START + int(at * MS), int(period_ms * MS)), at) for at in times_ms]
    return [(place, at) for place, at in found if place is not None]


@given(
    phase_ms=st.floats(-19.9, 20),
    jitter_ms=st.lists(st.floats(-9, 9), min_size=80, max_size=80),
    every=st.integers(1, 7),
)
def test_a_camera_at_a_multiple_of_the_pace_fills_every_place(phase_ms, jitter_ms, every):
    pace = Pace(START, every * 40 * MS, 10)
    times = [phase_ms + number * 40 + (jitter_ms[number] if number else 0) for number in range(80)]
    assert [place for place, _ in taken(pace, times)] == list(range(10))
    assert pace.complete


@given(camera_fps=st.floats(5, 60), fps=st.floats(0.6, 30))
def test_never_more_than_one_picture_a_place_and_never_out_of_turn(camera_fps, fps):
    pace = Pace(START, int(1e9 / fps), 20)
    found = taken(pace, [number * 1000 / camera_fps for number in range(2400)], 1000 / camera_fps)
    places = [place for place, _ in found]
    assert places == sorted(set(places)) and places[0] == 0
    if camera_fps > 2.1 * fps:
        assert places == list(range(20))
    for place, at in found:
        assert abs(at - place * 1000 / fps) < 1000 / fps + 1000 / camera_fps


def test_pictures_before_the_press_are_not_wanted():
    assert taken(Pace(START, None, 3), [-90, -50, -10, 30, 70]) == [(0, -10), (1, 30), (2, 70)]


def test_places_without_pictures_are_left_out():
    pace = Pace(START, 100 * MS, 10)
    assert [place for place, _ in taken(pace, [0, 100, 200, 650, 700, 5000])] == [0, 1, 2, 6, 7]
    assert pace.complete


@pytest.mark.parametrize(("next_ms", "told"), [(120, 0), (299, 0), (301, 1)])
def test_only_what_is_really_missing_is_a_gap(next_ms, told):
    continuity = Continuity("Pit_1", START)
    continuity.reach(START + next_ms * MS, 40 * MS, lambda: "lost")
    assert len(continuity.gaps) == told
    assert continuity.reached_ns == START + next_ms * MS


def test_a_slow_cameras_own_pauses_are_no_gaps():
    continuity = Continuity("Pit_1", START)
    continuity.reach(START + 2000 * MS, 1000 * MS, lambda: "lost")
    assert continuity.gaps == []
