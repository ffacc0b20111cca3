"""Boxes (left, top, right, bottom): how much they overlap, and which of several on one object is kept."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PART = 0.2


def areas(boxes: Floats) -> Floats:
    """(N,) of (N, 4); a box turned inside out has none."""
    return np.asarray(np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0), np.float32)


def overlaps(one: Floats, other: Floats) -> Floats:
    """(N, M): intersection over union of each with each."""
    shared = _shared(one, other)
    union = areas(one)[:, None] + areas(other)[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def covered(one: Floats, other: Floats) -> Floats:
    """(N, M): the share of each of `one` that lies in each of `other`."""
    return np.asarray(_shared(one, other) / np.maximum(areas(one), 1e-9)[:, None], np.float32)


def _shared(one: Floats, other: Floats) -> Floats:
    corner = np.maximum(one[:, None, :2], other[None, :, :2])
    size = np.maximum(np.minimum(one[:, None, 2:], other[None, :, 2:]) - corner, 0)
    return np.asarray(size[..., 0] * size[..., 1], np.float32)


def suppressed(
    boxes: Floats, scores: Floats, classes: NDArray[np.int16], overlap: float, inside: float
) -> NDArray[np.intp]:
    """The places of those kept, best first.

    One goes that overlaps a better one, of whatever class, by more than `overlap`; or that is a part of a better one of
    its class, or has it for a part: not much smaller, and a share of more than `inside` lies in the other.
    """
    order = np.argsort(-scores, kind="stable")
    over = overlaps(boxes, boxes) > overlap
    size = np.maximum(areas(boxes), 1e-9)
    is_part = (covered(boxes, boxes) > inside) & (size[:, None] > _PART * size[None])
    out = over | ((is_part | is_part.T) & (classes[:, None] == classes[None]))
    kept: list[int] = []
    gone = np.zeros(len(boxes), bool)
    for place in order:
        if not gone[place]:
            kept.append(int(place))
            gone |= out[place]
    return np.array(kept, np.intp)
