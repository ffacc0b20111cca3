"""The demo's car: an open-wheeler of no make, as facets, with wheels that come off."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workers.demo.shapes import Colour, Facet, Limb, Point, Shape, box, moved

BODY: Colour = (150, 92, 26)
ACCENT: Colour = (30, 120, 250)
WHITE: Colour = (235, 235, 230)
CARBON: Colour = (46, 42, 40)
RUBBER: Colour = (44, 42, 42)
RIM: Colour = (120, 118, 116)
COMPOUND: Colour = (40, 215, 250)

WHEELS = {"FL": (1.75, 0.86), "FR": (1.75, -0.86), "RL": (-1.65, 0.84), "RR": (-1.65, -0.84)}  # x, y in metres
RADIUS_M = 0.345


def half_width(name: str) -> float:
    """Half a tyre's width in metres: the rear ones are wider."""
    return 0.16 if name[0] == "F" else 0.20


def loft(sections: Sequence[tuple[float, float, float, float, float]], colours: Sequence[Colour]) -> list[Facet]:
    """A skin over eight-cornered sections (x, middle y, half width, bottom z, top z), in metres; a colour a side."""
    rings = []
    for x, y, w, low, high in sections:
        bevel = min(w, (high - low) / 2) * 0.55
        rings.append(
            [
                *(
                    (x, y + w, low + bevel),
                    (x, y + w, high - bevel),
                    (x, y + w - bevel, high),
                    (x, y - w + bevel, high),
                ),
                *((x, y - w, high - bevel), (x, y - w, low + bevel), (x, y - w + bevel, low), (x, y + w - bevel, low)),
            ]
        )
    skin = [
        Facet(np.array([front[i], back[i], back[(i + 1) % 8], front[(i + 1) % 8]], float), colours[i])
        for front, back in itertools.pairwise(rings)
        for i in range(8)
    ]
    return [*skin, Facet(np.array(rings[0], float), colours[2]), Facet(np.array(rings[-1][::-1], float), CARBON)]


@functools.cache
def body() -> tuple[Facet, ...]:
    """Everything of the car but its wheels and driver; nose towards +x, standing on z = 0."""
    stripe = [BODY, BODY, ACCENT, WHITE, ACCENT, BODY, CARBON, CARBON]
    spine = [
        (2.62, 0.0, 0.10, 0.22, 0.36),
        (2.05, 0.0, 0.17, 0.18, 0.50),
        (1.30, 0.0, 0.26, 0.12, 0.62),
        (0.62, 0.0, 0.38, 0.08, 0.68),
    ]
    cockpit = [(0.62, 0.0, 0.38, 0.08, 0.68), (-0.05, 0.0, 0.42, 0.08, 0.62), (-0.42, 0.0, 0.40, 0.08, 0.70)]
    cover = [
        (-0.42, 0.0, 0.22, 0.12, 1.04),
        (-0.95, 0.0, 0.20, 0.12, 0.98),
        (-1.70, 0.0, 0.14, 0.15, 0.72),
        (-2.35, 0.0, 0.09, 0.22, 0.50),
    ]
    made = loft(spine, stripe)
    made += loft(cockpit, [BODY, BODY, BODY, CARBON, BODY, BODY, CARBON, CARBON])
    made += loft(cover, [BODY, BODY, ACCENT, WHITE, ACCENT, BODY, CARBON, CARBON])
    for side in (1, -1):
        pod = [
            (0.42, side * 0.60, 0.20, 0.16, 0.54),
            (-0.30, side * 0.60, 0.28, 0.10, 0.56),
            (-1.20, side * 0.50, 0.22, 0.10, 0.44),
            (-1.85, side * 0.36, 0.10, 0.12, 0.30),
        ]
        made += loft(pod, [BODY, ACCENT, BODY, BODY, ACCENT, BODY, CARBON, CARBON])
        made += box((2.18, side * 0.98 - 0.02, 0.06), (2.78, side * 0.98 + 0.02, 0.34), ACCENT)
        made += box((-2.72, side * 0.52 - 0.015, 0.40), (-2.18, side * 0.52 + 0.015, 1.00), ACCENT)
        made += box((0.15, side * 0.42, 0.66), (0.22, side * 0.62, 0.74), BODY)
    made += box((-2.25, -0.80, 0.04), (1.05, 0.80, 0.08), CARBON)
    made += box((2.42, -0.98, 0.09), (2.80, 0.98, 0.13), WHITE)
    made += box((2.24, -0.96, 0.17), (2.44, 0.96, 0.21), BODY)
    made += box((-2.70, -0.52, 0.86), (-2.40, 0.52, 0.91), BODY)
    made += box((-2.60, -0.52, 0.96), (-2.34, 0.52, 1.00), WHITE)
    made += box((-2.45, -0.03, 0.40), (-2.35, 0.03, 0.88), CARBON)
    return tuple(made)


def wheel(middle: Point, turned: float, half: float, heading: float = 0.0) -> list[Facet]:
    """One wheel, its axle along y. middle: metres; turned: how far it rolled, radians; half: half its width, metres."""
    corners = np.linspace(0, 2 * np.pi, 21)[:-1]
    ring = np.stack([np.cos(corners), np.zeros(20), np.sin(corners)], axis=1)
    made = []
    for i in range(20):
        a, b = ring[i] * RADIUS_M, ring[(i + 1) % 20] * RADIUS_M
        out = np.array([0.0, half, 0.0])
        made.append(Facet(np.array([a - out, a + out, b + out, b - out]), RUBBER))
    for side in (1.0, -1.0):
        out = np.array([0.0, side * half, 0.0])
        order = ring if side < 0 else ring[::-1]
        for share, colour, lift in (
            (1.0, RUBBER, 0.0),
            (0.86, COMPOUND, 0.01),
            (0.78, RUBBER, 0.02),
            (0.62, RIM, 0.03),
        ):
            made.append(Facet(order * RADIUS_M * share + out * (1 + lift), colour, pull=lift * 3))
        for spoke in range(5):
            at = turned + spoke * 2 * np.pi / 5
            wedge = [(0.0, 0.0), (np.cos(at - 0.2), np.sin(at - 0.2)), (np.cos(at + 0.2), np.sin(at + 0.2))]
            points = np.array([[x * RADIUS_M * 0.56, 0.0, z * RADIUS_M * 0.56] for x, z in wedge]) + out * 1.04
            made.append(Facet(points if side < 0 else points[::-1], CARBON, pull=0.12))
    return moved(made, turn(heading), middle)


def turn(heading: float) -> NDArray[np.float64]:
    """The matrix that turns the car to `heading` radians, from +x towards +y."""
    c, s = np.cos(heading), np.sin(heading)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def car(middle: Point, heading: float, turned: float, wheels: Sequence[str]) -> list[Shape]:
    """The car with the named wheels on. middle: where it stands, z lifted by the jacks; turned as in wheel()."""
    facing = turn(heading)
    made: list[Shape] = [*moved(body(), facing, middle)]
    for name in wheels:
        x, y = WHEELS[name]
        at = facing @ np.array([x, y, RADIUS_M]) + middle
        made += wheel(at, turned, half_width(name), heading)

    def place(x: float, y: float, z: float) -> Point:
        return np.asarray(facing @ np.array([x, y, z]) + middle)

    hoop = [place(0.62, 0.0, 0.70), place(0.50, 0.0, 0.90), place(0.20, 0.24, 0.93), place(-0.35, 0.27, 0.90)]
    other = [place(0.50, 0.0, 0.90), place(0.20, -0.24, 0.93), place(-0.35, -0.27, 0.90)]
    for path in (hoop, other):
        made += [Limb(a, b, 0.028, CARBON) for a, b in itertools.pairwise(path)]
    made.append(Limb(place(-0.02, 0.0, 0.80), place(-0.02, 0.0, 0.80), 0.13, ACCENT))
    made.append(Limb(place(0.07, -0.05, 0.81), place(0.07, 0.05, 0.81), 0.06, CARBON))
    for name, (x, y) in WHEELS.items():
        made += [Limb(place(x, np.sign(y) * 0.3, z), place(x, y * 0.85, RADIUS_M), 0.018, CARBON) for z in (0.25, 0.45)]
        if name not in wheels:
            made.append(Limb(place(x, y * 0.8, RADIUS_M), place(x, y * 0.98, RADIUS_M), 0.10, RIM))
    return made
