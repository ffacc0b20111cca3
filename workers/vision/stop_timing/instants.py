"""The instant at which a car's speed reached zero, or left it, from its positions: finer than the pictures' interval.

Near a standstill a car's acceleration goes from nothing to its full value within some hundredths of a second and then
stays: its way is cubic, then a parabola, then (a car that crept) straight. The instant, that ramp's length and the
straight part are tried on a grid, what is linear is solved at each (variable projection, Golub and Pereyra 1973), and
the posterior of the instant, summed over the rest, gives its mean and its 95 % interval.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_COARSE_S, _STEP_S = 0.008, 0.001
_RAMPS_S = np.geomspace(0.02, 0.3, 12)
"""How long the acceleration takes to come or go."""
_TYPICAL_JOLT, _JOLT_SPREAD = 16.0, 0.8
"""Box lengths/s³: how fast it comes or goes, the median and the spread of the logarithm. A car's 40 to 300 m/s³ on 5 to
7 m."""
_ENDS_S = np.array([0.06, 0.09, 0.13, 0.19, 0.28, 9.0])
"""How long the acceleration lasts before the way is straight; the last is for ever."""
_END_PRIOR = np.log([0.05, 0.05, 0.05, 0.05, 0.1, 0.7])
_TYPICAL_G, _G_SPREAD, _LEAST_G = 1.3, 0.7, 0.001
"""Accelerations in box lengths/s²: the median and the spread of the logarithm, and the least. A car's 3 to 12 m/s² on 5
to 7 m."""
_HIGH, _HIGH_SPREAD = 0.09, 0.05
"""How high above the ground, about which it dips, what is seen of a body lies, in box lengths."""
_STARTS_WITH_PX, _NOISE_PX, _NOISE_PICTURES = 0.07, 0.02, 6.0
"""What positions are thought to scatter by at first, and usually do; the latter weighs as much as so many pictures that
say otherwise."""
_GROWING_NOISE = 0.005
"""Of the way: lenses and perspective make far positions worse than near ones."""
_MOST_ALIKE = 0.6
"""What neighbouring residuals may be thought to share."""
_ROUNDS = 4
_UNLIKELY = 9.0


@dataclass(frozen=True, slots=True)
class Instant:
    t_s: float
    half_width_s: float
    """95 % of the posterior lies within this of t_s, before calibration."""
    noise_px: float
    acceleration_px_s2: float


def turning_point(
    times_s: Values,
    along_px: Values,
    pitch: Values,
    spread_px: Values,
    *,
    stops: bool,
    between: tuple[float, float],
    length_px: float,
) -> Instant | None:
    """When the motion ends (stops=True) or begins. NaN positions are left out; None if too few remain.

    spread_px: standard error of each position; between: where to look, s; length_px: of the box along the travel.
    """
    seen = np.isfinite(along_px) & np.isfinite(pitch) & np.isfinite(spread_px)
    if seen.sum() < 6:
        return None
    times, along, nod = times_s[seen], along_px[seen], pitch[seen]
    nod = nod - np.median(nod)
    expected = np.sqrt(_NOISE_PX**2 + spread_px[seen] ** 2 + (_GROWING_NOISE * along) ** 2)
    trusted = (_NOISE_PX / expected) ** 2
    weights, noise, witnesses = trusted, _STARTS_WITH_PX, 1.0
    instants = np.arange(between[0], between[1], _COARSE_S)
    shapes = _shapes(times, instants, stops)
    for round in range(_ROUNDS):
        sizes, wrong, residuals = _solved(shapes, along, nod, weights, noise, length_px)
        belief = _expected(sizes, length_px) - wrong * witnesses / (2 * noise**2)
        best = np.unravel_index(int(np.argmax(belief)), belief.shape)
        off = residuals(best) * _NOISE_PX / expected
        scale = 1.4826 * float(np.median(np.abs(off)))
        noise = np.sqrt((_NOISE_PICTURES * _NOISE_PX**2 + len(off) * scale**2) / (_NOISE_PICTURES + len(off)))
        weights = trusted / (1 + (off / (3 * noise)) ** 2)
        # Neighbours that are off together are fewer witnesses than they are pictures.
        usual = np.clip(off, -3 * noise, 3 * noise)
        alike = float(np.clip((usual[1:] @ usual[:-1]) / (usual @ usual + 1e-12), 0, _MOST_ALIKE))
        witnesses = (1 - alike) / (1 + alike)
        if round == _ROUNDS - 2:
            likely = instants[belief.max(axis=(1, 2)) > belief.max() - _UNLIKELY]
            instants = np.arange(likely[0] - _COARSE_S, likely[-1] + _COARSE_S, max(_STEP_S, np.ptp(likely) / 60))
            shapes = _shapes(times, instants, stops)
    mass = np.exp(belief - belief.max()).sum(axis=(1, 2))
    mass /= mass.sum()
    mean = float((mass * instants).sum())
    return Instant(mean, _half_width(instants, mass, mean), noise, float(sizes[best]))


def _shapes(times: Values, instants: Values, stops: bool) -> Values:
    """(instants, ramps, ends, pictures): the way at unit acceleration, positive along the travel after a start."""
    since = (times[None, :] - instants[:, None]) * (-1 if stops else 1)
    late = np.maximum(since, 0)[:, None, None, :]
    ramp = _RAMPS_S[None, :, None, None]
    end = np.maximum(_ENDS_S[None, None, :, None], ramp)
    way = _ramped(np.minimum(late, end), ramp)
    speed = np.where(end < ramp, end**2 / (2 * ramp), ramp / 2 + (end - ramp))
    way = way + speed * np.maximum(late - end, 0)
    return np.asarray(-way if stops else way)


def _ramped(t: Values, ramp: Values) -> Values:
    after = np.maximum(t - ramp, 0)
    early = np.minimum(t, ramp)
    return early**3 / (6 * ramp) + ramp / 2 * after + after**2 / 2


def _solved(
    shapes: Values, along: Values, nod: Values, weights: Values, noise: float, length_px: float
) -> tuple[Values, Values, Callable[[tuple[np.intp, ...]], Values]]:
    """Of each trial: its acceleration in px/s², its weighted square error, and, asked for, its residuals."""
    # What is linear: the place of the standstill and the dip's part are solved away first, the shape's size after.
    rest = along - _HIGH * length_px * nod
    centre = np.stack([np.ones_like(along), nod])
    normal = (centre * weights) @ centre.T
    normal[1, 1] += (noise / (_HIGH_SPREAD * length_px)) ** 2
    inverse = np.linalg.inv(normal)
    towards = shapes @ (weights * np.vstack([centre, rest])).T
    rest_towards = (centre * weights) @ rest
    power = shapes**2 @ weights - ((towards[..., :2] @ inverse) * towards[..., :2]).sum(-1) + 1e-12
    shared = towards[..., 2] - towards[..., :2] @ (inverse @ rest_towards)
    left = (weights * rest) @ rest - rest_towards @ inverse @ rest_towards
    sizes = np.maximum(shared / power, _LEAST_G * length_px)

    def residuals(trial: tuple[np.intp, ...]) -> Values:
        part = inverse @ (rest_towards - sizes[trial] * towards[trial][:2])
        return np.asarray(rest - part @ centre - sizes[trial] * shapes[trial])

    return sizes, left - 2 * sizes * shared + sizes**2 * power, residuals


def _expected(sizes: Values, length_px: float) -> Values:
    """Log prior of each trial: how cars brake and start."""
    accelerations = np.log(sizes / (_TYPICAL_G * length_px)) / _G_SPREAD
    jolts = np.log(sizes / (_RAMPS_S[:, None] * _TYPICAL_JOLT * length_px)) / _JOLT_SPREAD
    return np.asarray(_END_PRIOR - accelerations**2 / 2 - jolts**2 / 2)


def _half_width(instants: Values, mass: Values, mean: float) -> float:
    away = np.abs(instants - mean)
    order = np.argsort(away)
    within = np.cumsum(mass[order])
    return (
        float(away[order][min(int(np.searchsorted(within, 0.95)), len(order) - 1)])
        + float(instants[1] - instants[0]) / 2
    )
