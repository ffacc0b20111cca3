"""From a journey's rough end or beginning to the instant: the pictures around it, the car's positions, the fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stop import TimedInstant
from workers.vision.stop_timing.aligning import Displacement, displaced
from workers.vision.stop_timing.instants import turning_point
from workers.vision.stop_timing.view import Gray

_MOVING_S, _STILL_S = 0.6, 0.4
"""How much is looked at on the moving side of the rough instant, and on the other."""
_FITTED_SHARE = 0.16
"""Of the box's length: positions farther off than this are no longer near a standstill."""
_NEAR_PX = 1.5
CALIBRATION = 1.0
"""By which the posterior's 95 % half-width is multiplied: found on the benchmark's tuning seeds, so that the truth
lies within it in 95 % of their instants. docs/stop-timing.md tells how."""
LEAST_S = 0.002
"""No instant is claimed to be better known than this."""


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
    before, after = (_MOVING_S, _STILL_S) if stops else (_STILL_S, _MOVING_S)
    around = [one for one in seen if rough_s - before <= one.t_s <= rough_s + after]
    if len(around) < 8:
        return None
    times = np.array([one.t_s for one in around])
    rests_s = rough_s + 0.12 if stops else rough_s - 0.15
    reference = int(np.argmin(np.abs(times - rests_s)))
    found = displaced([one.picture for one in around], times.tolist(), reference, box, direction)
    if found is None:
        return None
    return fitted(found, stops=stops, length_px=length_px)


def fitted(found: Displacement, *, stops: bool, length_px: float) -> TimedInstant | None:
    """The instant from the car's positions."""
    order = slice(None) if stops else slice(None, None, -1)
    times, along, pitch = found.times_s[order], found.along_px[order], found.pitch[order]
    known = np.flatnonzero(np.isfinite(along))
    if len(known) < 8:
        return None
    # From the still side backwards: the rest's place is the median of what lies nearest the reference.
    rest = float(np.median(along[known[-max(3, len(known) // 4) :]]))
    away = np.abs(along - rest)
    far = [place for place in known if away[place] > _NEAR_PX]
    if not far:
        return None
    last_far = far[-1]
    use = np.isfinite(along) & (away < _FITTED_SHARE * length_px)
    near_s = float(times[last_far])
    between = (near_s - 0.08, near_s + 0.3) if stops else (near_s - 0.3, near_s + 0.08)
    found_at = turning_point(
        times[use], along[use], pitch[use], stops=stops, between=between, length_px=length_px
    )
    if found_at is None:
        return None
    return TimedInstant(found_at.t_s, max(LEAST_S, CALIBRATION * found_at.half_width_s))
