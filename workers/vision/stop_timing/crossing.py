"""When a car came into the pit box and when it had left it, from how far it reached picture by picture."""

import numpy as np

from core.stop import TimedInstant
from workers.vision.stop_timing.episodes import Journey

OVERLAP = 0.05
"""Of the car's own length: by so much it must be inside to have arrived, and is when it departs."""
_CAR_OF_BOX = 0.78
"""A car's usual length as a share of its box's."""
_LEAST_S = 0.02


def arrived(journey: Journey) -> TimedInstant | None:
    """When its nose was inside by OVERLAP; None if that was not seen."""
    low, high = journey.box_px
    line = low + OVERLAP * _CAR_OF_BOX * (high - low)
    places = [(step.t_s, step.spread[1], step.speed) for step in journey.steps if step.extent > 0.2]
    return _crossed(places, line, early=True, length=high - low)


def departed(journey: Journey) -> TimedInstant | None:
    """When its tail was inside by no more than OVERLAP; None if that was not seen."""
    low, high = journey.box_px
    line = high - OVERLAP * _CAR_OF_BOX * (high - low)
    places = [(step.t_s, step.spread[0], step.speed) for step in journey.steps if step.extent > 0.2]
    return _crossed(places, line, early=False, length=high - low)


def _crossed(
    places: list[tuple[float, float, float]], line: float, *, early: bool, length: float
) -> TimedInstant | None:
    """Each picture near the crossing says when, at its speed; the median counts, their spread is the doubt."""
    ordered = places if early else places[::-1]
    near = [
        (t + (line - edge) / speed, speed)
        for t, edge, speed in ordered[:8]
        if speed > 0.15 * length and abs(line - edge) < 0.6 * length
    ]
    if len(near) < 2:
        return None
    said = np.array([t for t, _ in near])
    middle = float(np.median(said))
    spread = 1.4826 * float(np.median(np.abs(said - middle)))
    slack = 0.06 * length / float(np.median([speed for _, speed in near]))
    return TimedInstant(middle, max(_LEAST_S, float(np.hypot(2 * spread, slack))))
