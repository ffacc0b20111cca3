"""From a journey's rough end or beginning to the instant: the pictures around it, the car's positions, the fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stop import TimedInstant
from workers.vision.stop_timing.aligning import Displacement, displaced
from workers.vision.stop_timing.instants import turning_point
from workers.vision.stop_timing.view import Gray

_SEARCHED = (1.1, 0.45)
"""First, every _SEARCH_STEP_S, so much is looked at on the moving side of the rough instant, and on the other."""
_SEARCH_STEP_S = 0.034
_ROUGH_OFF_S = (0.0, -0.4, 0.4, -0.7)
"""By how much the rough instant may be wrong: tried in turn, later than the truth being positive."""
_FARTHEST_S, _SURE_S = 0.8, 0.06
"""What is found farther from the rough instant is another motion; what is known so well need not be tried again."""
_RESTS_S, _SETTLES_S = 0.14, 0.2
"""After the rough instant, and after the car was _NEAR_PX from its place, it stands."""
_GAP_S = 0.15
_FITTED = (0.36, 0.32)
"""Then every picture, around what was found."""
_FITTED_SHARE = 0.16
"""Of the box's length: positions farther off than this are no longer near a standstill."""
_NEAR_PX, _SURE_PX = 1.5, 0.5
"""What is known no better than the second says nothing of the first."""
_FEWEST = 6
_VAGUE_S = 0.11
"""A fit that leaves so much open has not seen a standstill's end or beginning."""
_STRANGE_PX, _LEAP = 0.3, 6.0
"""What fits a car's motion worse than the first, or gathers speed faster than so many box lengths/s², is no car."""
_SWAY = 0.015
"""What was seen to go no farther, in box lengths, may be what is left of the shake."""
_AROUND_S, _SEEN = 0.2, 0.6
"""So near to the instant it must be seen in this share of the pictures."""
CALIBRATION, BESIDES_S = 1.25, 0.020
"""The posterior's 95 % half-width times the first, and the second beside it (root of squares), for what the positions
can't show: the rows' own time in a rolling shutter, what is left of a body's swing. Found on the benchmark's tuning
seeds (docs/stop-timing.md)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A working picture and its time."""

    t_s: float
    picture: Gray


def instant(
    seen: Sequence[Seen],
    rough_s: float,
    *,
    stops: bool,
    direction: NDArray[np.float32],
    length_px: float,
    box: NDArray[np.bool_],
) -> TimedInstant | None:
    """When the car stopped (or first moved), near `rough_s`; None if its motion can't be followed there.

    seen: pictures in order of time; length_px: of the box along the travel.
    """
    found: TimedInstant | None = None
    for off_s in _ROUGH_OFF_S:
        near_s = _coarse(seen, rough_s + (off_s if stops else -off_s), stops, direction, box)
        fine = None if near_s is None else _fine(seen, near_s, stops, direction, box)
        tried = None if fine is None else fitted(fine, stops=stops, length_px=length_px)
        if tried is None or abs(tried.t_s - rough_s) > _FARTHEST_S:
            continue
        if found is None or tried.u_s < found.u_s:
            found = tried
        if found.u_s < _SURE_S:
            break
    return found


def _coarse(
    seen: Sequence[Seen], rough_s: float, stops: bool, direction: NDArray[np.float32], box: NDArray[np.bool_]
) -> float | None:
    """About when it stopped (or first moved), if it is seen to near `rough_s`."""
    rests = _nearest(seen, rough_s + (_RESTS_S if stops else -_RESTS_S))
    if rests is None:
        return None
    around = _thinned(_between(seen, rough_s, _SEARCHED, stops), rests)
    found = _displaced(around, rests, direction, box, stops=stops, exactly=False)
    return None if found is None else _leaves_rest(found, stops)


def _fine(
    seen: Sequence[Seen], near_s: float, stops: bool, direction: NDArray[np.float32], box: NDArray[np.bool_]
) -> Displacement | None:
    """Every picture around: what the car looked like as it had just stopped is what it looks most like."""
    rests = _nearest(seen, near_s + (_SETTLES_S if stops else -_SETTLES_S))
    if rests is None:
        return None
    return _displaced(_between(seen, near_s, _FITTED, stops), rests, direction, box, stops=stops, exactly=True)


def _nearest(seen: Sequence[Seen], at_s: float) -> Seen | None:
    found = min(seen, key=lambda one: abs(one.t_s - at_s), default=None)
    return None if found is None or abs(found.t_s - at_s) > _GAP_S else found


def _between(seen: Sequence[Seen], at_s: float, reach: tuple[float, float], stops: bool) -> list[Seen]:
    before, after = reach if stops else reach[::-1]
    return [one for one in seen if at_s - before <= one.t_s <= at_s + after]


def _thinned(seen: Sequence[Seen], rests: Seen) -> list[Seen]:
    kept: list[Seen] = []
    for one in seen:
        if not kept or one is rests or one.t_s - kept[-1].t_s >= _SEARCH_STEP_S:
            kept.append(one)
    return kept


def _displaced(
    seen: Sequence[Seen],
    rests: Seen,
    direction: NDArray[np.float32],
    box: NDArray[np.bool_],
    *,
    stops: bool,
    exactly: bool,
) -> Displacement | None:
    reference = next((place for place, one in enumerate(seen) if one is rests), None)
    if reference is None or len(seen) < _FEWEST:
        return None
    pictures, times = [one.picture for one in seen], [one.t_s for one in seen]
    return displaced(pictures, times, reference, box, direction, stops=stops, exactly=exactly)


def _leaves_rest(found: Displacement, stops: bool) -> float | None:
    """The last time (of a start, the first) at which the car is clearly not where it stands, and going there."""
    order = slice(None) if stops else slice(None, None, -1)
    times, along = found.times_s[order], found.along_px[order]
    known = np.flatnonzero(found.spread_px[order] < _SURE_PX)
    if len(known) < _FEWEST:
        return None
    rest = float(np.median(along[known[-max(3, len(known) // 4) :]]))
    gone = (along[known] - rest) * (-1 if stops else 1)
    far = [place for place, after in zip(range(len(gone) - 1), gone[1:], strict=False) if gone[place] > _NEAR_PX]
    return float(times[known[far[-1]]]) if far else None


def fitted(found: Displacement, *, stops: bool, length_px: float) -> TimedInstant | None:
    """The instant from the car's positions."""
    near_s = _leaves_rest(found, stops)
    if near_s is None:
        return None
    still = (found.times_s > near_s) if stops else (found.times_s < near_s)
    rest = float(np.nanmedian(found.along_px[still])) if np.isfinite(found.along_px[still]).any() else 0.0
    use = np.isfinite(found.along_px) & (np.abs(found.along_px - rest) < _FITTED_SHARE * length_px)
    if not use.any() or np.abs(found.along_px[use] - rest).max() < _SWAY * length_px:
        return None
    between = (near_s - 0.08, near_s + 0.26) if stops else (near_s - 0.26, near_s + 0.08)
    found_at = turning_point(
        found.times_s[use],
        found.along_px[use],
        found.pitch[use],
        found.spread_px[use],
        stops=stops,
        between=between,
        length_px=length_px,
    )
    if found_at is None or found_at.half_width_s > _VAGUE_S or found_at.noise_px > _STRANGE_PX:
        return None
    around = np.abs(found.times_s - found_at.t_s) < _AROUND_S
    if found_at.acceleration_px_s2 > _LEAP * length_px or np.isfinite(found.along_px[around]).mean() < _SEEN:
        return None
    return TimedInstant(found_at.t_s, float(np.hypot(CALIBRATION * found_at.half_width_s, BESIDES_S)))
