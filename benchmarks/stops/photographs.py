"""Real photographs for grounds, liveries and vehicles, read where packages installed them; none is in this repository.

scikit-image's sample pictures (a development dependency; CC0 or public domain) are always there. Debian's package
opencv-doc (OpenCV's samples, Apache-2.0 and BSD) has streets and a yard seen by a surveillance camera; without it
there are fewer grounds to drive on.
"""

import functools
import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
OPENCV_SAMPLES = Path("/usr/share/doc/opencv-doc/examples/data")
TEXTURES = (
    "astronaut.png",
    "coffee.png",
    "rocket.jpg",
    "brick.png",
    "gravel.png",
    "chelsea.png",
    "motorcycle_right.png",
)
STREETS = ("leuvenA.jpg", "leuvenB.jpg", "building.jpg", "vtest.avi")


def skimage_samples() -> Path:
    """The folder of scikit-image's sample pictures."""
    found = importlib.util.find_spec("skimage")
    assert found is not None and found.origin is not None, "scikit-image comes with the development packages"
    return Path(found.origin).parent / "data"


def sources() -> str:
    """Which collections are at hand: what is rendered depends on it."""
    return "skimage+opencv-doc" if OPENCV_SAMPLES.is_dir() else "skimage"


@functools.cache
def picture(path: Path) -> Picture:
    """(H, W, 3) uint8 BGR; of a video, its first frame."""
    if path.suffix == ".avi":
        found, frame = cv2.VideoCapture(str(path)).read()
        assert found, path
        return np.asarray(frame, np.uint8)
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert read is not None, path
    return np.asarray(read, np.uint8)


def texture(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A patch of a photograph."""
    whole = picture(skimage_samples() / TEXTURES[int(rng.integers(len(TEXTURES)))])
    tall, wide = whole.shape[:2]
    share = float(rng.uniform(0.3, 0.7))
    cut_h, cut_w = int(tall * share), int(wide * share)
    top, left = int(rng.integers(tall - cut_h + 1)), int(rng.integers(wide - cut_w + 1))
    patch = whole[top : top + cut_h, left : left + cut_w]
    return np.asarray(cv2.resize(patch, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def ground(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A place to drive in: a street or a yard where there are such photographs, else asphalt before a wall."""
    streets = [OPENCV_SAMPLES / name for name in STREETS if (OPENCV_SAMPLES / name).exists()]
    place = int(rng.integers(len(streets) + 2))
    if place < len(streets):
        whole = picture(streets[place])
        zoom = max(width / whole.shape[1], height / whole.shape[0])
        large = cv2.resize(whole, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
        top = large.shape[0] - height if streets[place].suffix == ".jpg" else (large.shape[0] - height) // 2
        left = (large.shape[1] - width) // 2
        return np.ascontiguousarray(large[top : top + height, left : left + width])
    return asphalt(rng, width, height)


def asphalt(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Gravel's grain as asphalt, a photograph as the wall behind, lines of paint between."""
    stones = cv2.resize(picture(skimage_samples() / "gravel.png"), (128, 128), interpolation=cv2.INTER_AREA)
    grain = np.tile(stones, (height // 128 + 1, width // 128 + 1, 1))[:height, :width]
    tone = float(rng.uniform(60, 130))
    lane = cv2.addWeighted(grain, 0.35, np.full_like(grain, int(tone)), 0.65, 0)
    horizon = int(height * rng.uniform(0.3, 0.5))
    lane[:horizon] = cv2.addWeighted(
        texture(rng, width, horizon), 0.7, np.full((horizon, width, 3), 70, np.uint8), 0.3, 0
    )
    for _ in range(int(rng.integers(1, 4))):
        y = int(rng.integers(horizon, height))
        colour = [(230, 230, 230), (40, 200, 230), (60, 60, 200)][int(rng.integers(3))]
        cv2.line(lane, (0, y), (width, y + int(rng.integers(-15, 15))), colour, int(rng.integers(2, 6)), cv2.LINE_AA)
    return np.asarray(lane, np.uint8)
