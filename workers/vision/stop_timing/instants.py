"""The instant at which a car's speed reached zero, or left it, from its positions: finer than the pictures' interval.

Near a standstill a car's acceleration goes from nothing to its full value within some hundredths of a second and then
stays: its way is cubic, then a parabola, then (a car that crept) straight. The instant, that ramp's length and the
straight part are tried on a grid, what is linear is solved at each (variable projection, Golub and Pereyra 1973), and
the posterior of the instant, summed over the rest, gives its mean and its 95 % interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_COARSE_S, _STEP_S = 0.008, 0.001
_RAMPS_S = np.geomspace(0.03, 0.3, 14)
"""How long the acceleration takes to come or go: 3 to 12 m/s² at jolts of 40 to 300 m/s³."""
_ENDS_S = np.array([0.06, 0.09, 0.13, 0.19, 0.28, 9.0])
"""How long the acceleration lasts before the way is straight; the last is for ever."""
_END_PRIOR = np.log([0.05, 0.05, 0.05, 0.05, 0.1, 0.7])
_TYPICAL_G, _G_SPREAD = 1.3, 0.7
"""Accelerations in box lengths/s²: the median and the spread of the logarithm. A car's 3 to 12 m/s² on 5 to 7 m."""
_PITCH_SPREAD = 0.10
"""How far above or below the point about which it pitches the points may lie, in box lengths."""
_LEAST_NOISE_PX = 0.07
_GROWING_NOISE = 0.005
"""Of the way: lenses and perspective make far positions worse than near ones."""
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
    expected = np.sqrt(_LEAST_NOISE_PX**2 + spread_px[seen] ** 2 + (_GROWING_NOISE * along) ** 2)
    trusted = (_LEAST_NOISE_PX / expected) ** 2
    weights, noise = trusted, _LEAST_NOISE_PX
    instants = np.arange(between[0], between[1], _COARSE_S)
    shapes = _shapes(times, instants, stops)
    for round in range(_ROUNDS):
        belief, residuals, accelerations = _belief(shapes, along, nod, weights, noise, length_px)
        best = np.unravel_index(int(np.argmax(belief)), belief.shape)
        off = residuals[best] / expected
        noise = _LEAST_NOISE_PX * max(1.0, 1.4826 * float(np.median(np.abs(off))))
        weights = trusted / (1 + (off * _LEAST_NOISE_PX / (3 * noise)) ** 2)
        if round == _ROUNDS - 2:
            likely = instants[belief.max(axis=(1, 2)) > belief.max() - _UNLIKELY]
            instants = np.arange(likely[0] - _COARSE_S, likely[-1] + _COARSE_S, max(_STEP_S, np.ptp(likely) / 60))
            shapes = _shapes(times, instants, stops)
    mass = np.exp(belief - belief.max()).sum(axis=(1, 2))
    mass /= mass.sum()
    mean = float((mass * instants).sum())
    return Instant(mean, _half_width(instants, mass, mean), noise, float(accelerations[best]))


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


def _belief(
    shapes: Values, along: Values, nod: Values, weights: Values, noise: float, length_px: float
) -> tuple[Values, Values, Values]:
    """Log posterior of each trial, its residuals, its acceleration in px/s²."""
    # What is linear: the place of the standstill and the pitch's part are solved away first, the shape's size after.
    centre = np.stack([np.ones_like(along), nod - np.average(nod, weights=weights)])
    normal = (centre * weights) @ centre.T
    normal[1, 1] += (noise / (_PITCH_SPREAD * length_px)) ** 2
    inverse = np.linalg.inv(normal)

    def without(values: Values) -> Values:
        return values - (values * weights) @ centre.T @ inverse @ centre

    rest, shape = without(along), without(shapes)
    power = (shape**2 * weights).sum(-1) + 1e-12
    size = np.maximum((shape * rest * weights).sum(-1) / power, 1e-3)
    residuals = rest - size[..., None] * shape
    wrong = (weights * residuals**2).sum(-1)
    prior = -((np.log(size / (_TYPICAL_G * length_px)) / _G_SPREAD) ** 2) / 2 + _END_PRIOR
    return -wrong / (2 * noise**2) + prior, residuals, size


def _half_width(instants: Values, mass: Values, mean: float) -> float:
    away = np.abs(instants - mean)
    order = np.argsort(away)
    within = np.cumsum(mass[order])
    return (
        float(away[order][min(int(np.searchsorted(within, 0.95)), len(order) - 1)])
        + float(instants[1] - instants[0]) / 2
    )
