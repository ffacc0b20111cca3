"""Detections become tracks: by motion, over gaps by look, never across classes; noise and parts become none."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from workers.vision.boxes import suppressed
from workers.vision.looks import BINS, likeness, looks_of
from workers.vision.tracks import Joining, Seen, Track, joined

RED, BLUE = np.zeros(BINS, np.uint8), np.zeros(BINS, np.uint8)
RED[0], BLUE[40] = 255, 255
One = tuple[float, float, float, int, np.ndarray]
"""left, top, score, class, look"""


def seen(number: int, objects: Iterable[One], fps: float = 25.0) -> Seen:
    rows = list(objects)
    boxes = np.array([[x, y, x + 20, y + 50] for x, y, *_ in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[2] for row in rows], np.float32)
    classes = np.array([row[3] for row in rows], np.int16)
    looks = np.array([row[4] for row in rows], np.uint8).reshape(-1, BINS)
    return Seen(number, (number - 1) / fps, boxes, scores, classes, looks)


def film(frames: int, at: Callable[[int], Iterable[One]], step: int = 1) -> list[Seen]:
    return [seen(number, at(number)) for number in range(1, frames + 1, step)]


def test_an_object_that_moves_is_one_track_and_is_there_between_two_detections():
    [track] = joined(film(60, lambda n: [(3 * n, 100, 0.6, 0, RED)], step=2), Joining())
    steps = list(track.every())
    assert [step.number for step in steps] == list(range(1, 60))
    assert steps[10].box.tolist() == pytest.approx([33, 100, 53, 150]) and steps[10].detected
    assert steps[11].box[0] == pytest.approx(36, abs=0.5) and not steps[11].detected
    assert track.mean_score == pytest.approx(0.6)


def test_two_that_pass_each_other_keep_their_ids():
    tracks = joined(film(80, lambda n: [(4 * n, 100, 0.6, 0, RED), (330 - 4 * n, 130, 0.6, 0, BLUE)]), Joining())
    assert len(tracks) == 2
    assert all(abs(track.boxes[-1][0] - track.boxes[0][0]) > 250 for track in tracks)


def test_over_a_gap_it_is_known_again_by_its_look_alone():
    def hidden(look_after: np.ndarray) -> list[Track]:
        def at(n: int) -> list[One]:
            if n <= 30:
                return [(4 * n, 100, 0.6, 0, RED)]
            return [(4 * n, 100, 0.6, 0, look_after)] if n > 70 else []

        return joined(film(100, at), Joining())

    assert len(hidden(RED)) == 1
    assert len(hidden(BLUE)) == 2


def test_a_detection_that_is_unsure_goes_on_with_a_track_and_begins_none():
    def at(n: int) -> list[One]:
        return [(3 * n, 100, 0.3 if 20 < n < 30 else 0.6, 0, RED), (500, 300, 0.3, 0, BLUE)]

    [track] = joined(film(50, at), Joining())
    assert track.numbers == tuple(range(1, 51))


def test_what_is_only_now_and_then_sure_is_noise():
    assert joined(film(50, lambda n: [(500, 300, 0.6 if n % 5 == 0 else 0.3, 0, BLUE)]), Joining()) == []


def test_a_class_is_never_joined_with_another():
    tracks = joined(film(40, lambda n: [(3 * n, 100, 0.6, 0 if n <= 20 else 1, RED)]), Joining())
    assert sorted(track.kind for track in tracks) == [0, 1]


def test_nothing_seen_is_no_track():
    assert joined([], Joining()) == []
    assert joined(film(20, lambda n: []), Joining()) == []


def test_one_object_in_a_class_or_in_two_is_kept_once():
    boxes = np.array([[0, 0, 20, 50], [1, 0, 21, 50], [0, 0, 20, 25], [100, 0, 120, 50]], np.float32)
    scores, classes = np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([0, 1, 0, 0], np.int16)
    assert suppressed(boxes, scores, classes, 0.5, 0.65).tolist() == [0, 3]
    # Somebody in front of a car is no part of it.
    assert suppressed(boxes[[0, 2]], scores[:2], np.array([1, 0], np.int16), 0.6, 0.65).tolist() == [0, 1]


def test_looks_tell_colours_apart_and_upper_from_lower_half():
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:50, :100], picture[50:, :100] = (0, 0, 255), (255, 0, 0)
    picture[:50, 100:], picture[50:, 100:] = (255, 0, 0), (0, 0, 255)
    boxes = np.array([[0, 0, 90, 100], [5, 0, 95, 100], [105, 0, 195, 100], [0, 0, 1, 1]], np.float32)
    found = looks_of(picture, boxes).astype(np.float32)
    assert likeness(found[0], found[1]) > 0.95
    assert likeness(found[0], found[2]) < 0.1
    assert not found[3].any()
