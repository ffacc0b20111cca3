"""What a picture of the pit box is drawn from: flat facets, round limbs, and the camera that sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = NDArray[np.float64]  # (3,) metres: x along the pit lane, y towards the garage, z up
Colour = tuple[float, float, float]  # blue, green, red, 0–255

LIGHT = np.array([0.35, -0.45, 0.82])
LIGHT /= np.linalg.norm(LIGHT)
NEAR_M = 0.35


@dataclass(frozen=True, slots=True)
class Facet:
    """A flat convex polygon. points: (N, 3) metres. `glows` takes no shading; `pull` sorts it nearer, in metres."""

    points: NDArray[np.float64]
    colour: Colour
    glows: bool = False
    pull: float = 0.0
    two_sided: bool = False


@dataclass(frozen=True, slots=True)
class Limb:
    """A round bar from a to b; a ball where they meet."""

    a: Point
    b: Point
    radius: float
    colour: Colour


Shape = Facet | Limb


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole camera. rotation: (3, 3), rows are right, up, forward."""

    position: Point
    rotation: NDArray[np.float64]
    focal_px: float
    width: int
    height: int

    def project(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N, 3) metres → (N, 2) px and (N,) depth in metres; pixels mean nothing where depth < NEAR_M."""
        seen = (points - self.position) @ self.rotation.T
        depth = np.maximum(seen[:, 2], 1e-3)
        across = self.width / 2 + self.focal_px * seen[:, 0] / depth
        down = self.height / 2 - self.focal_px * seen[:, 1] / depth
        return np.stack([across, down], axis=1), seen[:, 2]


def look(position: Sequence[float], target: Sequence[float], field_deg: float, width: int, height: int) -> Lens:
    """A camera at `position` that looks at `target` (metres), with a horizontal field of view."""
    eye = np.array(position, float)
    forward = np.array(target, float) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(right, forward), forward])
    return Lens(eye, rotation, width / 2 / np.tan(np.radians(field_deg) / 2), width, height)


def box(low: Sequence[float], high: Sequence[float], colour: Colour) -> list[Facet]:
    """The six sides of an upright box, metres."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    sides = [
        [(x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0)],
        [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)],
        [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)],
        [(x0, y1, z0), (x0, y1, z1), (x1, y1, z1), (x1, y1, z0)],
        [(x0, y0, z0), (x0, y0, z1), (x0, y1, z1), (x0, y1, z0)],
        [(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)],
    ]
    return [Facet(np.array(side, float), colour) for side in sides]


def moved(shapes: Sequence[Facet], turn: NDArray[np.float64], shift: Point) -> list[Facet]:
    """The facets turned by a (3, 3) matrix, then shifted, in metres."""
    return [Facet(f.points @ turn.T + shift, f.colour, f.glows, f.pull, f.two_sided) for f in shapes]
