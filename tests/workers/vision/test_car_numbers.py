"""A car's number is read in digits, voted along its track, and offered only where the votes agree."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.workers.vision.tiny_model import SIDECAR, save_clip, save_tiny, walking
from workers.vision.car_numbers import numbers_on, voted
from workers.vision.detector_models import read_model
from workers.vision.looks import BINS
from workers.vision.tracking import TrackSettings, track_clip
from workers.vision.tracks import Joining, Seen, joined

BOXES = np.array([[0, 0, 60, 60], [100, 0, 200, 80], [300, 0, 310, 80]], np.float32)
PICTURE = np.zeros((100, 400, 3), np.uint8)


def test_only_digits_of_a_number_s_length_are_taken_and_small_cars_are_not_read():
    asked: list[tuple[int, ...]] = []

    def read(crop: np.ndarray) -> Sequence[tuple[str, float]]:
        asked.append(crop.shape)
        return [("44", 0.9), ("#7 ", 0.8), ("F1", 0.9), ("2026", 0.9), ("63", 0.2), ("٤٤", 0.9)]

    found = numbers_on(read, PICTURE, BOXES, [0, 1, 2])
    assert found == ((1, "44", 0.9), (1, "7", 0.8), (0, "44", 0.9), (0, "7", 0.8))
    assert asked == [(80, 100, 3), (60, 60, 3)]


def seen_with(texts: Sequence[str]) -> list[Seen]:
    """One vehicle that stands; each text is what was read in a picture, '' nothing."""
    box, score, kind = np.array([[0, 0, 60, 60]], np.float32), np.array([0.6], np.float32), np.array([1], np.int16)
    look = np.full((1, BINS), 9, np.uint8)
    return [
        Seen(place + 1, place / 10, box, score, kind, look, ((0, text, 0.8),) if text else ())
        for place, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "texts, offered",
    [
        (["44", "44", "", "44", "4", ""], ("44", 3)),
        (["44", "44", "", "", "", ""], None),
        (["44", "4", "44", "4", "44", "4"], None),
        ([""] * 6, None),
    ],
    ids=["most agree", "too few", "in doubt", "nothing read"],
)
def test_a_number_is_offered_where_three_votes_and_three_in_five_agree(
    texts: list[str], offered: tuple[str, int] | None
):
    seen = seen_with(texts)
    offers = voted(seen, joined(seen, Joining()), kind=1)
    assert [(offer.number, offer.votes) for offer in offers] == ([offered] if offered else [])
    assert voted(seen, joined(seen, Joining()), kind=0) == ()


def test_a_tracking_offers_the_number_and_keeps_its_votes_over_a_restart(tmp_path: Path):
    model = read_model(save_tiny(tmp_path, sidecar=SIDECAR.replace("square", "car")))
    clip, kept = save_clip(tmp_path / "clip.mp4", 16, walking), tmp_path / "kept.jsonl"

    def how(limit: int | None) -> TrackSettings:
        return TrackSettings(tiles=False, detect_every=1, limit=limit, read=lambda crop: [("27", 0.9)])

    track_clip(clip, model, how(8), checkpoint=kept, threads=1)
    [offer] = track_clip(clip, model, how(None), checkpoint=kept, threads=1).car_numbers
    assert offer.as_json() == {"track": 1, "number": "27", "share": 1.0, "votes": 4}
