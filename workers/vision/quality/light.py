"""Exposure, noise and the colours that a frame is made of."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.quality.sampling import Gray

_MIDDLE_GRAY = 0.18
_SHADOW = 0.01
"""Light under which it hardly matters how dark a shadow is."""
_BLACK, _WHITE = 3, 252
_BLOCK_PX = 8
_QUIETEST = 10
"""Per cent of the blocks."""
_QUIET_SHARE = 0.82
"""Of the noise that the quietest tenth of blocks shows where all have the same: measured on even noise."""
_DARK, _LIGHT = 12, 240
"""Mean levels of a block, beyond which noise is cut off."""
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
    key = max(math.exp(float(number @ np.log(linear + _SHADOW))) - _SHADOW, 1e-4)
    ev = math.log2(key / _MIDDLE_GRAY)
    black, white = float(number[:_BLACK].sum()), float(number[_WHITE + 1 :].sum())
    score = 100 * math.exp(-((ev / 2.2) ** 2)) * (1 - white - black / 2)
    return Exposure(score, ev, black + white)


def noise_of(flat: Gray) -> tuple[float, float | None]:
    """flat: (n, h, w) uint8 tiles with few edges. Score, and signal to noise in dB; None where all is black or white.

    The mask of Immerkær 1996 ("Fast noise variance estimation") on blocks of 8 × 8 px, each against its own light, so
    that a darker frame is not a cleaner one; the quietest tenth of the blocks, because structure looks like noise.
    Score 100 / (1 + (noise / signal / 0.06)²).
    """
    shares: list[NDArray[np.float32]] = []
    for tile in flat:
        rows, columns = tile.shape[0] // _BLOCK_PX, tile.shape[1] // _BLOCK_PX
        if not rows or not columns:
            continue
        response = np.abs(cv2.filter2D(tile.astype(np.float32), cv2.CV_32F, _NOISE))
        sigma = math.sqrt(math.pi / 2) / 6 * _block_means(response, rows, columns)
        light = _block_means(tile.astype(np.float32), rows, columns)
        shares.append((sigma / light.clip(1))[(light > _DARK) & (light < _LIGHT)])
    found = np.concatenate(shares) if shares else np.empty(0, np.float32)
    if not found.size:
        return 100.0, None
    share = max(float(np.percentile(found, _QUIETEST)) / _QUIET_SHARE, 1e-3)
    return 100 / (1 + (share / 0.06) ** 2), -20 * math.log10(share)


def _block_means(values: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    cut = values[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    means: NDArray[np.float32] = cut.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).mean(axis=(1, 3))
    return means


def dominant_colours(small: NDArray[np.uint8]) -> list[str]:
    """small: (H, W, 3) uint8 BGR. Up to five as #rrggbb, the most frequent first: k-means in CIELAB."""
    pixels = small.reshape(-1, 3)
    pixels = pixels[:: max(1, len(pixels) // _COLOUR_PIXELS)]
    lab = cv2.cvtColor(pixels[None], cv2.COLOR_BGR2LAB)[0].astype(np.float32)
    count = min(_COLOURS, len(np.unique(pixels, axis=0)))
    if count == 1:
        return [_named(pixels[0])]
    cv2.setRNGSeed(1)  # the same frame has the same colours
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    _, labels, centres = cv2.kmeans(lab, count, np.empty((0, 1), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    order = np.argsort(np.bincount(labels.ravel(), minlength=count))[::-1]
    bgr = cv2.cvtColor(np.clip(centres[order], 0, 255).astype(np.uint8)[None], cv2.COLOR_LAB2BGR)[0]
    return [_named(colour) for colour in bgr]


def _named(bgr: NDArray[np.uint8]) -> str:
    blue, green, red = (int(value) for value in bgr)
    return f"#{red:02x}{green:02x}{blue:02x}"
