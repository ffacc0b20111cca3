"""Tracks: detections of a clip's pictures joined over time, told apart by how they move and look. Pure functions."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.vision.boxes import covered, overlaps
from workers.vision.looks import likeness

Floats = NDArray[np.float32]

_NEAR_S = 1.0
_SAME_OVERLAP = 0.6
_SAME_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """What was detected in one picture."""

    number: int
    """The picture's, from 1."""
    at_s: float
    """Since the first picture, by PTS."""
    boxes: Floats
    """(N, 4) px: left, top, right, bottom."""
    scores: Floats
    classes: NDArray[np.int16]
    looks: NDArray[np.uint8]
    """(N, BINS): how each looks, as workers.vision.looks says it."""
    texts: tuple[tuple[int, str, float], ...] = ()
    """Numbers that were read: the place of the box, digits, score."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How detections become tracks."""

    high: float = 0.45
    """A track begins with a detection of this score, and half of its detections and `sure` at the least have it."""
    low: float = 0.25
    """A detection of this score goes on with a track that is there."""
    overlap: float = 0.2
    """Intersection over union with where the track is expected."""
    low_overlap: float = 0.65
    """The same for a detection below `high`."""
    patience_s: float = 1.2
    """How long a track is expected without a detection."""
    gap_s: float = 2.0
    """How long a gap may be over which a track is known again by its look."""
    alike: float = 0.75
    """The least likeness (0-1) of the looks on both sides of a gap."""
    sure: int = 3
    shortest_s: float = 0.3
    """A shorter track is noise."""


@dataclass(slots=True, eq=False)
class Piece:
    """One object without a longer gap."""

    kind: int
    numbers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    looks: list[NDArray[np.uint8]] = field(default_factory=list)

    def add(self, number: int, at_s: float, box: Floats, score: float, look: NDArray[np.uint8]) -> None:
        self.numbers.append(number)
        self.times.append(at_s)
        self.boxes.append(box)
        self.scores.append(score)
        self.looks.append(look)

    def expected(self, at_s: float) -> Floats:
        """The box at a time after its end or before its beginning, moved on as it moved there."""
        ahead = at_s >= self.times[-1]
        near = self._near(ahead)
        times, boxes = self.times[near], self.boxes[near]
        edge_s, edge = (times[-1], boxes[-1]) if ahead else (times[0], boxes[0])
        span_s = times[-1] - times[0]
        if span_s <= 0:
            return edge
        first, last = _centre(boxes[0]), _centre(boxes[-1])
        moved = (last - first) / span_s * (at_s - edge_s)
        return np.asarray(edge + np.tile(moved, 2), np.float32)

    def look(self, at_end: bool) -> NDArray[np.float32]:
        near = self.looks[self._near(at_end)]
        return np.asarray(np.mean(np.stack(near).astype(np.float32), 0), np.float32)

    def _near(self, at_end: bool) -> slice:
        """The places within `_NEAR_S` of its end, or of its beginning."""
        if at_end:
            return slice(bisect_left(self.times, self.times[-1] - _NEAR_S), None)
        return slice(0, bisect_right(self.times, self.times[0] + _NEAR_S))


class Step(NamedTuple):
    """A track in one picture."""

    number: int
    box: Floats
    score: float
    detected: bool


@dataclass(frozen=True, slots=True)
class Track:
    """One object through the clip, a box for every picture from its first to its last."""

    id: int
    kind: int
    numbers: tuple[int, ...]
    """Pictures in which it was detected."""
    times: tuple[float, ...]
    boxes: tuple[Floats, ...]
    scores: tuple[float, ...]

    @property
    def mean_score(self) -> float:
        return float(np.mean(self.scores))

    @property
    def frames(self) -> int:
        """Pictures from its first to its last."""
        return self.numbers[-1] - self.numbers[0] + 1

    def every(self) -> Iterator[Step]:
        """One for every picture; between two detections box and score lie between theirs."""
        for place, (number, box, score) in enumerate(zip(self.numbers, self.boxes, self.scores, strict=True)):
            yield Step(number, box, score, True)
            if place + 1 < len(self.numbers):
                later, to, score_to = self.numbers[place + 1], self.boxes[place + 1], self.scores[place + 1]
                for between in range(number + 1, later):
                    share = (between - number) / (later - number)
                    moved = np.asarray(box + (to - box) * share, np.float32)
                    yield Step(between, moved, score + (score_to - score) * share, False)


def joined(seen: Sequence[Seen], how: Joining) -> list[Track]:
    """The tracks of a clip, numbered from 1 by when they begin. A class is never joined with another."""
    pieces: list[Piece] = []
    for kind in sorted({int(kind) for one in seen for kind in one.classes}):
        of_kind = _pieces(seen, kind, how)
        pieces += _without_doubles(_linked([piece for piece in of_kind if _is_sure(piece, how)], how))
    pieces.sort(key=lambda piece: (piece.times[0], piece.numbers[-1]))
    return [
        Track(place + 1, p.kind, tuple(p.numbers), tuple(p.times), tuple(p.boxes), tuple(p.scores))
        for place, p in enumerate(pieces)
        if p.times[-1] - p.times[0] >= how.shortest_s
    ]


def _is_sure(piece: Piece, how: Joining) -> bool:
    return sum(score >= how.high for score in piece.scores) >= max(how.sure, len(piece.scores) / 2)


def _pieces(seen: Sequence[Seen], kind: int, how: Joining) -> list[Piece]:
    """SORT (Bewley 2016) over the sure detections, and over those unsure ones that lie where a track is expected."""
    from pyxtrackers import Sort

    step_s = float(np.median(np.diff([one.at_s for one in seen]))) if len(seen) > 1 else 1.0
    patience = max(1, round(how.patience_s / max(step_s, 1e-3)))
    tracker = Sort(max_age=patience, min_hits=1, iou_threshold=how.overlap)
    known: dict[int, Piece] = {}
    alive: dict[int, Piece] = {}
    for one in seen:
        chosen = np.flatnonzero((one.classes == kind) & (one.scores >= how.low))
        alive = {id: piece for id, piece in alive.items() if one.at_s - piece.times[-1] <= how.patience_s}
        near = list(alive.values())
        if near and len(chosen):
            expected = np.stack([piece.expected(one.at_s) for piece in near])
            is_near = overlaps(one.boxes[chosen], expected).max(1) >= how.low_overlap
            chosen = chosen[is_near | (one.scores[chosen] >= how.high)]
        else:
            chosen = chosen[one.scores[chosen] >= how.high]
        boxes, scores = one.boxes[chosen], one.scores[chosen]
        found = tracker.update(np.column_stack([boxes, scores]).astype(np.float64).reshape(-1, 5))
        for row in found:
            fit = overlaps(row[None, :4].astype(np.float32), boxes)[0]
            at = int(fit.argmax())
            piece = alive[int(row[4])] = known.setdefault(int(row[4]), Piece(kind))
            piece.add(one.number, one.at_s, boxes[at], float(scores[at]), one.looks[chosen[at]])
    return list(known.values())


def _linked(pieces: list[Piece], how: Joining) -> list[Piece]:
    """Pieces joined over gaps, the best fit first: near where the earlier one was going, and of the same look."""
    by_start = sorted(pieces, key=lambda piece: piece.times[0])
    starts = [piece.times[0] for piece in by_start]
    fits: list[tuple[float, Piece, Piece]] = []
    for earlier in pieces:
        end_s = earlier.times[-1]
        for later in by_start[bisect_right(starts, end_s) : bisect_right(starts, end_s + how.gap_s)]:
            fit = _fit(earlier, later, later.times[0] - end_s, how)
            if fit > 0:
                fits.append((fit, earlier, later))
    after: dict[int, Piece] = {}
    has_before: set[int] = set()
    for _, earlier, later in sorted(fits, key=lambda one: -one[0]):
        if id(earlier) not in after and id(later) not in has_before:
            after[id(earlier)] = later
            has_before.add(id(later))
    whole = [piece for piece in by_start if id(piece) not in has_before]
    for piece in whole:
        following = after.get(id(piece))
        while following is not None:
            for row in zip(
                following.numbers, following.times, following.boxes, following.scores, following.looks, strict=True
            ):
                piece.add(*row)
            following = after.get(id(following))
    return whole


def _fit(earlier: Piece, later: Piece, gap_s: float, how: Joining) -> float:
    """0 if the two can't be one; else larger the better they fit."""
    alike = likeness(earlier.look(True), later.look(False))
    if alike < how.alike:
        return 0.0
    size = float(np.sqrt(_area(earlier.boxes[-1]) * _area(later.boxes[0])) ** 0.5)
    ratio = _area(earlier.boxes[-1]) / max(_area(later.boxes[0]), 1.0)
    if not 0.3 < ratio < 3.3:
        return 0.0
    begin, end = _centre(later.boxes[0]), _centre(earlier.boxes[-1])
    # Expected from either side, and where it stood: the nearest of the three counts.
    misses = (
        _centre(earlier.expected(later.times[0])) - begin,
        _centre(later.expected(earlier.times[-1])) - end,
        begin - end,
    )
    miss = min(float(np.hypot(*gone)) for gone in misses) / max(size, 1.0)
    reach = 0.6 + 0.6 * gap_s
    return max(0.0, alike * (1 - miss / reach))


def _without_doubles(pieces: list[Piece]) -> list[Piece]:
    """Without those that follow a part of another object that is followed better."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: -sum(piece.scores)):
        first, last = piece.numbers[0], piece.numbers[-1]
        together = [other for other in kept if other.numbers[0] <= last and other.numbers[-1] >= first]
        boxes = dict(zip(piece.numbers, piece.boxes, strict=True))
        if not any(_is_double(boxes, other) for other in together):
            kept.append(piece)
    return kept


def _is_double(boxes: dict[int, Floats], other: Piece) -> bool:
    both = [(boxes[n], box) for n, box in zip(other.numbers, other.boxes, strict=True) if n in boxes]
    if len(both) < _SAME_SHARE * len(boxes):
        return False
    same = sum(
        float(overlaps(a[None], b[None])[0, 0]) >= _SAME_OVERLAP or float(covered(a[None], b[None])[0, 0]) >= 0.8
        for a, b in both
    )
    return same >= _SAME_SHARE * len(boxes)


def _centre(box: Floats) -> Floats:
    return np.asarray((box[:2] + box[2:]) / 2, np.float32)


def _area(box: Floats) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
