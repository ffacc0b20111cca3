"""Car numbers: read off vehicles where the optional reader is installed, digits alone, and voted along the track."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from workers.vision.tracks import Seen, Track

Reader = Callable[[NDArray[np.uint8]], Sequence[tuple[str, float]]]
"""The texts on an (H, W, 3) BGR picture, each with its score 0-1."""

VEHICLE = "vehicle"
_PACKAGE = "rapidocr"
# A crop needs no large picture: a tenth of a second on one core, where its defaults take two.
_SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Det.limit_side_len": 320,
    "Det.limit_type": "max",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_LEAST_PX = 40
_MOST_DIGITS = 3
_LEAST_SCORE = 0.5
_LEAST_VOTES = 3
_LEAST_SHARE = 0.6
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class CarNumber:
    """What is offered for a track; the operator's own entry stands above it."""

    track: int
    number: str
    share: float
    """Of all votes, weighed by their scores."""
    votes: int

    def as_json(self) -> dict[str, object]:
        return {"track": self.track, "number": self.number, "share": round(self.share, 3), "votes": self.votes}


def installed_reader() -> Reader | None:
    """RapidOCR's; None where it is not installed."""
    if find_spec(_PACKAGE) is None:
        return None
    engine = importlib.import_module(_PACKAGE).RapidOCR(params=_SETTINGS)

    def read(picture: NDArray[np.uint8]) -> Sequence[tuple[str, float]]:
        found = engine(picture)
        return list(zip(found.txts or (), map(float, found.scores or ()), strict=True))

    return read


def numbers_on(
    read: Reader, picture: NDArray[np.uint8], boxes: NDArray[np.float32], chosen: Sequence[int]
) -> tuple[tuple[int, str, float], ...]:
    """(place among the boxes, digits, score) of what is read on the largest of the chosen boxes."""
    found: list[tuple[int, str, float]] = []
    large_first = sorted(chosen, key=lambda place: -float(np.prod(boxes[place][2:] - boxes[place][:2])))
    for place in large_first[:_AT_ONCE]:
        left, top, right, bottom = (max(0, round(float(edge))) for edge in boxes[place])
        crop = picture[top:bottom, left:right]
        if min(crop.shape[:2]) < _LEAST_PX:
            continue
        for text, score in read(np.ascontiguousarray(crop)):
            digits = text.strip().lstrip("#")
            if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS and score >= _LEAST_SCORE:
                found.append((place, digits, round(score, 3)))
    return tuple(found)


def voted(seen: Sequence[Seen], tracks: Sequence[Track], kind: int) -> tuple[CarNumber, ...]:
    """One number a track of this class at most: three votes, and three in five of their weight."""
    read = {one.number: one for one in seen if one.texts}
    offers = []
    for track in tracks:
        if track.kind != kind:
            continue
        weights: dict[str, list[float]] = defaultdict(list)
        for number, box in zip(track.numbers, track.boxes, strict=True):
            one = read.get(number)
            for place, digits, score in one.texts if one is not None else ():
                if np.array_equal(one.boxes[place], box):  # type: ignore[union-attr]
                    weights[digits].append(score)
        if not weights:
            continue
        best = max(weights, key=lambda digits: sum(weights[digits]))
        share = sum(weights[best]) / sum(sum(scores) for scores in weights.values())
        if len(weights[best]) >= _LEAST_VOTES and share >= _LEAST_SHARE:
            offers.append(CarNumber(track.id, best, share, len(weights[best])))
    return tuple(offers)
