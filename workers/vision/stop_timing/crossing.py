"""When a car came into the pit box and when it had left it, from how far it reached picture by picture."""

import numpy as np
from numpy.typing import NDArray

from core.stop import TimedInstant
from workers.vision.stop_timing.flow import Movement
from workers.vision.stop_timing.journey import Journey

Values = NDArray[np.float64]

OVERLAP = 0.05
"""Of the car's own length: by so much it must be inside to have arrived, and is when it departs."""
_CAR_OF_BOX = 0.78
"""A car's usual length as a share of its box's. It matters by OVERLAP's part of it alone."""
_NOSE = 0.025
"""Of the box's length: so much of a nose has gone by before it is seen to move."""
_LEAST_EXTENT, _LEAST_SPEED = 0.2, 0.15
_PICTURES, _NEAR = 8, 0.5
"""So many pictures are asked, in which it is so near to the line, in box lengths."""
_EDGE, _DRIFT = 0.02, 0.2
"""How wrong an edge is, in box lengths, and its way to the line, as a share of that: the nearer, the more it counts."""
_SLACK_NOSE, _SLACK_TAIL = 0.075, 0.035
_SPREADS, _EDGES = 3.0, 2.0
"""The 95 % half-width is the root of the squares of the slack (box lengths at its speed: what all pictures share), of
so many times what they differ by, and of so many times the nearest's own doubt. Found on the tuning seeds."""
_LEAST_S = 0.02


def arrived(journey: Journey) -> TimedInstant | None:
    """When its nose was inside by OVERLAP; None if that was not seen."""
    low, high = journey.box_px
    length = high - low
    line = low + OVERLAP * _CAR_OF_BOX * length
    places = [(step.t_s, step.spread[1] + _NOSE * length, step.speed) for step in _cars(journey)]
    return _crossed(places, line, length, _SLACK_NOSE)


def departed(journey: Journey) -> TimedInstant | None:
    """When its tail was inside by no more than OVERLAP; None if that was not seen."""
    low, high = journey.box_px
    line = high - OVERLAP * _CAR_OF_BOX * (high - low)
    places = [(step.t_s, step.spread[0], step.speed) for step in _cars(journey)[::-1]]
    return _crossed(places, line, high - low, _SLACK_TAIL)


def _cars(journey: Journey) -> list[Movement]:
    return [step for step in journey.steps if step.extent > _LEAST_EXTENT]


def _crossed(places: list[tuple[float, float, float]], line: float, length: float, slack: float) -> TimedInstant | None:
    """Each picture near the crossing says when, at its speed; their weighted median counts.

    places: (time, place of the edge, speed), those nearest to the crossing first.
    """
    near = [
        (t, line - edge, speed)
        for t, edge, speed in places[:_PICTURES]
        if speed > _LEAST_SPEED * length and abs(line - edge) < _NEAR * length
    ]
    if len(near) < 2:
        return None
    t, short, speed = np.array(near).T
    said, doubt = t + short / speed, np.hypot(_EDGE * length, _DRIFT * short) / speed
    weights = 1 / doubt**2
    middle = _median(said, weights)
    spread = 1.4826 * _median(np.abs(said - middle), weights)
    shared = slack * length / float(np.average(speed, weights=weights))
    half_width = float(np.linalg.norm([shared, _SPREADS * spread, _EDGES * float(doubt.min())]))
    return TimedInstant(middle, max(_LEAST_S, half_width))


def _median(values: Values, weights: Values) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[int(np.searchsorted(share, 0.5))]])
