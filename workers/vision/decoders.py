"""Decoders: what a detector's output tensors mean. Pure functions on arrays, one a family of models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LARGEST_EXPONENT = 12.0
_YOLOX_STRIDES = (8, 16, 32)


class Raw(NamedTuple):
    """What one input picture holds, in px of the input, before any suppression."""

    boxes: Floats
    """(N, 4): left, top, right, bottom."""
    scores: Floats
    """(N,), 0-1."""
    labels: NDArray[np.intp]
    """(N,): the place in the model's list of labels."""


class BadTensors(Exception):
    """The outputs are not those of this decoder; the text says which shapes came and which were expected."""


@dataclass(frozen=True, slots=True)
class Input:
    """The model's input picture, px."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Anchors:
    """How an SSD lays out its default boxes (Liu 2016; TensorFlow's multiple_grid_anchor_generator)."""

    maps: tuple[int, ...] = (19, 10, 5, 3, 2, 1)
    smallest: float = 0.2
    largest: float = 0.95
    ratios: tuple[float, ...] = (1.0, 2.0, 0.5, 3.0, 0.3333)
    few_in_first: bool = True
    background: int | None = 0
    """The label that means nothing is there."""

    def boxes(self) -> Floats:
        """(N, 4): centre x and y, width, height as fractions of the input."""
        scales = [*np.linspace(self.smallest, self.largest, len(self.maps)).tolist(), 1.0]
        laid = []
        for level, cells in enumerate(self.maps):
            shapes = [(scales[level], ratio) for ratio in self.ratios]
            shapes.append((float(np.sqrt(scales[level] * scales[level + 1])), 1.0))
            if level == 0 and self.few_in_first:
                shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
            centres = (np.arange(cells) + 0.5) / cells
            y, x = np.meshgrid(centres, centres, indexing="ij")
            for_each = [
                np.stack([x, y, np.full_like(x, s * r**0.5), np.full_like(x, s / r**0.5)], -1) for s, r in shapes
            ]
            laid.append(np.stack(for_each, 2).reshape(-1, 4))
        return np.concatenate(laid).astype(np.float32)


def ssd(outputs: Sequence[Floats], shape: Input, floor: float, anchors: Anchors) -> Raw:
    """Two outputs in any order: (1, N, 4) offsets ty tx th tw with variances 10 and 5, and (1, N, C) logits."""
    laid = _laid(anchors)
    offsets = [out[0] for out in outputs if out.ndim == 3 and out.shape[1:] == (len(laid), 4)]
    logits = [out[0] for out in outputs if out.ndim == 3 and out.shape[1] == len(laid) and out.shape[2] != 4]
    if not offsets or not logits:
        raise _unlike(outputs, f"(1, {len(laid)}, 4) and (1, {len(laid)}, labels)")
    scores = _sigmoid(logits[0])
    if anchors.background is not None:
        scores[:, anchors.background] = 0.0
    kept, best, labels = _best(scores, floor)
    box, anchor = offsets[0][kept], laid[kept]
    centre = box[:, [1, 0]] / 10 * anchor[:, 2:] + anchor[:, :2]
    size = np.exp(np.minimum(box[:, [3, 2]] / 5, _LARGEST_EXPONENT)) * anchor[:, 2:]
    return Raw(_corners(centre, size) * _scale(shape), best, labels)


@cache
def _laid(anchors: Anchors) -> Floats:
    return anchors.boxes()


def centernet(outputs: Sequence[Floats], shape: Input, floor: float) -> Raw:
    """Heat map (1, C, h, w) of probabilities, sizes and offsets (1, 2, h, w) in cells, in this order (Zhou 2019).

    A peak is a cell that no neighbour tops.
    """
    if len(outputs) < 3 or any(out.ndim != 4 or out.shape[0] != 1 for out in outputs[:3]):
        raise _unlike(outputs, "(1, labels, h, w), (1, 2, h, w), (1, 2, h, w)")
    heat, sizes, shifts = (out[0] for out in outputs[:3])
    if sizes.shape != (2, *heat.shape[1:]) or shifts.shape != sizes.shape:
        raise _unlike(outputs, "(1, labels, h, w), (1, 2, h, w), (1, 2, h, w)")
    rows, columns = heat.shape[1:]
    padded = np.pad(heat, ((0, 0), (1, 1), (1, 1)), constant_values=-1.0)
    around = [padded[:, y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    labels, y, x = np.nonzero((heat >= np.maximum.reduce(around)) & (heat >= floor))
    centre = np.stack([x + shifts[0, y, x], y + shifts[1, y, x]], 1)
    size = np.stack([sizes[0, y, x], sizes[1, y, x]], 1)
    cell = np.array([shape.width / columns, shape.height / rows] * 2, np.float32)
    return Raw((_corners(centre, size) * cell).astype(np.float32), heat[labels, y, x], labels)


def yolox(outputs: Sequence[Floats], shape: Input, floor: float) -> Raw:
    """(1, N, 5 + C): centre and log size by grid cell at strides 8, 16, 32, the object's and labels' probabilities.

    Ge 2021, exported without decoding.
    """
    grids = [(shape.height // stride, shape.width // stride, stride) for stride in _YOLOX_STRIDES]
    number = sum(rows * columns for rows, columns, _ in grids)
    if len(outputs) != 1 or outputs[0].ndim != 3 or outputs[0].shape[1] != number or outputs[0].shape[2] < 6:
        raise _unlike(outputs, f"(1, {number}, 5 + labels)")
    found = outputs[0][0]
    kept, best, labels = _best(found[:, 4:5] * found[:, 5:], floor)
    cells = [np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1).reshape(-1, 2) for h, w, _ in grids]
    strides = np.concatenate([np.full(h * w, stride, np.float32) for h, w, stride in grids])[kept, None]
    centre = (found[kept, :2] + np.concatenate(cells)[kept]) * strides
    size = np.exp(np.minimum(found[kept, 2:4], _LARGEST_EXPONENT)) * strides
    return Raw(_corners(centre, size), best, labels)


def yolov8(outputs: Sequence[Floats], shape: Input, floor: float) -> Raw:
    """(1, 4 + C, N): centre, size in px of the input, and labels' probabilities."""
    if not outputs or outputs[0].ndim != 3 or outputs[0].shape[1] < 5:
        raise _unlike(outputs, "(1, 4 + labels, N)")
    found = outputs[0][0].T
    kept, best, labels = _best(found[:, 4:], floor)
    return Raw(_corners(found[kept, :2], found[kept, 2:4]), best, labels)


def end2end(outputs: Sequence[Floats], shape: Input, floor: float) -> Raw:
    """Suppressed inside the model: (1, N, 6) of corners in px, score, label; or (N, 7) with the picture's number first
    and the label before the score; or four outputs: count, corners, scores, labels."""
    if len(outputs) == 4 and outputs[1].ndim == 3 and outputs[1].shape[2] == 4:
        count = int(np.asarray(outputs[0]).reshape(-1)[0])
        boxes, scores, labels = outputs[1][0, :count], outputs[2][0, :count], outputs[3][0, :count]
    elif len(outputs) == 1 and outputs[0].ndim == 3 and outputs[0].shape[2] == 6:
        found = outputs[0][0]
        boxes, scores, labels = found[:, :4], found[:, 4], found[:, 5]
    elif len(outputs) == 1 and outputs[0].ndim == 2 and outputs[0].shape[1] == 7:
        found = outputs[0][outputs[0][:, 0] == 0]
        boxes, scores, labels = found[:, 1:5], found[:, 6], found[:, 5]
    else:
        raise _unlike(outputs, "(1, N, 6), (N, 7), or count, (1, N, 4), (1, N), (1, N)")
    kept = scores >= floor
    return Raw(boxes[kept].astype(np.float32), scores[kept].astype(np.float32), labels[kept].astype(np.intp))


Decoder = Callable[[Sequence[Floats], Input, float], Raw]
PLAIN: Mapping[str, Decoder] = {"centernet": centernet, "yolox": yolox, "yolov8": yolov8, "end2end": end2end}
"""Those that need nothing but the tensors."""
NAMES = ("ssd", *PLAIN)


def _best(scores: Floats, floor: float) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Rows whose best label reaches the floor: their places, that score, that label."""
    labels = scores.argmax(1)
    best = scores[np.arange(len(scores)), labels]
    kept = np.flatnonzero(best >= floor)
    return kept, best[kept].astype(np.float32), labels[kept]


def _corners(centre: Floats, size: Floats) -> Floats:
    return np.concatenate([centre - size / 2, centre + size / 2], 1).astype(np.float32)


def _scale(shape: Input) -> Floats:
    return np.array([shape.width, shape.height] * 2, np.float32)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def _unlike(outputs: Sequence[Floats], wanted: str) -> BadTensors:
    came = ", ".join(str(tuple(out.shape)) for out in outputs) or "none"
    return BadTensors(f"its outputs are {came}; this decoder reads {wanted}")
