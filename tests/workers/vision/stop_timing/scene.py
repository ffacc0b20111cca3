"""A small drawn pit box with exact truth: a textured car that brakes, stands and drives off before a textured wall."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pit_box import PitBox

WIDTH, HEIGHT = 480, 270
BOX_PX = (130.0, 80.0, 230.0, 120.0)
CAR_LENGTH_PX, CAR_HEIGHT_PX = 190, 70
CAR_TOP_PX = 105
STANDS_AT_PX = 155.0
"""The car's tail when it stands; it drives to the right."""

Picture = NDArray[np.uint8]
Path = Callable[[float], float | None]


@dataclass(frozen=True)
class Drive:
    """Braking to a stand at `stationary_s`, standing until `released_s`, driving off; accelerations in px/s²."""

    stationary_s: float
    released_s: float
    braking: float = 900.0
    launch: float = 700.0
    fastest: float = 700.0
    stands_at: float = STANDS_AT_PX

    def __call__(self, t: float) -> float:
        if t < self.stationary_s:
            return self.stands_at - _travelled(self.stationary_s - t, self.braking, self.fastest)
        if t > self.released_s:
            return self.stands_at + _travelled(t - self.released_s, self.launch, self.fastest)
        return self.stands_at

    def at_px(self, position: float) -> float:
        """When its tail is at this place; before the stand for places behind it, after it for those before."""
        if position < self.stands_at:
            return self.stationary_s - _time_for(self.stands_at - position, self.braking, self.fastest)
        return self.released_s + _time_for(position - self.stands_at, self.launch, self.fastest)

    @property
    def arrived_s(self) -> float:
        return self.at_px(BOX_PX[0] - CAR_LENGTH_PX)

    @property
    def departed_s(self) -> float:
        return self.at_px(BOX_PX[0] + BOX_PX[2])


def _travelled(t: float, acceleration: float, fastest: float) -> float:
    ramp = fastest / acceleration
    return acceleration * t * t / 2 if t < ramp else fastest * ramp / 2 + fastest * (t - ramp)


def _time_for(distance: float, acceleration: float, fastest: float) -> float:
    ramp = fastest / acceleration
    if distance < fastest * ramp / 2:
        return (2 * distance / acceleration) ** 0.5
    return ramp + (distance - fastest * ramp / 2) / fastest


@dataclass(frozen=True)
class Scene:
    """What is drawn. `paths`: each car's tail by time. `lift`: px that a car stands higher, by time."""

    paths: tuple[Path, ...] = ()
    seconds: float = 6.0
    fps: float = 50.0
    noise: float = 2.0
    shake_px: float = 0.0
    crew: int = 0
    light: Callable[[float], float] = field(default=lambda _: 1.0)
    lift: Callable[[float], float] = field(default=lambda _: 0.0)
    seed: int = 1

    def times(self) -> NDArray[np.float64]:
        return np.arange(0.0, self.seconds, 1 / self.fps)

    def pictures(self, times: NDArray[np.float64] | None = None) -> Iterator[tuple[float, Picture]]:
        rng = np.random.default_rng(self.seed)
        wall = _texture(rng, HEIGHT + 40, WIDTH + 40, 3.0, 60, 170)
        cars = [_texture(rng, CAR_HEIGHT_PX, CAR_LENGTH_PX, 2.0, 20, 230) for _ in self.paths]
        people = [_texture(rng, 84, 22, 3.0, 10, 250) for _ in range(self.crew)]
        walks = rng.uniform(0, 2 * np.pi, self.crew)
        for t in self.times() if times is None else times:
            at = self.shake_px * np.array([np.sin(9.1 * t) + np.sin(23 * t + 1), np.cos(7.3 * t)])
            canvas = _moved(wall, (WIDTH, HEIGHT), at[0] - 20, at[1] - 20)
            for path, car in zip(self.paths, cars, strict=True):
                tail = path(t)
                if tail is not None and -CAR_LENGTH_PX < tail < WIDTH:
                    _lay(canvas, car, tail + at[0], CAR_TOP_PX - self.lift(t) + at[1])
            for person, phase in zip(people, walks, strict=True):
                x = 245 + 100 * np.sin(0.9 * t + phase) + 8 * np.sin(5 * t + 2 * phase)
                _lay(canvas, person, x + at[0], 92 + at[1])
            noisy = canvas * self.light(t) + rng.normal(0, self.noise, canvas.shape)
            yield float(t), np.clip(noisy, 0, 255).astype(np.uint8)

    def with_(self, **changes: object) -> "Scene":
        return replace(self, **changes)  # type: ignore[arg-type]


def box() -> PitBox:
    return PitBox.from_rect(*BOX_PX, WIDTH, HEIGHT)


def _texture(
    rng: np.random.Generator, height: int, width: int, grain: float, low: int, high: int
) -> NDArray[np.float32]:
    """Rough at every scale, as things are."""
    rough = np.zeros((height, width), np.float32)
    for size in (grain, 3 * grain, 10 * grain):
        layer = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), size)
        rough = rough + np.asarray(layer / float(layer.std()), np.float32)
    return cast("NDArray[np.float32]", cv2.normalize(rough, None, low, high, cv2.NORM_MINMAX))  # type: ignore[call-overload]


def _moved(picture: NDArray[np.float32], size: tuple[int, int], x: float, y: float) -> NDArray[np.float32]:
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cast("NDArray[np.float32]", cv2.warpAffine(picture, shift, size, borderMode=cv2.BORDER_REFLECT))


def _lay(canvas: NDArray[np.float32], sprite: NDArray[np.float32], x: float, y: float) -> None:
    """Over the canvas, at a place between pixels; its edges cover in part."""
    left, top = int(np.floor(x)), int(np.floor(y))
    size = (sprite.shape[1] + 1, sprite.shape[0] + 1)
    shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float32)
    moved = cv2.warpAffine(sprite, shift, size, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(np.ones_like(sprite), shift, size)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(canvas.shape[1], left + size[0]), min(canvas.shape[0], top + size[1])
    if x0 < x1 and y0 < y1:
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        under = canvas[y0:y1, x0:x1]
        canvas[y0:y1, x0:x1] = under + cover[part] * (moved[part] - under)
