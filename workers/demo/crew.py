"""One member of the demo's crew: overalls, helmet, and joints that bend the right way."""

from dataclasses import dataclass

import numpy as np

from workers.demo.shapes import Colour, Limb, Point

OVERALL: Colour = (74, 52, 34)
SLEEVE: Colour = (30, 120, 250)
TROUSER: Colour = (58, 44, 34)
GLOVE: Colour = (40, 40, 42)
SHOE: Colour = (30, 30, 32)
VISOR: Colour = (35, 30, 28)


@dataclass(frozen=True, slots=True)
class Pose:
    """How somebody stands. Metres and radians; hands are where they reach for, or None when they hang."""

    x: float
    y: float
    heading: float
    crouch: float = 0.0  # 0 upright … 1 down at a wheel
    hands: tuple[Point, Point] | None = None
    stride: float = 0.0  # −1 … 1, where the feet are in a step
    helmet: Colour = (235, 235, 230)


def joint(a: Point, b: Point, upper: float, lower: float, towards: Point) -> tuple[Point, Point]:
    """Where the knee or elbow between a and b is, and how far towards b the limb reaches. Lengths in metres."""
    span = b - a
    distance = float(np.linalg.norm(span)) or 1e-6
    reach = min(distance, (upper + lower) * 0.999)
    along = span / distance
    share = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = np.sqrt(max(upper**2 - share**2, 0.0))
    side = towards - along * float(towards @ along)
    side /= float(np.linalg.norm(side)) or 1.0
    return a + along * share + side * out, a + along * reach


def figure(pose: Pose) -> list[Limb]:
    """The limbs of somebody in that pose, back to front as seen from anywhere."""
    c, s = np.cos(pose.heading), np.sin(pose.heading)
    ahead, left, up = np.array([c, s, 0.0]), np.array([-s, c, 0.0]), np.array([0.0, 0.0, 1.0])
    ground = np.array([pose.x, pose.y, 0.0])
    hip = ground + up * (0.92 - 0.46 * pose.crouch) - ahead * 0.16 * pose.crouch
    lean = 0.06 + 0.62 * pose.crouch
    spine = up * np.cos(lean) + ahead * np.sin(lean)
    chest = hip + spine * 0.50
    head = chest + spine * 0.20 + ahead * 0.02
    made: list[Limb] = []
    for side in (1, -1):
        foot = ground + left * 0.13 * side + ahead * (0.28 * pose.stride * side + 0.06 * pose.crouch * side)
        foot = foot + up * (0.07 + 0.05 * max(0.0, pose.stride * side))
        top = hip + left * 0.10 * side
        knee, ankle = joint(top, foot, 0.44, 0.43, ahead + left * 0.35 * side)
        made += [Limb(top, knee, 0.088, TROUSER), Limb(knee, ankle, 0.066, TROUSER)]
        made.append(Limb(ankle, ankle + ahead * 0.13 - up * 0.02, 0.052, SHOE))
        shoulder = chest + left * 0.19 * side
        hanging = shoulder - up * 0.52 + ahead * (0.10 - 0.14 * pose.stride * side) + left * 0.07 * side
        wanted = pose.hands[0 if side > 0 else 1] if pose.hands else hanging
        elbow, hand = joint(shoulder, wanted, 0.29, 0.29, left * side - up * 0.6 - ahead * 0.3)
        made += [
            Limb(shoulder, elbow, 0.058, OVERALL),
            Limb(elbow, hand, 0.048, SLEEVE),
            Limb(hand, hand, 0.052, GLOVE),
        ]
    made.append(Limb(hip - left * 0.07, hip + left * 0.07, 0.125, TROUSER))
    made.append(Limb(hip + spine * 0.10, chest - spine * 0.08, 0.165, OVERALL))
    made.append(Limb(chest - left * 0.13, chest + left * 0.13, 0.105, OVERALL))
    made.append(Limb(chest - spine * 0.16 - left * 0.05, chest - spine * 0.16 + left * 0.05, 0.136, SLEEVE))
    made.append(Limb(head, head, 0.138, pose.helmet))
    made.append(Limb(head + ahead * 0.07 - left * 0.04, head + ahead * 0.07 + left * 0.04, 0.066, VISOR))
    return made
