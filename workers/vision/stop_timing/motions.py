"""What something flat does from picture to picture: a shift, a turn and a growth, fitted to the ways of its points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Values = NDArray[np.float64]

_SETTLED_PX = 0.003


@dataclass(frozen=True, slots=True)
class Motions:
    """By picture, against a reference picture."""

    about: Values
    """(2,) px: the place in the reference that `values` shift, turn and grow about."""
    values: Values
    """(pictures, 4): px to the right and down, rad from right to down, share; NaN where it is not seen."""
    errors: Values
    """(pictures, 4): their standard errors."""

    def at(self, points: Floats) -> Values:
        """(pictures, points, 2) px: how far each point goes."""
        x, y = (points - self.about).T
        right, down, turn, growth = self.values.T[..., None]
        return np.stack([right - turn * y + growth * x, down + turn * x + growth * y], -1)

    def matrices(self) -> Values:
        """(pictures, 2, 3): how far a place (x, y, 1) goes."""
        right, down, turn, growth = self.values.T
        x, y = self.about
        rows = (growth, -turn, right - growth * x + turn * y), (turn, growth, down - turn * x - growth * y)
        return np.stack([np.stack(row, -1) for row in rows], 1)


def common_motions(ways: Values, points: Floats, fewest: int) -> Motions:
    """Of points whose ways, (pictures, points, 2) px, mostly agree; NaN where fewer are seen."""
    about = points.mean(axis=0).astype(np.float64)
    off = points - about
    values, errors = (np.full((len(ways), 4), np.nan) for _ in range(2))
    for place, way in enumerate(ways):
        there = np.isfinite(way[:, 0])
        if there.sum() < fewest:
            continue
        x, y = off[there].T
        ones, zeros = np.ones_like(x), np.zeros_like(x)
        rows = np.concatenate([np.stack([ones, zeros, -y, x], 1), np.stack([zeros, ones, x, y], 1)])
        values[place], errors[place] = _robust(rows, np.concatenate(way[there].T))
    return Motions(about, values, errors)


def _robust(rows: Values, values: Values) -> tuple[Values, Values]:
    """Least squares that forgives outliers (Tukey's biweight). Returns the solution and its standard errors."""
    weights: Values = np.ones(len(values))
    start = np.median(values[: len(values) // 2]), np.median(values[len(values) // 2 :])
    off = values - np.repeat(start, len(values) // 2)
    solved: Values = np.zeros(rows.shape[1])
    for _ in range(5):
        scale = max(0.03, 1.4826 * float(np.median(np.abs(off))))
        weights = np.asarray(np.clip(1 - (off / (4.7 * scale)) ** 2, 0, 1) ** 2, np.float64)
        normal = rows.T @ (rows * weights[:, None]) + 1e-9 * np.eye(rows.shape[1])
        solved = np.asarray(np.linalg.solve(normal, rows.T @ (weights * values)), np.float64)
        before, off = off, values - rows @ solved
        if float(np.abs(off - before).max()) < _SETTLED_PX:
            break
    freedom = max(1.0, float(weights.sum()) - rows.shape[1])
    variance = float((weights * off**2).sum()) / freedom
    return solved, np.sqrt(np.diag(np.linalg.inv(normal)) * variance)
