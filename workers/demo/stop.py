"""The script of the demo's pit stop: where the car, its wheels and its crew are at each moment of the loop."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.demo.car import RADIUS_M, WHEELS, car, half_width, turn, wheel
from workers.demo.crew import Pose, figure
from workers.demo.shapes import Colour, Facet, Limb, Point, Shape, box

LOOP_S = 20.0
ARRIVED_S, STATIONARY_S, RELEASED_S = 3.0, 5.5, 10.0  # in view at the box's edge; wheels still; wheels turn again
BRAKING_M_S2, LEAVING_M_S2 = 9.0, 7.0
LIMIT_M_S = 22.2  # 80 km/h
LANE_Y_M = -4.6

WHITE: Colour = (235, 235, 230)
ORANGE: Colour = (30, 120, 250)
YELLOW: Colour = (60, 200, 245)
STEEL: Colour = (150, 145, 140)
DARK: Colour = (44, 40, 38)
RED: Colour = (50, 50, 240)
GREEN: Colour = (110, 230, 90)


def ease(at_s: float, start_s: float, end_s: float) -> float:
    """0 before, 1 after, smooth between."""
    share = min(1.0, max(0.0, (at_s - start_s) / (end_s - start_s)))
    return share * share * (3 - 2 * share)


@dataclass(frozen=True, slots=True)
class CarState:
    """Where the car is: metres, radians; `rolled` is how far its wheels turned, radians."""

    x: float
    y: float
    lift: float
    heading: float
    rolled: float


def along(at_s: float) -> float:
    """The car's way along the lane, in metres from where it stops."""
    if at_s < STATIONARY_S:
        left_s = STATIONARY_S - at_s
        braking_s = min(left_s, LIMIT_M_S / BRAKING_M_S2)
        return -0.5 * BRAKING_M_S2 * braking_s**2 - LIMIT_M_S * (left_s - braking_s)
    going_s = max(0.0, at_s - RELEASED_S)
    pulling_s = min(going_s, LIMIT_M_S / LEAVING_M_S2)
    return 0.5 * LEAVING_M_S2 * pulling_s**2 + LIMIT_M_S * (going_s - pulling_s)


def across(x: float) -> float:
    """The car's way across the lane at x, in metres."""
    return LANE_Y_M * (ease(-x, 4.5, 22.0) if x < 0 else ease(x, 3.5, 26.0))


def car_state(at_s: float) -> CarState | None:
    """The car at that moment of the loop, or None while it is out of sight."""
    x = along(at_s)
    if not -60 < x < 70:
        return None
    slope = (across(x + 0.2) - across(x - 0.2)) / 0.4
    lift = 0.13 * (ease(at_s, 5.75, 6.0) - ease(at_s, 9.2, 9.45))
    return CarState(x, across(x), lift, math.atan(slope), x / RADIUS_M)


def place(*metres: float) -> Point:
    return np.array(metres)


def walk(spots: Sequence[tuple[float, float, float]], at_s: float) -> tuple[float, float, float, float]:
    """Where somebody is who walks from spot to spot (at s, x, y): x, y, heading of the walk, stride."""
    for (start, x0, y0), (end, x1, y1) in itertools.pairwise(spots):
        if start <= at_s < end:
            share = ease(at_s, start, end)
            far = math.hypot(x1 - x0, y1 - y0)
            heading = math.atan2(y1 - y0, x1 - x0) if far > 0.05 else math.nan
            pace = math.sin(share * far * 4.2) if far > 0.05 else 0.0
            return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, heading, pace
    return *spots[-1][1:], math.nan, 0.0


def facing(walked: float, otherwise: float) -> float:
    return otherwise if math.isnan(walked) else walked


def held(middle: Point, heading: float) -> tuple[Point, Point]:
    """Hands on both sides of a wheel."""
    c, s = math.cos(heading), math.sin(heading)
    return middle + place(-s, c, 0.0) * 0.30, middle + place(s, -c, 0.0) * 0.30


def corner(name: str, at_s: float, lift: float) -> list[Shape]:
    """The three who change one wheel, the wheels they carry, and the gun."""
    x, y = WHEELS[name]
    out = 1.0 if y > 0 else -1.0
    inward = -out * math.pi / 2
    half = half_width(name)
    made: list[Shape] = []
    close, away = abs(y) + 0.80, abs(y) + 1.75

    def person(spots: Sequence[tuple[float, float, float]]) -> tuple[float, float, float, float]:
        return walk([(s, px, out * py) for s, px, py in spots], at_s)

    # With the gun: down at the nut, off, aside, on again, hands up.
    px, py, _, stride = person(
        [(0, x, away), (5.2, x, away), (5.7, x, close), (9.0, x, close), (11.5, x, away), (20, x, away)]
    )
    crouch = ease(at_s, 5.0, 5.6) - ease(at_s, 8.7, 9.1)
    nut = place(x, y + out * (half + 0.16), RADIUS_M + lift * 0.6)
    working = 5.6 < at_s < 8.7
    shaking = 0.012 * math.sin(at_s * 90) if working and not 6.6 < at_s < 7.9 else 0.0
    back = 0.35 if 6.4 < at_s < 7.9 else 0.0
    tip = nut + place(shaking, out * back, shaking) if working else place(px, py - out * 0.32, 0.95 - 0.3 * crouch)
    raised = ease(at_s, 8.8, 9.0) - ease(at_s, 9.9, 10.4)
    hands = (tip + place(0.05, out * 0.12, 0.03), tip + place(-0.05, out * 0.20, -0.05))
    if raised > 0.05:
        hands = (place(px - 0.25, py, 1.2 + 0.75 * raised), tip + place(0.0, out * 0.2, 0.0))
    made += figure(Pose(px, py, inward, crouch, hands, stride, ORANGE))
    made += [Limb(tip, tip + place(0.0, out * 0.26, 0.0), 0.045, YELLOW)]
    made += [Limb(tip + place(0.0, out * 0.2, 0.0), tip + place(0.0, out * 0.22, -0.16), 0.03, DARK)]

    # Wheel off: pulls it straight out, stands with it, hands it over, and goes back empty.
    taken = ease(at_s, 6.5, 7.1)
    px, py, went, stride = person(
        [
            (0, x - 0.95, 2.55),
            (5.1, x - 0.95, 2.55),
            (5.8, x - 0.62, 1.75),
            (7.2, x - 0.62, 1.75),
            (8.0, x - 0.95, 2.75),
            (13.6, x - 0.95, 2.75),
            (14.4, x - 0.5, 2.75),
            (15.2, x - 0.5, 2.75),
            (16.0, x - 0.95, 2.55),
            (20, x - 0.95, 2.55),
        ]
    )
    face = facing(went, inward) if stride and at_s > 7.2 else inward + out * 0.45 * ease(at_s, 5.5, 5.9) * (1 - taken)
    crouch = 0.85 * (ease(at_s, 5.4, 5.9) - ease(at_s, 7.1, 7.7))
    old = None
    if 6.5 <= at_s < 14.6:
        carried = place(px + 0.32, py - out * 0.30, 0.42 + 0.34 * ease(at_s, 7.2, 7.8))
        old = place(x, y, RADIUS_M + lift) * (1 - taken) + carried * taken
        made += wheel(old, 0.3, half)
    reach = place(x - 0.05, y + out * 0.1, 0.42) if 5.8 < at_s < 6.5 else None
    grip = held(old, math.pi / 2) if old is not None else (held(reach, math.pi / 2) if reach is not None else None)
    made += figure(Pose(px, py, face, crouch, grip, stride))

    # Wheel on: waits with the new one, pushes it home.
    put = ease(at_s, 7.15, 7.85)
    px, py, _, stride = person(
        [
            (0, x + 0.95, 2.55),
            (5.1, x + 0.95, 2.55),
            (5.9, x + 0.70, 2.05),
            (7.1, x + 0.70, 2.05),
            (7.8, x + 0.66, 1.70),
            (8.3, x + 0.66, 1.70),
            (9.2, x + 0.95, 2.55),
            (13.6, x + 0.95, 2.55),
            (14.4, x + 0.5, 2.55),
            (15.2, x + 0.5, 2.55),
            (16.0, x + 0.95, 2.55),
            (20, x + 0.95, 2.55),
        ]
    )
    crouch = 0.85 * (ease(at_s, 5.4, 6.0) - ease(at_s, 8.2, 8.8))
    new = None
    if at_s < 7.85 or at_s >= 14.6:
        low = 0.80 - 0.36 * crouch
        carried = place(px - 0.30, py - out * 0.34, low)
        new = carried * (1 - put) + place(x, y, RADIUS_M + lift) * put if at_s < 8 else carried
        if 14.0 < at_s < 15.2:
            new = place(x, out * 2.45, 0.80) * (1 - ease(at_s, 14.6, 15.2)) + carried * ease(at_s, 14.6, 15.2)
        made += wheel(new, 0.9, half)
    made += figure(
        Pose(
            px,
            py,
            inward - out * 0.35 * (at_s < 14),
            crouch,
            held(new, math.pi / 2) if new is not None else None,
            stride,
        )
    )
    return made


def jacks(at_s: float, lift: float) -> list[Shape]:
    """The two with the jacks: the front one steps out of the way before the car leaves."""
    made: list[Shape] = []
    for sign, reach, helmet in ((1.0, 2.65, WHITE), (-1.0, 2.55, WHITE)):
        wait_y = 2.9
        spots = [(0.0, sign * 4.6, wait_y), (4.9 if sign > 0 else 5.25, sign * 4.6, wait_y)]
        spots += [(5.72, sign * (reach + 1.15), 0.0), (9.4, sign * (reach + 1.15), 0.0), (9.95, sign * 4.3, 1.9)]
        spots += [(13.0, sign * 4.3, 1.9), (15.0, sign * 4.6, wait_y), (20.0, sign * 4.6, wait_y)]
        x, y, _, stride = walk(spots, at_s)
        heading = math.pi if sign > 0 else 0.0
        if not 5.4 < at_s < 9.6:
            heading = -math.pi / 2
        pumping = lift / 0.13
        c, s = math.cos(heading), math.sin(heading)
        grip = place(x + c * 0.42, y + s * 0.42, 1.08 - 0.30 * pumping)
        foot = place(x + c * 1.22, y + s * 1.22, 0.12 + lift)
        side = place(-s, c, 0.0) * 0.16
        made += figure(Pose(x, y, heading, 0.18 * pumping, (grip + side, grip - side), stride, helmet))
        made += [Limb(grip - side, grip + side, 0.022, STEEL), Limb(grip, foot, 0.030, STEEL)]
        made += [Limb(foot - side, foot + side, 0.045, ORANGE)]
        for wheel_side in (side, -side):
            base = place(foot[0], foot[1], 0.07) - place(c, s, 0.0) * 0.2 + wheel_side
            made.append(Limb(base, base, 0.06, DARK))
    return made


def signals(at_s: float) -> list[Facet]:
    """The lights on the boom over the box: red while they work, green to go."""
    stands = STATIONARY_S - 0.4 < at_s < RELEASED_S - 0.25
    goes = RELEASED_S - 0.25 <= at_s < RELEASED_S + 2.5
    made = box((3.35, 1.72, 2.36), (3.46, 2.28, 2.62), DARK) + box((3.38, 2.28, 2.50), (3.43, 6.0, 2.56), STEEL)
    for low, on, colour in ((1.76, stands, RED), (2.03, goes, GREEN)):
        for x in (3.34, 3.47):
            lamp = [(x, low, 2.40), (x, low + 0.21, 2.40), (x, low + 0.21, 2.58), (x, low, 2.58)]
            dim: Colour = (colour[0] * 0.25, colour[1] * 0.25, colour[2] * 0.25)
            made.append(Facet(np.array(lamp), colour if on else dim, glows=True, pull=0.2, two_sided=True))
    return made


@dataclass(frozen=True, slots=True)
class Moment:
    """All that moves at one moment, and the ground it shades: polygons of (N, 2) metres."""

    shapes: list[Shape]
    shadows: list[Point]


def moment(at_s: float) -> Moment:
    """The box at a moment of the loop, 0 ≤ at_s < LOOP_S."""
    state = car_state(at_s)
    lift = state.lift if state else 0.0
    shapes: list[Shape] = [*signals(at_s), *jacks(at_s, lift)]
    for name in WHEELS:
        shapes += corner(name, at_s, lift)
    circle = np.linspace(0, 2 * np.pi, 13)[:-1]
    ring = np.stack([np.cos(circle), np.sin(circle)], axis=1)
    shadows = [
        limb.a[:2] + ring * (0.24 + limb.a[2] * 0.08) + np.array([-0.08, 0.10])
        for limb in shapes
        if isinstance(limb, Limb) and limb.radius == 0.165
    ]
    if state:
        off = 6.5 <= at_s < 7.85
        wheels = [] if off else list(WHEELS)
        middle = place(state.x, state.y, state.lift)
        shapes += car(middle, state.heading, -state.rolled, wheels)
        outline = [
            (2.8, 1.0),
            (2.0, 1.15),
            (-2.0, 1.15),
            (-2.75, 0.8),
            (-2.75, -0.8),
            (-2.0, -1.15),
            (2.0, -1.15),
            (2.8, -1.0),
        ]
        shadows.append(np.array(outline) @ turn(state.heading)[:2, :2].T + middle[:2] + np.array([-0.10, 0.14]))
    return Moment(shapes, shadows)
