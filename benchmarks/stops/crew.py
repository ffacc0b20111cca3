"""The crew: people who wait, run to the car, work in front of it and step back, drawn limb by limb."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.stops.cars import Car, colour
from benchmarks.stops.lens import Lens
from benchmarks.stops.motion import Travel

FIXED_BITS = 4
RUN_S = 0.45


@dataclass(frozen=True, slots=True)
class Member:
    """One of the crew. Metres along the lane from the car's place; metres nearer to the camera than the car."""

    waits_m: float
    works_m: float
    nearer_m: float
    tall_m: float
    overall: tuple[float, float, float]
    helmet: tuple[float, float, float]
    pace: float
    """Where in its step it is at 0 s, in rad."""
    comes_s: float
    goes_s: float
    stoops: float
    """0 upright – 1 kneeling, at work."""

    def at(self, t_s: float) -> tuple[float, float, float]:
        """(where along the lane in m, how fast it runs in 0–1, how much it stoops)."""
        there = _eased((t_s - self.comes_s) / RUN_S) - _eased((t_s - self.goes_s) / RUN_S)
        running = 4 * there * (1 - there)
        fidget = 0.03 * np.sin(2.1 * t_s + self.pace) + 0.02 * np.sin(5.3 * t_s + 2 * self.pace)
        return self.waits_m + (self.works_m - self.waits_m) * there + fidget, running, self.stoops * there


def _eased(share: float) -> float:
    clipped = min(1.0, max(0.0, share))
    return clipped * clipped * (3 - 2 * clipped)


def called(
    rng: np.random.Generator, travels: tuple[Travel, ...], car: Car, lens: Lens, most: int, occlusion: float
) -> tuple[tuple[Member, ...], float]:
    """As many as hide about that share of the standing car, at most `most`; and the share they hide."""
    served = [travel for travel in travels if travel.stationary_s is not None and travel.released_s is not None]
    if not served or occlusion == 0:
        return (), 0.0
    crew: list[Member] = []
    suit = colour(rng)
    hidden = 0.0
    for _ in range(most):
        travel = served[int(rng.integers(len(served)))] if len(served) > 1 else served[0]
        assert travel.stationary_s is not None and travel.released_s is not None
        works = float(rng.uniform(-0.5, 0.5)) * car.length_m
        member = Member(
            waits_m=works + float(rng.choice([-1, 1])) * float(rng.uniform(0.6, 1.6)),
            works_m=works,
            nearer_m=float(rng.uniform(0.4, 1.4)),
            tall_m=float(rng.uniform(1.6, 1.9)),
            overall=suit if rng.random() < 0.8 else colour(rng),
            helmet=colour(rng),
            pace=float(rng.uniform(0, 6.28)),
            comes_s=travel.stationary_s + float(rng.uniform(-0.15, 0.4)),
            goes_s=travel.released_s + float(rng.uniform(-0.7, 0.15)),
            stoops=float(rng.uniform(0.2, 1.0)),
        )
        now = share_hidden([*crew, member], car, lens, (travel.stationary_s + travel.released_s) / 2)
        if now <= occlusion + 0.05:
            crew.append(member)
            hidden = max(hidden, now)
    return tuple(sorted(crew, key=lambda one: one.nearer_m)), hidden


def share_hidden(crew: list[Member], car: Car, lens: Lens, t_s: float) -> float:
    """The share of the car's standing body that these people cover at this time."""
    (x,), (y,), _ = (values.ravel() for values in lens.ground([0.0]))
    tall, wide = car.body.shape[:2]
    shift = np.array([x - car.middle_px[0], y - car.middle_px[1]])
    mask = np.zeros((tall, wide, 3), np.uint8)
    for member in crew:
        paint(mask, member, lens, t_s, (float(shift[0]), float(shift[1])), white=True, from_above=car.from_above)
    solid = car.body[..., 3] > 0.5
    return float((mask[..., 0][solid] > 127).mean())


def paint(
    canvas: NDArray[np.uint8],
    member: Member,
    lens: Lens,
    t_s: float,
    shift_px: tuple[float, float] = (0.0, 0.0),
    *,
    white: bool = False,
    from_above: bool = False,
) -> None:
    """Draw one of the crew in place; the canvas' corner is at `shift_px` of the picture."""
    along, running, stoop = member.at(t_s)
    (x,), (y,), (size,) = (values.ravel() for values in lens.ground([along]))
    px = lens.px_per_m * size * (1 + member.nearer_m / lens.away_m)
    drop = 0.0 if from_above else member.nearer_m * lens.px_per_m * size * (lens.high_m / lens.away_m) + 0.1 * px
    x, y = x - shift_px[0], y - shift_px[1] + drop
    pixels = (255.0, 255.0, 255.0)
    cloth, hat, dark = (
        (pixels,) * 3 if white else (member.overall, member.helmet, tuple(0.55 * v for v in member.overall))
    )

    def limb(points: list[tuple[float, float]], thick_m: float, ink: tuple[float, ...]) -> None:
        spots = np.round(np.array([(x + dx * px, y - dy * px) for dx, dy in points]) * (1 << FIXED_BITS)).astype(
            np.int32
        )
        cv2.polylines(canvas, [spots], False, ink, max(1, round(thick_m * px)), cv2.LINE_AA, FIXED_BITS)

    if from_above:
        y += (1 if member.pace > 3.14 else -1) * (0.55 + 0.35 * member.nearer_m) * px * (1.15 - 0.75 * stoop)
        limb([(-0.16, 0.0), (0.16, 0.0)], 0.3, cloth)
        limb([(0.0, 0.0), (0.0, 0.02)], 0.26, hat)
        return
    swing = 0.35 * running * np.sin(9.0 * t_s + member.pace)
    work = 0.12 * stoop * np.sin(11.0 * t_s + member.pace)
    hip = member.tall_m * (0.52 - 0.22 * stoop)
    neck = hip + member.tall_m * (0.33 - 0.06 * stoop)
    lean = 0.15 * stoop
    for side in (-1.0, 1.0):
        limb([(0.0, hip), (side * (0.14 + 0.1 * stoop), hip * 0.5), (side * (0.1 + swing), 0.0)], 0.15, dark)
    limb([(0.0, hip), (lean, neck)], 0.36, cloth)
    for side in (-1.0, 1.0):
        hand = (lean + side * 0.3 + work, neck - 0.45 + 0.1 * side * stoop)
        limb([(lean + side * 0.16, neck - 0.05), (lean + side * 0.3, neck - 0.25), hand], 0.11, cloth)
    limb([(lean, neck + 0.17), (lean, neck + 0.19)], 0.26, hat)
