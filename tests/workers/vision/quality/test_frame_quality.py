"""Each measure of frame quality follows what was done to the picture, whatever it shows."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import MediaUnreadable
from core.packs import find_pack, folders_of, problem_of
from core.paths import DataFolder
from workers.vision.quality import frame_quality
from workers.vision.quality.edges import blur_of
from workers.vision.quality.light import exposure_of, noise_of
from workers.vision.quality.sampling import read_bgr, sample


def a_picture(width: int = 640, height: int = 480) -> np.ndarray:
    """Cards at all angles on gray: sharp edges of every direction, and flat places between."""
    chance = np.random.default_rng(4)
    picture = np.full((height, width, 3), 110, np.uint8)
    for _ in range(width * height // 3500):
        centre = (int(chance.integers(width)), int(chance.integers(height)))
        card = cv2.boxPoints((centre, tuple(chance.integers(12, 50, 2).tolist()), float(chance.integers(180))))
        cv2.fillPoly(picture, [card.astype(np.int32)], chance.integers(40, 210, 3).tolist(), cv2.LINE_AA)
    return picture


PICTURE = a_picture()


def blurred(sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(PICTURE, (0, 0), sigma_px)


@pytest.mark.parametrize("sigma_px", [1.0, 2.0, 3.0, 5.0])
def test_the_blur_is_told_in_px(sigma_px):
    found = blur_of(sample(blurred(sigma_px)))
    assert found.blur_px == pytest.approx(sigma_px, rel=0.3)
    assert found.motion_direction_deg is None


def test_more_blur_is_a_lower_score_down_to_nothing():
    scores = [blur_of(sample(blurred(sigma))).sharpness for sigma in (0.3, 0.8, 1.5, 3, 6, 10)]
    assert scores == sorted(scores, reverse=True) and scores[0] > 80 and scores[-1] < 20
    empty = blur_of(sample(np.full((200, 300, 3), 90, np.uint8)))
    assert (empty.sharpness, empty.blur_px, empty.motion_px) == (0.0, None, None)


@pytest.mark.parametrize("angle_deg", [0, 30, 90, 150])
def test_motion_is_told_with_its_direction(angle_deg):
    length = 12
    kernel = np.zeros((25, 25), np.float32)
    along = np.array([np.cos(np.radians(angle_deg)), -np.sin(np.radians(angle_deg))]) * length / 2
    cv2.line(kernel, *((round(12 - s * along[0]), round(12 - s * along[1])) for s in (-1, 1)), 1)  # type: ignore[call-overload]
    found = blur_of(sample(np.asarray(cv2.filter2D(PICTURE, -1, kernel / kernel.sum()), np.uint8)))
    assert found.motion_direction_deg is not None
    assert abs((found.motion_direction_deg - angle_deg + 90) % 180 - 90) < 12
    assert found.motion_px is not None and 5 < found.motion_px < 25
    assert found.motion < blur_of(sample(PICTURE)).motion - 20


def test_light_is_told_in_stops_and_clipping_lowers_the_score():
    linear = (PICTURE / 255.0) ** 2.2

    def lit(stops: float) -> np.ndarray:
        return np.round(255 * np.clip(linear * 2.0**stops, 0, 1) ** (1 / 2.2)).astype(np.uint8)

    as_it_is = exposure_of(PICTURE)
    assert exposure_of(lit(-1)).ev == pytest.approx(as_it_is.ev - 1, abs=0.15)
    for side in (-1, 1):
        scores = [exposure_of(lit(side * stops)).exposure for stops in (0, 1, 2, 3)]
        assert scores == sorted(scores, reverse=True)
    assert exposure_of(lit(3)).clipped > 0.3


def test_noise_is_told_against_the_light_and_is_not_made_by_edges():
    chance = np.random.default_rng(1)

    def noisy(level: float) -> np.ndarray:
        return np.clip(PICTURE + chance.normal(0, level, PICTURE.shape), 0, 255).astype(np.uint8)

    clean = noise_of(sample(blurred(0.6)).flat)
    assert clean[0] > 95
    found = [noise_of(sample(noisy(level)).flat) for level in (2, 4, 8, 16)]
    scores = [score for score, _ in found]
    assert scores == sorted(scores, reverse=True)
    darker = noise_of((sample(noisy(8)).flat * 0.5).astype(np.uint8))
    assert darker[1] == pytest.approx(found[2][1], abs=1.5)


def test_a_large_frame_is_measured_by_its_tiles_like_a_small_one(tmp_path):
    large = np.asarray(cv2.GaussianBlur(a_picture(2400, 1800), (0, 0), 2.0), np.uint8)
    found = blur_of(sample(large))
    assert found.blur_px == pytest.approx(2.0, rel=0.3)


def test_the_best_frame_of_a_burst_is_told_and_its_answer_keeps_the_packs_schema(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_quality, "own_detector", lambda: None)
    paths = []
    for number, sigma_px in enumerate((4.0, 0.5, 2.0)):
        paths.append(str(tmp_path / f"burst-{number}.jpg"))
        cv2.imwrite(paths[-1], blurred(sigma_px))
    answer = frame_quality.answer_frame_quality(paths)
    assert (answer["best_frame"], answer["frames"]) == ("burst-1.jpg", 3)
    scores = answer["frame_scores"]
    assert isinstance(scores, list) and scores[1] == answer["quality"] == max(scores)
    assert answer["people"] is None and answer["notes"] == [
        "People and vehicles were not counted: there is no detector."
    ]
    assert problem_of(find_pack(folders_of(DataFolder(tmp_path)), "frame_quality"), answer) == ""
    colours = answer["dominant_colours"]
    assert isinstance(colours, list) and len(colours) == 5 and all(len(colour) == 7 for colour in colours)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (130, 129), (700, 1300)])
def test_a_frame_of_any_size_has_its_measures(size):
    for picture in (np.zeros((*size, 3), np.uint8), np.full((*size, 3), 255, np.uint8)):
        found = frame_quality.measure_image(picture)
        assert isinstance(found["quality"], float) and 0 <= found["quality"] <= 100


def test_half_a_jpeg_and_no_jpeg_are_told(tmp_path: Path):
    for content in (b"", b"no picture"):
        (tmp_path / "a.jpg").write_bytes(content)
        with pytest.raises(MediaUnreadable, match=r"a\.jpg"):
            read_bgr(tmp_path / "a.jpg")
    with pytest.raises(MediaUnreadable):
        read_bgr(tmp_path / "gone.jpg")
