"""What of a frame is measured: its most detailed tiles at full size, its flattest ones, and the whole made small."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import MediaUnreadable

Gray = NDArray[np.uint8]

TILE_PX = 128
_STRIDE = 8
_CELL = TILE_PX // _STRIDE
_DETAILED = (6, 4)
"""Tiles side by side and one below the other, as they are laid out for measuring."""
_FLAT = 16
_WHOLE_PX = 600_000
"""A frame of no more pixels than this is measured whole."""
_COARSE_PX = 400_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame, as far as the measures look at it."""

    width: int
    height: int
    detailed: Gray
    """(H, W) full-size pixels: the whole frame, or its tiles with most edges side by side."""
    seam_px: int
    """Edges on the seams between the tiles of `detailed`, every so many px, are none of the frame's; 0: no seams."""
    flat: Gray
    """(n, h, w) full-size tiles with fewest edges, neither black nor white."""
    small: NDArray[np.uint8]
    """(H, W, 3) BGR: every so-manieth pixel of the whole frame, for colours and light."""


def read_bgr(path: Path) -> NDArray[np.uint8]:
    """A frame file as (H, W, 3) BGR, 8 bits. Raises MediaUnreadable."""
    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread knows no Unicode names on Windows
    except OSError:
        raise MediaUnreadable(file=path.name) from None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise MediaUnreadable(file=path.name)
    return np.asarray(image, np.uint8)


def sample(image: NDArray[np.uint8]) -> Sample:
    """image: (H, W, 3) uint8 BGR of any size.

    Blur of less than a pixel and noise are gone from a frame that was decoded smaller; so it is decoded whole, and only
    where it has edges, or none, is it looked at closely. The tiles are chosen on every eighth pixel.
    """
    height, width = image.shape[:2]
    step = max(1, int(max(height, width) // 320))
    small = np.ascontiguousarray(image[::step, ::step])
    edges, light = _cells(image)
    flat_cells = _flattest(edges, light)
    if height * width <= _WHOLE_PX or edges.size < _DETAILED[0] * _DETAILED[1]:
        detailed, seam_px = _gray(image), 0
    else:
        order = np.argsort(edges, axis=None)[::-1][: _DETAILED[0] * _DETAILED[1]]
        tiles = [_gray(_tile(image, int(cell), edges.shape[1])) for cell in order]
        rows = [np.hstack(tiles[n : n + _DETAILED[0]]) for n in range(0, len(tiles), _DETAILED[0])]
        detailed, seam_px = np.vstack(rows), TILE_PX
    flat = [_gray(_tile(image, int(cell), edges.shape[1])) for cell in flat_cells]
    return Sample(
        width=width,
        height=height,
        detailed=detailed,
        seam_px=seam_px,
        flat=np.stack(flat) if flat else _gray(image)[None],
        small=small,
    )


def coarse(image: NDArray[np.uint8]) -> tuple[Gray, int]:
    """The whole frame made smaller, in which wide edges are narrow, and by how much. image: (H, W, 3) uint8 BGR."""
    height, width = image.shape[:2]
    by = max(min(4, min(height, width) // 120), math.ceil((height * width / _COARSE_PX) ** 0.5), 1)
    size = (max(width // by, 1), max(height // by, 1))
    # Cut to whole blocks: the mean of by × by pixels is several times faster than that of parts of pixels.
    blocks = image[: size[1] * by, : size[0] * by]
    return _gray(np.asarray(cv2.resize(blocks, size, interpolation=cv2.INTER_AREA), np.uint8)), by


def _gray(image: NDArray[np.uint8]) -> Gray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _cells(image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(rows, columns) of tiles: how strong their edges are, and their mean light (0-255), on the green channel."""
    thin = image[::_STRIDE, ::_STRIDE, 1].astype(np.float32)
    rows, columns = max(image.shape[0] // TILE_PX, 0), max(image.shape[1] // TILE_PX, 0)
    if rows == 0 or columns == 0:
        return np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32)
    steps = np.abs(np.diff(thin, axis=0, append=thin[-1:])) + np.abs(np.diff(thin, axis=1, append=thin[:, -1:]))

    def means(values: NDArray[np.float32]) -> NDArray[np.float32]:
        cut = values[: rows * _CELL, : columns * _CELL]
        mean: NDArray[np.float32] = cut.reshape(rows, _CELL, columns, _CELL).mean(axis=(1, 3))
        return mean

    return means(steps), means(thin)


def _flattest(edges: NDArray[np.float32], light: NDArray[np.float32]) -> list[int]:
    """Neither black nor white: there noise is cut off."""
    open_to_noise = np.flatnonzero((light > 20) & (light < 235))
    if open_to_noise.size == 0:
        open_to_noise = np.arange(edges.size)
    order = open_to_noise[np.argsort(edges.ravel()[open_to_noise])]
    return [int(cell) for cell in order[:_FLAT]]


def _tile(image: NDArray[np.uint8], cell: int, columns: int) -> NDArray[np.uint8]:
    top, left = cell // columns * TILE_PX, cell % columns * TILE_PX
    return image[top : top + TILE_PX, left : left + TILE_PX]
