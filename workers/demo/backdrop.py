"""What stands still behind the stop: asphalt, box markings, garages, pit wall and the evening sky, ray by ray."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from workers.demo.shapes import Lens

Grid = NDArray[np.float32]  # (H, W)
Picture = NDArray[np.uint8]  # (H, W, 3) BGR
Colour = tuple[float, float, float]

GARAGE_Y_M, GARAGE_HIGH_M = 6.0, 4.3
PIT_WALL_Y_M, PIT_WALL_HIGH_M = -8.0, 1.15
SAMPLES = 2  # a side; markings far away are thinner than a pixel
SEED = 7


@functools.cache
def lettering(text: str, height: int = 96) -> Grid:
    """The text as coverage 0–1, `height` px high."""
    font = ImageFont.load_default(height)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font=font)
    sheet = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(sheet).text((2 - left, 2 - top), text, fill=255, font=font)
    return np.asarray(sheet, np.float32) / np.float32(255)


@functools.cache
def grain() -> Grid:
    """A tile of rough noise around 0, from coarse to fine."""
    rng = np.random.default_rng(SEED)
    tile: Grid = np.zeros((512, 512), np.float32)
    for cells, weight in ((8, 0.45), (32, 0.30), (128, 0.20), (512, 0.08)):
        coarse = np.pad(rng.normal(size=(cells, cells)).astype(np.float32), 2, mode="wrap")
        step = 512 // cells
        fine = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        tile += weight * fine[2 * step : 2 * step + 512, 2 * step : 2 * step + 512]
    return tile


def rough(x: Grid, y: Grid, tile_m: float) -> Grid:
    """The noise at x, y in metres; it repeats every `tile_m`."""
    across, down = (x / tile_m % 1 * 512).astype(np.float32), (y / tile_m % 1 * 512).astype(np.float32)
    return np.asarray(cv2.remap(grain(), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def printed(text: str, u: Grid, v: Grid, wide_m: float, middle_m: tuple[float, float]) -> Grid:
    """Coverage of the text, `wide_m` metres wide, at u to its right and v upwards from its middle."""
    sheet = lettering(text)
    high_m = wide_m * sheet.shape[0] / sheet.shape[1]
    across = ((u - middle_m[0]) / wide_m + 0.5) * sheet.shape[1]
    down = (0.5 - (v - middle_m[1]) / high_m) * sheet.shape[0]
    return np.asarray(
        cv2.remap(sheet, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR), np.float32
    )


def paint(canvas: NDArray[np.float32], cover: Grid | NDArray[np.bool_], colour: Colour, strength: float = 1.0) -> None:
    """Lay a colour over the canvas where `cover` is, in place."""
    share = (cover.astype(np.float32) * strength)[..., None]
    canvas += (np.array(colour, np.float32) - canvas) * share


def between(values: Grid, low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((values > low) & (values < high))


def floor(x: Grid, y: Grid) -> NDArray[np.float32]:
    """The ground's colour at x, y in metres."""
    coarse, fine = rough(x, y, 9.0), rough(x, y, 1.7)
    canvas = np.repeat((62 + 7 * coarse + 5 * fine)[..., None], 3, axis=2).astype(np.float32)
    canvas *= np.array([1.10, 1.02, 0.96], np.float32)
    apron = y > 2.3
    paint(canvas, apron, (112, 104, 98), 0.55)
    paint(canvas, apron & (between(x % 3.0, 0, 0.03) | between(y % 1.85, 0, 0.03)), (40, 38, 36), 0.6)
    for track in (-0.86, 0.86):
        worn = np.exp(-(((y - track) / 0.22) ** 2)) * np.clip(1 - np.abs(x) / 11, 0, 1)
        paint(canvas, (worn * (0.75 + 0.3 * coarse)).clip(0, 1), (24, 24, 26), 0.75)
        lane = np.exp(-(((y + 4.6 - track) / 0.30) ** 2))
        paint(canvas, lane, (34, 33, 34), 0.35)
    scuffed = (0.86 + 0.16 * coarse).clip(0, 1)
    paint(canvas, between(y, 2.3, 2.42) * scuffed, (30, 120, 250))
    paint(canvas, (between(y, -2.78, -2.62) | between(y, -7.5, -7.38)) * scuffed, (225, 228, 230))
    inside = (np.abs(x) < 3.35) & (np.abs(y) < 1.62)
    edge = inside & ~((np.abs(x) < 3.23) & (np.abs(y) < 1.50))
    paint(canvas, inside & ~edge, (96, 72, 40), 0.30)
    paint(canvas, edge * scuffed, (235, 238, 240))
    for axle in (1.75, -1.65):
        mark = (np.abs(x - axle) < 0.05) & between(np.abs(y), 0.42, 1.34)
        paint(canvas, mark * scuffed, (60, 205, 250))
    stop = (np.abs(x - 2.95) < 0.07) & (np.abs(y) < 0.55)
    paint(canvas, stop * scuffed, (60, 205, 250))
    paint(canvas, printed("1", -y, x, 0.62, (0.0, -4.6)) * scuffed, (235, 238, 240))
    paint(canvas, printed("PIT", -y, x, 1.30, (0.0, -5.9)) * scuffed, (235, 238, 240))
    paint(canvas, printed("TRACKSHIFT", x, y, 4.6, (0.0, 2.95)) * scuffed, (30, 120, 250), 0.9)
    pool = 0.42 + 0.95 * np.exp(-(((y - 0.2) / 5.2) ** 2) - (x / 10.0) ** 2)
    lamps = 0.26 * np.exp(-(((y - 3.6) / 3.0) ** 2)) * (0.6 + 0.4 * np.cos(x * 2 * np.pi / 6.0))
    return np.asarray(canvas * (pool + lamps)[..., None], np.float32)


def garages(x: Grid, z: Grid) -> NDArray[np.float32]:
    """The garages' front at x, z in metres: lit bays between pillars, a name above."""
    canvas = np.empty((*x.shape, 3), np.float32)
    canvas[:] = (74, 64, 58)
    bay = x % 6.0
    open_bay = between(bay, 0.55, 5.45) & (z < 2.9)
    depth = np.abs(bay - 3.0) / 2.45
    glow = (0.35 + 0.65 * (z / 2.9).clip(0, 1)) * (1.15 - 0.55 * depth**2)
    inner = np.array([150, 172, 186], np.float32) * (glow * (0.75 + 0.1 * np.cos(np.floor(x / 6.0) * 2.4)))[..., None]
    canvas[open_bay] = inner[open_bay]
    cabinet = open_bay & (z < 1.25) & (between(bay, 0.8, 2.1) | between(bay, 3.9, 5.2))
    paint(canvas, cabinet, (70, 46, 20))
    paint(canvas, cabinet & between(z % 0.31, 0, 0.03), (30, 22, 16))
    paint(canvas, cabinet & between(z, 1.18, 1.25), (30, 120, 250))
    paint(canvas, open_bay & between(z, 1.55, 2.25) & between(bay, 2.4, 3.6), (60, 40, 26))
    paint(canvas, open_bay & between(z, 1.62, 2.18) & between(bay, 2.46, 3.54), (190, 150, 60), 0.8)
    paint(canvas, between(z, 2.9, 3.0), (30, 120, 250))
    paint(canvas, between(z, 3.0, 3.95), (48, 34, 24))
    for middle in (-24.0, -12.0, 0.0, 12.0, 24.0):
        paint(canvas, printed("TRACKSHIFT", x, z, 4.2, (middle, 3.46)), (238, 238, 236))
    paint(canvas, between(z, 3.95, GARAGE_HIGH_M), (96, 86, 80))
    return np.asarray(canvas * np.exp(-((x / 30.0) ** 2))[..., None], np.float32)


def pit_wall(x: Grid, z: Grid) -> NDArray[np.float32]:
    """The wall between lane and track at x, z in metres, seen from the lane."""
    canvas = np.empty((*x.shape, 3), np.float32)
    canvas[:] = (104, 98, 94)
    canvas += (10 * rough(x, z, 4.0))[..., None]
    paint(canvas, between(z, 0.30, 0.95), (84, 54, 20))
    paint(canvas, between(z, 0.95, 1.02), (30, 120, 250))
    paint(canvas, between(x % 4.0, 0, 0.035), (44, 40, 38), 0.8)
    for middle in range(-30, 31, 6):
        paint(canvas, printed("TRACKSHIFT", -x, z, 2.9, (float(middle), 0.62)), (238, 238, 236))
    return np.asarray(canvas * (0.34 + 0.62 * np.exp(-((x / 13.0) ** 2)))[..., None], np.float32)


def backdrop(lens: Lens) -> Picture:
    """Everything that stands still, as this camera sees it."""
    wide, high = lens.width * SAMPLES, lens.height * SAMPLES
    across, down = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    focal = lens.focal_px * SAMPLES
    seen = np.stack([(across - wide / 2) / focal, (high / 2 - down) / focal, np.ones_like(across)], axis=2)
    ray = seen @ lens.rotation.astype(np.float32)
    eye = lens.position.astype(np.float32)
    climb = ray[..., 2] / np.linalg.norm(ray, axis=2)
    canvas = np.empty((high, wide, 3), np.float32)
    dusk = np.exp(-np.clip(climb, 0, 1) * 5.5)[..., None]
    canvas[:] = np.array([58, 34, 22]) + dusk * (np.array([120, 104, 150]) - np.array([58, 34, 22]))
    away = np.full((high, wide), np.inf, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis, at, limit, look in (
            (2, 0.0, np.inf, floor),
            (1, GARAGE_Y_M, GARAGE_HIGH_M, garages),
            (1, PIT_WALL_Y_M, PIT_WALL_HIGH_M, pit_wall),
        ):
            distance = (at - eye[axis]) / ray[..., axis]
            up = eye[2] + distance * ray[..., 2]
            hit = (distance > 0) & (distance < away) & (up > -0.01) & (up < limit)
            if axis == 2:
                side = eye[1] + distance * ray[..., 1]
                hit = (distance > 0) & (side < GARAGE_Y_M)
            if not hit.any():
                continue
            rows = np.flatnonzero(hit.any(axis=1))
            span = slice(rows[0], rows[-1] + 1)
            far = np.where(hit[span], distance[span], 1.0)
            x = np.clip(eye[0] + far * ray[span, :, 0], -400, 400)
            y = np.clip(eye[1] + far * ray[span, :, 1], -400, 400)
            colours = look(x, y if axis == 2 else np.clip(up[span], 0, limit))
            fog = (1 - np.exp(-far / 45.0))[..., None] * 0.75
            colours += (np.array([84, 66, 74], np.float32) - colours) * fog
            canvas[span][hit[span]] = colours[hit[span]]
            away[hit] = distance[hit]
    size = (lens.width, lens.height)
    small = np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.float32)
    floodlights(small, np.asarray(cv2.resize(away, size, interpolation=cv2.INTER_NEAREST), np.float32), lens)
    return np.asarray(small.clip(0, 255), np.uint8)


def floodlights(canvas: NDArray[np.float32], away: Grid, lens: Lens) -> None:
    """Masts with lamps beyond the pit wall, and the haze around them; added in place where nothing is nearer."""
    lamps = np.array([(x, -30.0, z) for x in range(-120, 121, 16) for z in (11.0, 11.9)], float)
    spots, depths = lens.project(lamps)
    glow: Grid = np.zeros(canvas.shape[:2], np.float32)
    for (x, y), depth in zip(spots, depths, strict=True):
        if depth > 1 and -50 < x < lens.width + 50 and -50 < y < lens.height + 50:
            for radius, light in ((1.3, 1.0), (0.5, 2.0)):
                size = max(1, round(radius * lens.focal_px / depth * 0.6))
                cv2.circle(glow, (round(x), round(y)), size, light, -1, cv2.LINE_AA)
    haze = cv2.GaussianBlur(glow, (0, 0), 2.2) + 0.9 * cv2.GaussianBlur(glow, (0, 0), 16)
    canvas += np.where(away > 25, haze, haze * 0.15)[..., None] * np.array([215, 232, 255], np.float32)
