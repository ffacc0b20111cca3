"""Exposure, noise and the colours that a frame is made of."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.quality.sampling import Gray

_MIDDLE_GRAY = 0.18
_BLACK, _WHITE = 3, 252
_COLOURS = 5
_COLOUR_PIXELS = 2000
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class Exposure:
    """ev: stops that the frame lies above (+) or below (-) middle gray. clipped: share that is black or white."""

    exposure: float
    ev: float
    clipped: float


def exposure_of(small: NDArray[np.uint8]) -> Exposure:
    """small: (H, W, 3) uint8 BGR.

    The frame's key is the mean of the logarithm of its light (Reinhard 2002, "Photographic tone reproduction"), its
    distance from 18 % gray in stops. Score 100 · exp(-(ev / 2.2)²) · (1 - white - black / 2), shares of clipped pixels.
    """
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    linear = (np.arange(256, dtype=np.float64) / 255) ** 2.2
    number = np.bincount(gray.ravel(), minlength=256) / gray.size
    key = math.exp(float(number @ np.log(linear + 1e-4)))
    ev = math.log2(key / _MIDDLE_GRAY)
    black, white = float(number[:_BLACK].sum()), float(number[_WHITE + 1 :].sum())
    score = 100 * math.exp(-((ev / 2.2) ** 2)) * (1 - white - black / 2)
    return Exposure(score, ev, black + white)


def noise_of(flat: Gray) -> tuple[float, float]:
    """flat: (n, h, w) uint8 tiles with few edges. Score and standard deviation in levels of 255.

    The mask of Immerkær 1996 ("Fast noise variance estimation") on each tile, the lower quartile of the tiles: what has
    structure after all only seems noisier. Score 100 / (1 + (σ / 8)²).
    """
    sigmas = []
    for tile in flat:
        height, width = tile.shape
        if min(height, width) < 8:
            continue
        inner = cv2.filter2D(tile.astype(np.float32), cv2.CV_32F, _NOISE)[1:-1, 1:-1]
        sigmas.append(math.sqrt(math.pi / 2) / 6 * float(np.abs(inner).mean()))
    sigma = float(np.percentile(sigmas, 25)) if sigmas else 0.0
    return 100 / (1 + (sigma / 8) ** 2), sigma


def dominant_colours(small: NDArray[np.uint8]) -> list[str]:
    """small: (H, W, 3) uint8 BGR. Up to five as #rrggbb, the most frequent first: k-means in CIELAB."""
    pixels = small.reshape(-1, 3)
    pixels = pixels[:: max(1, len(pixels) // _COLOUR_PIXELS)]
    lab = cv2.cvtColor(pixels[None], cv2.COLOR_BGR2LAB)[0].astype(np.float32)
    cv2.setRNGSeed(1)  # the same frame has the same colours
    count = min(_COLOURS, len(np.unique(pixels, axis=0)))
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    _, labels, centres = cv2.kmeans(lab, count, np.empty((0, 1), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    order = np.argsort(np.bincount(labels.ravel(), minlength=count))[::-1]
    bgr = cv2.cvtColor(np.clip(centres[order], 0, 255).astype(np.uint8)[None], cv2.COLOR_LAB2BGR)[0]
    return ["#{2:02x}{1:02x}{0:02x}".format(*(int(value) for value in colour)) for colour in bgr]
