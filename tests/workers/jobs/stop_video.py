"""A small video of a car that drives into a pit box, stands, and drives off: drawn in a moment, its times known."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from core.pit_box import PitBox

WIDTH, HEIGHT, FPS = 320, 180, 25
STATIONARY_S, RELEASED_S, ENDS_S = 2.0, 4.2, 6.2
BOX = PitBox.from_rect(70, 50, 180, 80, WIDTH, HEIGHT)
_BRAKING, _LEAVING = 160.0, 160.0
_CAR = (120, 44)


def _car_x(t_s: float) -> float:
    """The car's left edge, px."""
    left_s, gone_s = max(0.0, STATIONARY_S - t_s), max(0.0, t_s - RELEASED_S)
    return 100.0 - 0.5 * _BRAKING * left_s**2 + 0.5 * _LEAVING * gone_s**2


def write_stop(path: Path, ends_s: float = ENDS_S) -> Path:
    """H.264, with a keyframe a second."""
    noise = np.random.default_rng(5)
    ground = (110 + 30 * noise.standard_normal((HEIGHT // 4, WIDTH // 4))).clip(40, 200).repeat(4, 0).repeat(4, 1)
    car = (130 + 60 * noise.standard_normal((_CAR[1] // 4, _CAR[0] // 4))).clip(0, 255).repeat(4, 0).repeat(4, 1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "20"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size, stream.time_base = FPS, Fraction(1, FPS)
        for number in range(round(ends_s * FPS)):
            picture = av.VideoFrame.from_ndarray(_drawn(ground, car, _car_x(number / FPS)), format="gray")
            picture.pts = number
            out.mux(stream.encode(picture.reformat(format="yuv420p")))
        out.mux(stream.encode())
    return path


def _drawn(ground: np.ndarray, car: np.ndarray, x: float) -> np.ndarray:
    """The car over the ground, its place between two px mixed."""
    picture = ground.copy()
    whole, part = int(np.floor(x)), x - np.floor(x)
    for shift, share in ((0, 1 - part), (1, part)):
        left, right = max(0, whole + shift), min(WIDTH, whole + shift + _CAR[0])
        if right > left and share > 0:
            seen = car[:, left - whole - shift : right - whole - shift]
            picture[66 : 66 + _CAR[1], left:right] += share * (seen - ground[66 : 66 + _CAR[1], left:right])
    return picture.clip(0, 255).astype(np.uint8)
