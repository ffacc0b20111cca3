"""The demo's footage: one pit stop seen by four cameras, drawn, labelled and encoded the same way every time."""

import argparse
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from workers.demo.angles import ANGLES, Angle
from workers.demo.backdrop import Picture, backdrop, lettering
from workers.demo.shapes import LIGHT, NEAR_M, Colour, Facet, Lens, Limb, look
from workers.demo.stop import LOOP_S, Moment, moment

FPS = 25
FRAMES = round(LOOP_S * FPS)
WIDTH, HEIGHT = 1280, 720
SUBPIXEL_BITS = 4
SHADOW_SHARE = 4  # shadows are blurred, and drawn at a quarter of the size


def drawn(canvas: Picture, lens: Lens, seen: Moment) -> None:
    """Draw what moves, far things first, in place."""
    facets = [shape for shape in seen.shapes if isinstance(shape, Facet)]
    limbs = [shape for shape in seen.shapes if isinstance(shape, Limb)]
    colours, towards = shaded_facets(facets, lens)
    corners, depth = lens.project(np.concatenate([facet.points for facet in facets]))
    ends, end_depth = lens.project(np.array([point for limb in limbs for point in (limb.a, limb.b)]))
    starts = np.cumsum([0, *(len(facet.points) for facet in facets)])
    nearest, middle = np.minimum.reduceat(depth, starts[:-1]), np.add.reduceat(depth, starts[:-1]) / np.diff(starts)
    queue: list[tuple[float, int, int]] = [
        (float(middle[i]) - facet.pull, 0, i)
        for i, facet in enumerate(facets)
        if nearest[i] > NEAR_M and (towards[i] or facet.two_sided)
    ]
    pairs = end_depth.reshape(-1, 2)
    queue += [(float(pairs[i].mean()), 1, i) for i in range(len(limbs)) if pairs[i].min() > NEAR_M]
    spots = np.round(corners.clip(-9000, 9000) * (1 << SUBPIXEL_BITS)).astype(np.int32)
    for far, is_limb, i in sorted(queue, reverse=True):
        if is_limb:
            draw_limb(canvas, limbs[i], ends[2 * i : 2 * i + 2], lens.focal_px / far)
        else:
            outline = spots[starts[i] : starts[i + 1]]
            cv2.fillConvexPoly(canvas, outline, colours[i].tolist(), cv2.LINE_AA, SUBPIXEL_BITS)


def shaded_facets(facets: Sequence[Facet], lens: Lens) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The colour of each facet under the floodlights, and whether it faces the camera."""
    first = np.array([facet.points[:3] for facet in facets])
    normals = np.cross(first[:, 1] - first[:, 0], first[:, 2] - first[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    towards = np.einsum("ij,ij->i", normals, first[:, 0] - lens.position) < 0
    normals *= np.where(towards, 1.0, -1.0)[:, None]
    tone = 0.50 + 0.56 * np.maximum(normals @ LIGHT, 0) + 0.10 * np.maximum(normals[:, 2], 0)
    tone[[facet.glows for facet in facets]] = 1.0
    plain = np.array([facet.colour for facet in facets])
    return np.minimum(plain * tone[:, None], 255.0), np.asarray(towards)


def draw_limb(canvas: Picture, limb: Limb, ends: NDArray[np.float64], px_per_m: float) -> None:
    """A bar with round ends in three tones, lit from above."""
    if np.abs(ends).max() > 8000:
        return
    thick = max(1, round(2 * limb.radius * px_per_m))
    for share, up, tone in ((1.0, 0.0, 0.50), (0.78, 0.10, 0.82), (0.36, 0.24, 1.10)):
        size = max(1, round(thick * share))
        if share < 1 and thick < 4:
            break
        lift = np.array([0.0, up * thick])
        (ax, ay), (bx, by) = np.round((ends - lift) * (1 << SUBPIXEL_BITS)).astype(int).tolist()
        blue, green, red = (min(255.0, part * tone) for part in limb.colour)
        cv2.line(canvas, (ax, ay), (bx, by), (blue, green, red), size, cv2.LINE_AA, SUBPIXEL_BITS)


def shaded(ground: Picture, lens: Lens, shadows: Sequence[NDArray[np.float64]]) -> Picture:
    """A copy of the ground with soft shadows on it."""
    dark = np.zeros((HEIGHT // SHADOW_SHARE, WIDTH // SHADOW_SHARE), np.uint8)
    for outline in shadows:
        spots, depth = lens.project(np.column_stack([outline, np.full(len(outline), 0.01)]))
        if depth.min() > NEAR_M and np.abs(spots).max() < 8000:
            cv2.fillPoly(dark, [np.round(spots / SHADOW_SHARE).astype(np.int32)], 150)
    if not dark.any():
        return ground.copy()
    light = 255 - cv2.GaussianBlur(dark, (0, 0), 2.6)
    light = cv2.resize(light, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(ground, cv2.merge([light, light, light]), scale=1 / 255), np.uint8)


class Caption:
    """The strip at the top left: the camera's name, the clock of the loop, the frame's number."""

    def __init__(self, name: str) -> None:
        self._name = self._ink(name.upper(), 26)
        self._glyphs = {sign: self._ink(sign, 26) for sign in "0123456789:."}
        self._cell: int = max(glyph.shape[1] for glyph in self._glyphs.values()) + 2

    @staticmethod
    def _ink(text: str, height: int) -> NDArray[np.float32]:
        """Letters on one base line, cut to their width."""
        tall = lettering(f"|{text}|", height)
        bar = int(lettering("|", height).shape[1])
        return np.ascontiguousarray(tall[:, bar - 2 : 2 - bar])

    def lay(self, canvas: Picture, number: int) -> None:
        strip = canvas[16:60, 16:496]
        strip[:] = (strip * 0.35).astype(np.uint8)
        canvas[16:60, 16:21] = (30, 120, 250)
        self._print(canvas, self._name, 34, (245, 245, 245))
        seconds, part = divmod(number, FPS)
        left = 276
        for sign in f"00:{seconds:02d}.{part * 100 // FPS:02d}":
            left = self._sign(canvas, sign, left, (245, 245, 245))
        left += 16
        for sign in f"{number:04d}":
            left = self._sign(canvas, sign, left, (90, 190, 255))

    def _sign(self, canvas: Picture, sign: str, left: int, colour: Colour) -> int:
        glyph = self._glyphs[sign]
        cell = self._cell if sign.isdigit() else self._cell // 2 + 2
        self._print(canvas, glyph, left + (cell - glyph.shape[1]) // 2, colour)
        return left + cell

    def _print(self, canvas: Picture, ink: NDArray[np.float32], left: int, colour: Colour) -> None:
        top = 38 - ink.shape[0] // 2
        under = canvas[top : top + ink.shape[0], left : left + ink.shape[1]]
        share = ink[..., None]
        under[:] = (under * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)


def pictures(angle: Angle, numbers: Sequence[int] | None = None) -> Iterator[Picture]:
    """The frames of one camera, (720, 1280, 3) uint8 BGR; all of the loop, or only the numbers asked for."""
    lens = look(angle.position, angle.target, angle.field_deg, WIDTH, HEIGHT)
    ground = backdrop(lens)
    ground = np.asarray((ground * np.array(angle.gain, np.float32)).clip(0, 255), np.uint8)
    caption = Caption(angle.name)
    for number in range(FRAMES) if numbers is None else numbers:
        seen = moment(number / FPS)
        canvas = shaded(ground, lens, seen.shadows)
        drawn(canvas, lens, seen)
        caption.lay(canvas, number)
        yield canvas


def render(angle: Angle, folder: Path, preset: str = "faster") -> Path:
    """Draw and encode one camera's loop: H.264, 25 fps, a keyframe a second, no B-frames, one slice a picture."""
    target = folder / f"{angle.camera_id}.mp4"
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.time_base = Fraction(1, FPS)
        stream.options = {
            "preset": preset,
            "crf": "31",
            "bf": "0",
            "g": str(FPS),
            "keyint_min": str(FPS),
            "sc_threshold": "0",
            "x264-params": "rc-lookahead=0:sync-lookahead=0:force-cfr=1",
        }
        for number, picture in enumerate(pictures(angle)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


def render_all(folder: Path, preset: str = "faster", processes: int = 2) -> list[Path]:
    """All four loops into `folder`, as <camera id>.mp4."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(render, ANGLES, [folder] * len(ANGLES), [preset] * len(ANGLES)))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m workers.demo.footage", description="Draw the demo's footage again."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", default="faster")
    chosen = parser.parse_args(argv)
    for path in render_all(chosen.folder, chosen.preset):
        print(path, f"{math.ceil(path.stat().st_size / 1024)} KiB")


if __name__ == "__main__":
    main()
