"""Which of the followed points ride on the car: those that go the same way together, and come and stand as it does."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST = 4
_GROUPS = 8
_FAR, _STILL = 0.015, 0.25
"""A car goes farther than the first, of the box's length; standing, it moves less than the second, of that way."""
_GOES_ON = 0.3
"""In the quarter farthest from the standstill a car still has so much of its mean speed."""
_EXTENT = 0.1
"""Of the box's length along the travel: points that go together but fill less are a person's."""
_REACH_PX, _MOVES_PX = 1.5, 0.8
"""A point that never goes farther than the first tells nothing; one is asked where it is farther than the second."""
_AGREE_PX, _AGREE_SHARE, _AGREE_OFTEN = 0.3, 0.10, 0.75
"""Two points agree in a picture within so many px and this share of it; they belong together if they mostly do."""


def the_car(ways: Values, points: Floats, direction: Floats, sides: tuple[slice, slice], length_px: float) -> Flags:
    """The largest set of points whose whole ways agree, wherever they move.

    A point of the wall or of the crew that the car's outline drags along agrees in some pictures, not in all. A person
    may move as one, but not so: standing in the pictures of the first of `sides`, going far in those of the other, and
    on. (A car that is lost on the way seems to stand there: it will do if nothing goes on.)
    """
    along = ways @ direction.astype(np.float64)
    seen = np.isfinite(along)
    reach = np.where(seen, np.abs(along), 0).max(axis=0)
    able = np.flatnonzero((seen.sum(axis=0) >= max(4, 0.3 * len(along))) & (reach > _REACH_PX))
    chosen = np.zeros(along.shape[1], bool)
    if len(able) < FEWEST:
        return chosen
    mine = along[:, able]
    size = np.abs(mine)
    agreed, asked = (np.zeros((len(able), len(able)), np.int32) for _ in range(2))
    for values, sizes in zip(mine, size, strict=True):
        larger = np.fmax(sizes[:, None], sizes[None])
        both = np.isfinite(values)[:, None] & np.isfinite(values)[None] & (larger > _MOVES_PX)
        asked += both
        agreed += both & (np.abs(values[:, None] - values[None]) < _AGREE_PX + _AGREE_SHARE * larger)
    alike = (asked >= 3) & (agreed >= _AGREE_OFTEN * asked)
    places = points[able] @ direction
    for _ in range(_GROUPS):
        best = int(np.argmax((alike * asked).sum(axis=1)))
        members = np.flatnonzero(alike[best])
        if len(members) < FEWEST:
            break
        wide = float(np.ptp(np.percentile(places[members], [10, 90]))) > _EXTENT * length_px
        if wide and _comes_and_stands(mine[:, members], sides, length_px):
            goes_on = _goes_on(mine[:, members], sides[1])
            if goes_on or not chosen.any():
                chosen[:] = False
                chosen[able[members]] = True
            if goes_on:
                break
        alike[members] = alike[:, members] = False
    return chosen


def _comes_and_stands(along: Values, sides: tuple[slice, slice], length_px: float) -> bool:
    still, moving = (_middles(along[side]) for side in sides)
    if not len(moving):
        return False
    far = float(np.percentile(moving, 95))
    sways = float(np.percentile(np.abs(still), 80)) if len(still) else 0.0
    return far > _FAR * length_px and sways < max(0.3, _STILL * far)


def _goes_on(along: Values, moves: slice) -> bool:
    """Whether they still move where they are farthest from the standstill: who steps aside stands again."""
    moving = _middles(along[moves])
    quarter = max(2, len(moving) // 4)
    end = moving[:quarter] if moves.start == 0 else moving[-quarter:]
    return float(np.ptp(end)) > _GOES_ON * float(np.percentile(moving, 95)) * quarter / len(moving)


def _middles(along: Values) -> Values:
    """Where the points are on the whole, in the pictures that show some."""
    shown = along[np.isfinite(along).any(axis=1)]
    return np.asarray(np.nanmedian(shown, axis=1)) if len(shown) else np.zeros(0)
