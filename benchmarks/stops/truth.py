"""What really happened in a rendered clip, to the microsecond, and the definitions that make it so.

All times are seconds of the clip's PTS counted from its first picture. A picture's PTS is the middle of the exposure of
its middle row; with a rolling shutter the rows above were exposed earlier and those below later, by up to half the
read-out.

arrived     the car's outline first covers the pit box by 5 % of the outline's own area (`SHARE`)
stationary  the wheels' speed becomes 0, for the first standstill of 0.5 s or more within the box
released    the wheels begin to move, for the last time before the car leaves: a false start does not count
departed    the outline last covers the box by 5 %

The outline is the upright rectangle around the car on a camera that does not shake, its springs at rest. An instant
that is not within the clip is None. A car that goes through without such a standstill is a pass, timed half-way between
arrived and departed.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import cv2
import numpy as np

from benchmarks.stops.cars import Car
from benchmarks.stops.lens import Lens
from benchmarks.stops.motion import Travel

SHARE = 0.05
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class TrueStop:
    """Seconds of the clip's PTS from its first picture; None: not in the clip."""

    arrived: float | None
    stationary: float | None
    released: float | None
    departed: float | None

    @property
    def stationary_s(self) -> float | None:
        return None if self.stationary is None or self.released is None else self.released - self.stationary


@dataclass(frozen=True, slots=True)
class Truth:
    """One clip's."""

    stops: tuple[TrueStop, ...]
    passes: tuple[float, ...]
    box: Corners
    """The pit box, corners in px."""
    width: int
    height: int
    pts_s: tuple[float, ...]
    """Of every picture in the file, from the first."""
    occlusion: float
    """Share of the standing car that the crew hid at most."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        stops = tuple(TrueStop(**stop) for stop in told["stops"])
        box = tuple((x, y) for x, y in told["box"])
        rest = {"stops": stops, "box": box, "passes": tuple(told["passes"]), "pts_s": tuple(told["pts_s"])}
        return cls(**{**told, **rest})


def outline(car: Car, lens: Lens, s_m: float) -> Corners:
    """The upright rectangle around the car, in px."""
    (x,), (y,), (size,) = (values.ravel() for values in lens.ground([s_m]))
    half = car.length_m / 2 * lens.px_per_m * size * lens.squash
    top, bottom = y - car.above_m * lens.px_per_m * size, y + car.below_m * lens.px_per_m * size
    return ((x - half, top), (x + half, top), (x + half, bottom), (x - half, bottom))


def covered(car: Car, lens: Lens, box: Corners, s_m: float) -> float:
    """The share of the car's outline that is in the box; the box is convex."""
    rectangle = np.array(outline(car, lens, s_m), np.float32)
    common, _ = cv2.intersectConvexConvex(rectangle, np.array(box, np.float32))
    return float(common) / float(cv2.contourArea(rectangle))


def box_around(car: Car, lens: Lens, rng: np.random.Generator) -> tuple[Corners, float]:
    """A pit box with room about the standing car, drawn by no steady hand; and its margin before and behind in m."""
    (left, top), _, (right, bottom), _ = outline(car, lens, 0.0)
    wide, tall, margin = right - left, bottom - top, float(rng.uniform(0.08, 0.3))
    sides = ((left, top, -1, -1), (right, top, 1, -1), (right, bottom, 1, 1), (left, bottom, -1, 1))
    corners = tuple(
        (
            float(x + out_x * wide * (margin + rng.uniform(-0.03, 0.03))),
            float(y + out_y * tall * rng.uniform(0.08, 0.3)),
        )
        for x, y, out_x, out_y in sides
    )
    return corners, (margin + 0.03) * car.length_m


def true_stop(
    travel: Travel, car: Car, lens: Lens, box: Corners, clip_s: float
) -> tuple[TrueStop | None, float | None]:
    """The stop of one car as far as the clip shows it, or when it passed."""

    def inside(t_s: float) -> bool:
        return covered(car, lens, box, float(travel.position(t_s))) >= SHARE

    def within(at: float | None) -> float | None:
        return None if at is None or not 0 <= at <= clip_s else at

    if travel.stationary_s is None:
        times = [t for t in np.arange(-1, clip_s + 1, 0.02).tolist() if inside(t)]
        arrived, departed = _flip(inside, times[0] - 0.02, times[0]), _flip(inside, times[-1] + 0.02, times[-1])
        return None, within((arrived + departed) / 2)
    released = travel.released_s
    assert released is not None
    arrived, departed = _edge(inside, travel.stationary_s, -0.02), _edge(inside, released, 0.02)
    return TrueStop(within(arrived), within(travel.stationary_s), within(released), within(departed)), None


def _edge(inside: Callable[[float], bool], from_s: float, step_s: float) -> float:
    """The first instant in this direction at which it is no longer inside."""
    at = from_s
    while inside(at):
        at += step_s
    return _flip(inside, at, at - step_s)


def _flip(inside: Callable[[float], bool], outside_s: float, inside_s: float) -> float:
    for _ in range(30):
        middle = (outside_s + inside_s) / 2
        outside_s, inside_s = (outside_s, middle) if inside(middle) else (middle, inside_s)
    return inside_s
