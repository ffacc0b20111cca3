"""The answer of the pack frame_quality: the best of an asset's frames, and what its quality is made of."""

import math
from pathlib import Path

import cv2

from workers.vision.quality.contents import contents_of
from workers.vision.quality.edges import blur_of
from workers.vision.quality.light import dominant_colours, exposure_of, noise_of
from workers.vision.quality.sampling import read_bgr, sample

_WEIGHTS = {"sharpness": 0.4, "motion": 0.2, "exposure": 0.25, "noise": 0.15}


def quality_of(scores: dict[str, float]) -> float:
    """0-100: the weighted geometric mean, so that one bad measure can't be outweighed by good ones."""
    return math.exp(sum(weight * math.log(max(scores[name], 0.1)) for name, weight in _WEIGHTS.items()))


def measure(path: Path) -> dict[str, object]:
    """Every measure of one frame file. Raises MediaUnreadable."""
    image = read_bgr(path)
    frame = sample(image)
    blur, exposure = blur_of(frame, image), exposure_of(frame.small)
    noise, noise_levels = noise_of(frame.flat)
    scores = {
        "sharpness": blur.sharpness,
        "motion": blur.motion,
        "exposure": exposure.exposure,
        "noise": noise,
    }
    people, vehicles, notes = contents_of(image)
    return {
        "quality": _rounded(quality_of(scores)),
        **{name: _rounded(score) for name, score in scores.items()},
        "blur_px": _rounded(blur.blur_px),
        "motion_px": _rounded(blur.motion_px),
        "motion_direction_deg": _rounded(blur.motion_direction_deg, 0),
        "exposure_ev": _rounded(exposure.ev),
        "clipped_percent": _rounded(100 * exposure.clipped),
        "noise_levels": _rounded(noise_levels),
        "people": people,
        "vehicles": vehicles,
        "dominant_colours": dominant_colours(frame.small),
        "width": frame.width,
        "height": frame.height,
        "notes": notes,
    }


def answer_frame_quality(paths: list[str]) -> dict[str, object]:
    """In a computing child: all frames of one asset. The measures are those of its best frame."""
    cv2.setNumThreads(1)  # the other processor has a child of its own
    measured = [(Path(path), measure(Path(path))) for path in paths]
    path, best = max(measured, key=lambda one: _quality(one[1]))
    scores = [_quality(found) for _, found in measured]
    return {"best_frame": path.name, "frames": len(measured), "frame_scores": scores} | best


def _quality(found: dict[str, object]) -> float:
    value = found["quality"]
    assert isinstance(value, float)
    return value


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
