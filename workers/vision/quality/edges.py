"""Sharpness and motion blur, both from how wide the edges of a frame are."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.quality.sampling import Gray, Sample, coarse

_FINE_SIGMA, _BROAD_SIGMA = 0.8, 1.8
"""px: an edge is looked at through both, and the narrower it is the more the second weakens it."""
_FEWEST = 60
_SHARPEST = 35
"""Per cent: a frame is as sharp as the sharper third of its edges; background may be out of focus."""
_FINE_UP_TO_PX = 3.0
"""Wider edges are measured on the frame made smaller, where they are narrow again."""
_BINS = 12
_BIN_FEWEST = 25
_MOTION_FINE_UP_TO_PX = 7.0
_STILL_PX = 5.0
"""Shorter motion is not told from the frame's own content, so no direction is given."""


@dataclass(frozen=True, slots=True)
class Blur:
    """blur_px: standard deviation of the blur of the sharper edges. motion_px: how far the picture moved meanwhile."""

    sharpness: float
    blur_px: float | None
    motion: float
    motion_px: float | None
    motion_direction_deg: float | None
    """0-180, counter-clockwise from the right of the frame; None while it is shorter than what content looks like."""


@dataclass(frozen=True, slots=True)
class _Edges:
    width2: NDArray[np.float32]
    """(n,) px²: variance of each edge's blur with that of the finer filter."""
    angle: NDArray[np.float32]
    """(n,) radians: across the edge, y downwards."""


def blur_of(frame: Sample, image: NDArray[np.uint8]) -> Blur:
    """An edge's width from the ratio of its gradients under two Gaussian filters (Zhuo and Sim 2011, "Defocus map
    estimation from a single image"), so that what the frame shows hardly matters.

    The width against the edge's direction is a cosine of twice the angle where the frame moved: its variance along the
    motion is greater by L²/12, that of a box of the length L. Score 100 / (1 + (width / 2.4 px)²), likewise 8 px for L.
    A frame without edges has no sharpness: 0, and is not said to have moved. image: (H, W, 3) uint8 BGR, the sample's.
    """
    fine = _edges(frame.detailed, frame.seam_px)
    width = _width(fine, 1)
    length, direction = _motion(fine, 1)
    if width is None or width > _FINE_UP_TO_PX or length is None or length > _MOTION_FINE_UP_TO_PX:
        smaller, by = coarse(image)
        broad = _edges(smaller, 0)
        if width is None or width > _FINE_UP_TO_PX:
            width = max((found for found in (width, _width(broad, by)) if found is not None), default=None)
        if length is None or length > _MOTION_FINE_UP_TO_PX:
            broad_length, broad_direction = _motion(broad, by)
            if broad_length is not None and (length is None or broad_length > length):
                length, direction = broad_length, broad_direction
    return Blur(
        sharpness=0.0 if width is None else 100 / (1 + (width / 2.4) ** 2),
        blur_px=None if width is None else math.sqrt(max(width**2 - _FINE_SIGMA**2, 0.0)),
        motion=100.0 if length is None else 100 / (1 + (length / 8) ** 2),
        motion_px=length,
        motion_direction_deg=direction if length is not None and length >= _STILL_PX else None,
    )


def _edges(gray: Gray, seam_px: int) -> _Edges:
    image = gray.astype(np.float32)
    dx, dy = _gradient(image, _FINE_SIGMA)
    strength = cv2.magnitude(dx, dy)
    least = max(1.5, 0.4 * float(np.percentile(strength[::4, ::4], 90)))
    # Canny keeps one pixel across each edge, where its gradient is greatest; it wants whole numbers.
    found = cv2.Canny(
        (dx * 64).astype(np.int16), (dy * 64).astype(np.int16), least * 64 * 0.6, least * 64, L2gradient=True
    )
    margin = 5
    found[:margin] = found[-margin:] = 0
    found[:, :margin] = found[:, -margin:] = 0
    if seam_px:
        for start in range(0, gray.shape[0], seam_px):
            found[max(start - margin, 0) : start + margin] = 0
        for start in range(0, gray.shape[1], seam_px):
            found[:, max(start - margin, 0) : start + margin] = 0
    at = found > 0
    broad_dx, broad_dy = _gradient(image, _BROAD_SIGMA)
    weakened = np.hypot(broad_dx[at], broad_dy[at])
    ratio2 = np.maximum((strength[at] / np.maximum(weakened, 1e-3)) ** 2, 1.002)
    width2 = (_BROAD_SIGMA**2 - _FINE_SIGMA**2) / (ratio2 - 1)
    return _Edges(width2.astype(np.float32), np.arctan2(dy[at], dx[at]).astype(np.float32))


def _gradient(image: NDArray[np.float32], sigma_px: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Levels a px along x and y, of the image under a Gaussian."""
    smooth = cv2.GaussianBlur(image, (0, 0), sigma_px)
    dx = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 32)
    dy = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(dx, np.float32), np.asarray(dy, np.float32)


def _width(edges: _Edges, by: int) -> float | None:
    """px of the frame."""
    if edges.width2.size < _FEWEST:
        return None
    return math.sqrt(float(np.percentile(edges.width2, _SHARPEST))) * by


def _motion(edges: _Edges, by: int) -> tuple[float | None, float | None]:
    """Length in px of the frame and direction in degrees; None where edges of too few directions were found."""
    number = np.minimum((edges.angle % np.pi) / (np.pi / _BINS), _BINS - 1).astype(np.intp)
    middles, widths, weights = [], [], []
    for place in range(_BINS):
        own = edges.width2[number == place]
        if own.size >= _BIN_FEWEST:
            middles.append((place + 0.5) * np.pi / _BINS)
            widths.append(float(np.percentile(own, 40)))
            weights.append(math.sqrt(min(own.size, 400)))
    if len(middles) < 5:
        return None, None
    angle, weight = np.array(middles), np.array(weights)
    terms = np.stack([np.ones_like(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=1)
    (_, cosine, sine), *_ = np.linalg.lstsq(terms * weight[:, None], np.array(widths) * weight, rcond=None)
    excess = 2 * math.hypot(cosine, sine)
    return math.sqrt(12 * excess) * by, math.degrees(-0.5 * math.atan2(sine, cosine)) % 180
