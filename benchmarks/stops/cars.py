"""Cars as flat pictures: a body and wheels that turn, drawn with photographs as livery or cut from a photograph."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.stops.photographs import picture, skimage_samples, texture
from benchmarks.stops.scenario import Body

Layer = NDArray[np.float32]
"""(H, W, 4): blue, green, red already times alpha, and alpha; all 0–1."""
Outline = Sequence[tuple[float, float]]
FINER = 4
"""Drawn so many times larger, then averaged."""


@dataclass(frozen=True, slots=True)
class Wheel:
    picture: Layer
    at_m: tuple[float, float]
    """From the car's middle on the ground: forward, up."""
    radius_m: float


@dataclass(frozen=True, slots=True)
class Car:
    """Seen from its side driving to the right, or from above. Its middle on the ground is 0 m."""

    body: Layer
    px_per_m: float
    middle_px: tuple[float, float]
    """Where in `body` 0 m is."""
    wheels: tuple[Wheel, ...]
    length_m: float
    below_m: float
    above_m: float
    """Its outline reaches this far below and above 0 m."""
    from_above: bool = False


class Sheet:
    """A canvas in metres, origin in the car's middle on the ground, x forward, y up."""

    def __init__(
        self, length_m: float, below_m: float, above_m: float, px_per_m: float, rng: np.random.Generator
    ) -> None:
        self.px_per_m = px_per_m
        self._fine = px_per_m * FINER
        self._wide = round((length_m + 0.4) * px_per_m) * FINER
        self._tall = round((below_m + above_m + 0.3) * px_per_m) * FINER
        self._origin = (self._wide / 2, (above_m + 0.15) * self._fine)
        self._ink = np.zeros((self._tall, self._wide, 3), np.uint8)
        self._mask = np.zeros((self._tall, self._wide), np.uint8)
        self._livery = texture(rng, self._wide, self._tall)

    @property
    def middle_px(self) -> tuple[float, float]:
        """The origin in the finished layer, where a pixel's own middle is a whole number."""
        return (self._origin[0] / FINER - 0.5, self._origin[1] / FINER - 0.5)

    def _spots(self, outline: Outline) -> NDArray[np.int32]:
        places = np.array([(self._origin[0] + x * self._fine, self._origin[1] - y * self._fine) for x, y in outline])
        return np.round(places).astype(np.int32)

    def paint(self, outline: Outline, colour: Sequence[float], livery: float = 0.0, shade: float = 0.35) -> None:
        """A filled outline. livery: share of the photograph in it; shade: how much darker its underside is."""
        spots = self._spots(outline)
        stencil = np.zeros_like(self._mask)
        cv2.fillPoly(stencil, [spots], 255)
        top, bottom = int(spots[:, 1].min()), max(int(spots[:, 1].max()), int(spots[:, 1].min()) + 1)
        rows = np.clip((np.arange(self._tall) - top) / (bottom - top), 0, 1)
        tone = (1.08 - shade * rows)[:, None, None]
        paint = (np.array(colour) * (1 - livery) + self._livery * livery) * tone
        inside = stencil > 0
        self._ink[inside] = np.clip(paint, 0, 255).astype(np.uint8)[inside]
        self._mask[inside] = 255

    def stroke(self, outline: Outline, colour: Sequence[float], thick_m: float) -> None:
        thick = max(1, round(thick_m * self._fine))
        for canvas, ink in ((self._ink, tuple(map(float, colour))), (self._mask, (255.0,))):
            cv2.polylines(canvas, [self._spots(outline)], False, ink, thick, cv2.LINE_8)

    def letter(self, text: str, x: float, y: float, height_m: float, colour: Sequence[float]) -> None:
        size = height_m * self._fine / 22
        spot = self._spots([(x, y)])[0]
        place, thick = (int(spot[0]), int(spot[1])), max(1, int(size * 3))
        cv2.putText(self._ink, text, place, cv2.FONT_HERSHEY_DUPLEX, size, tuple(map(float, colour)), thick)

    def layer(self) -> Layer:
        return blended(self._ink, self._mask, FINER)


def blended(ink: NDArray[np.uint8], mask: NDArray[np.uint8], finer: int = 1) -> Layer:
    """Colours times alpha, averaged over finer × finer pixels."""
    alpha = mask.astype(np.float32)[..., None] / 255
    whole = np.concatenate([ink.astype(np.float32) / 255 * alpha, alpha], axis=2)
    size = (mask.shape[1] // finer, mask.shape[0] // finer)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)


def colour(rng: np.random.Generator) -> tuple[float, float, float]:
    hue = np.array([[[rng.integers(180), rng.integers(90, 256), rng.integers(60, 240)]]], np.uint8)
    blue, green, red = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return float(blue), float(green), float(red)


def wheel(rng: np.random.Generator, at_m: tuple[float, float], radius_m: float, px_per_m: float) -> Wheel:
    """A tyre with letters on its wall, spokes, and a hub."""
    across = 2 * (round(radius_m * px_per_m) + 2)
    fine = across * FINER
    middle, size = (fine // 2, fine // 2), radius_m * px_per_m * FINER
    ink, mask = np.full((fine, fine, 3), 26, np.uint8), np.zeros((fine, fine), np.uint8)
    cv2.circle(mask, middle, round(size), 255, -1)
    band = colour(rng)
    for start in range(0, 360, 120):
        cv2.ellipse(ink, middle, (round(size * 0.84),) * 2, 0, start, start + 55, band, max(1, round(size * 0.07)))
    cv2.circle(ink, middle, round(size * 0.66), (60, 60, 62), -1)
    spokes = int(rng.integers(5, 10))
    for spoke in range(spokes):
        angle = 2 * np.pi * spoke / spokes
        tip = (round(middle[0] + size * 0.62 * np.cos(angle)), round(middle[1] + size * 0.62 * np.sin(angle)))
        cv2.line(ink, middle, tip, (150, 150, 155), max(1, round(size * 0.09)))
    cv2.circle(ink, middle, round(size * 0.16), band, -1)
    return Wheel(blended(ink, mask, FINER), at_m, radius_m)


def open_wheeler(rng: np.random.Generator, px_per_m: float) -> Car:
    long, high = float(rng.uniform(0.92, 1.08)), float(rng.uniform(0.92, 1.1))
    main, second, share = colour(rng), colour(rng), float(rng.uniform(0.15, 0.55))
    sheet = Sheet(5.5 * long, 0.1, 1.05 * high, px_per_m, rng)

    def scaled(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * long, y * high) for x, y in points]

    sheet.paint(scaled((-2.3, 0.06), (2.35, 0.06), (2.3, 0.16), (-2.3, 0.16)), (35, 35, 38))
    sheet.paint(scaled((-2.55, 0.3), (-2.0, 0.3), (-2.15, 0.98), (-2.7, 0.98)), second, share)
    sheet.paint(
        scaled((2.62, 0.2), (2.66, 0.32), (1.3, 0.6), (0.72, 0.64), (0.62, 0.52), (0.1, 0.55), (-0.05, 0.97))
        + scaled((-0.4, 1.0), (-1.2, 0.72), (-2.2, 0.42), (-2.2, 0.14), (2.1, 0.14)),
        main,
        share,
    )
    sheet.paint(scaled((0.55, 0.16), (0.5, 0.5), (-0.3, 0.56), (-1.5, 0.34), (-1.6, 0.16)), second, share)
    sheet.paint(scaled((2.2, 0.08), (2.72, 0.08), (2.74, 0.3), (2.4, 0.26)), second, share / 2)
    sheet.stroke(scaled((0.85, 0.62), (0.6, 0.8), (0.0, 0.82)), (20, 20, 22), 0.05)
    sheet.paint(scaled((0.2, 0.58), (0.42, 0.6), (0.46, 0.76), (0.3, 0.82), (0.16, 0.74)), colour(rng))
    sheet.letter(str(int(rng.integers(1, 99))), -1.1 * long, 0.2, 0.3, (240, 240, 240))
    places = ((1.72 * long, 0.36), (-1.72 * long, 0.36))
    wheels = tuple(wheel(rng, at, 0.36, px_per_m) for at in places)
    return Car(sheet.layer(), px_per_m, sheet.middle_px, wheels, 5.46 * long, 0.0, 1.0 * high)


def saloon(rng: np.random.Generator, px_per_m: float) -> Car:
    long, high = float(rng.uniform(0.92, 1.1)), float(rng.uniform(0.9, 1.1))
    main, share = colour(rng), float(rng.uniform(0.1, 0.5))
    sheet = Sheet(4.5 * long, 0.1, 1.45 * high, px_per_m, rng)

    def scaled(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * long, y * high) for x, y in points]

    sheet.paint(
        scaled((-2.2, 0.3), (2.2, 0.26), (2.22, 0.6), (1.9, 0.8), (1.0, 0.92), (0.35, 1.36), (-0.9, 1.4))
        + scaled((-1.7, 0.98), (-2.2, 0.92)),
        main,
        share,
    )
    sheet.paint(scaled((0.8, 0.92), (0.3, 1.28), (-0.2, 1.31), (-0.25, 0.92)), (60, 55, 45), 0.25, 0.6)
    sheet.paint(scaled((-0.32, 0.92), (-0.28, 1.31), (-0.85, 1.31), (-1.45, 0.95)), (60, 55, 45), 0.25, 0.6)
    sheet.stroke(scaled((-0.3, 0.9), (-0.36, 0.34)), (20, 20, 20), 0.02)
    sheet.paint(scaled((-2.22, 0.62), (-2.0, 0.64), (-2.0, 0.8), (-2.2, 0.82)), (40, 40, 210))
    sheet.paint(scaled((2.2, 0.56), (1.95, 0.6), (1.92, 0.72), (2.15, 0.66)), (230, 235, 240))
    sheet.letter(str(int(rng.integers(1, 99))), 0.1 * long, 0.45, 0.34, (245, 245, 245))
    places = ((1.35 * long, 0.33), (-1.32 * long, 0.33))
    for x, y in places:
        sheet.paint(
            [(x + 0.4 * np.cos(a), y + 0.4 * np.sin(a)) for a in np.linspace(-0.3, np.pi + 0.3, 20)], (18, 18, 18)
        )
    wheels = tuple(wheel(rng, at, 0.33, px_per_m) for at in places)
    return Car(sheet.layer(), px_per_m, sheet.middle_px, wheels, 4.44 * long, 0.0, 1.4 * high)


def overhead(rng: np.random.Generator, px_per_m: float) -> Car:
    long, main, second = float(rng.uniform(0.92, 1.08)), colour(rng), colour(rng)
    share = float(rng.uniform(0.15, 0.55))
    sheet = Sheet(5.5 * long, 1.05, 1.05, px_per_m, rng)

    def both(*points: tuple[float, float]) -> Outline:
        half = [(x * long, y) for x, y in points]
        return half + [(x, -y) for x, y in reversed(half)]

    for x in (1.72, -1.72):
        for side in (0.8, -0.8):
            corners = [
                (x * long + dx, side + dy) for dx, dy in ((-0.36, -0.19), (0.36, -0.19), (0.36, 0.19), (-0.36, 0.19))
            ]
            sheet.paint(corners, (28, 28, 30), 0.0, 0.0)
    sheet.paint(both((2.2, 0.98), (2.72, 0.9), (2.72, 0.0)), second, share, 0.1)
    sheet.paint(both((-2.7, 0.55), (-2.2, 0.55), (-2.2, 0.0)), second, share, 0.1)
    sheet.paint(
        both((-2.3, 0.12), (-1.5, 0.4), (-0.4, 0.75), (0.45, 0.72), (0.6, 0.32), (1.5, 0.2), (2.6, 0.12)),
        main,
        share,
        0.1,
    )
    sheet.stroke([(1.7 * long, 0.8), (1.2 * long, 0.1), (1.7 * long, -0.8)], (50, 50, 52), 0.05)
    sheet.paint(both((0.0, 0.16), (0.5, 0.2), (0.62, 0.0)), (25, 25, 25), 0.0, 0.0)
    sheet.paint(both((0.1, 0.1), (0.3, 0.12), (0.36, 0.0)), colour(rng), 0.0, 0.0)
    sheet.letter(str(int(rng.integers(1, 99))), 1.0 * long, -0.1, 0.22, (240, 240, 240))
    return Car(sheet.layer(), px_per_m, sheet.middle_px, (), 5.44 * long, 0.99, 0.99, from_above=True)


def make(body: Body, rng: np.random.Generator, px_per_m: float) -> Car:
    """A car of that body, drawn at this many pixels a metre."""
    makers = {Body.OPEN_WHEELER: open_wheeler, Body.SALOON: saloon, Body.OVERHEAD: overhead}
    return makers[body](rng, px_per_m) if body in makers else photographed(rng, px_per_m)


def photographed(rng: np.random.Generator, px_per_m: float) -> Car:
    """A motorcycle (Middlebury 2014, in scikit-image) cut out by the depth measured with it, in any hue; one piece."""
    ink, mask = motorcycle()
    hues = cv2.cvtColor(ink, cv2.COLOR_BGR2HSV)
    hues[..., 0] = (hues[..., 0] + int(rng.integers(180))) % 180
    whole = blended(np.asarray(cv2.cvtColor(hues, cv2.COLOR_HSV2BGR), np.uint8), mask)
    scale = px_per_m / MOTORCYCLE_PX_PER_M
    body = cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    middle = tuple((place + 0.5) * scale - 0.5 for place in MOTORCYCLE_MIDDLE_PX)
    wide, tall = mask.shape[1] / MOTORCYCLE_PX_PER_M, mask.shape[0] / MOTORCYCLE_PX_PER_M
    below = tall - MOTORCYCLE_MIDDLE_PX[1] / MOTORCYCLE_PX_PER_M
    return Car(np.asarray(body, np.float32), px_per_m, (middle[0], middle[1]), (), wide, below, tall - below)


MOTORCYCLE_PX_PER_M = 281.0
MOTORCYCLE_MIDDLE_PX = (298.0, 368.0)
"""Half-way between its wheels on the ground, in the cut-out."""


@functools.cache
def motorcycle() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Its picture, (H, W, 3) BGR, and which pixels are its own, (H, W) 0–255."""
    folder = skimage_samples()
    depth = np.load(folder / "motorcycle_disp.npz")["arr_0"]
    depth = np.where(np.isfinite(depth), depth, 0).astype(np.float32)
    lines = np.arange(depth.shape[0])
    floor = np.polyval(
        np.polyfit([260.0, 380.0, 480.0], [float(depth[y, 20:90].max()) for y in (260, 380, 480)], 1), lines
    )
    near = (depth > np.maximum(floor + 2.0, 36.0)[:, None]).astype(np.uint8) * 255
    near[:, :98] = 0
    for middle, axes, lean in (((207, 319), (84, 83), 0), ((607, 361), (65, 99), -29)):
        cv2.ellipse(near, middle, axes, lean, 0, 360, 255, -1)
    near = cv2.morphologyEx(near, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    near = cv2.GaussianBlur(near, (0, 0), 0.8)
    cut = (slice(66, 458), slice(97, 692))
    return picture(folder / "motorcycle_left.png")[cut].copy(), np.asarray(near, np.uint8)[cut].copy()
