"""Whether what moved is the car of a journey a moment later: its direction, speed, place and size say so."""

import numpy as np

from workers.vision.stop_timing.flow import CAR_EXTENT, Movement
from workers.vision.stop_timing.journey import Journey

SAME_WAY = 0.8
"""Cosine between the directions of movements that belong together."""
MOST_ACCELERATION = 3.0
"""Box lengths/s²: no car in a pit lane changes its speed faster."""
_SLOWS = 0.5
"""Of its top speed: slower than that it is on its way to a stand."""
_NOISE = 0.3
"""Of a speed: so much two pictures differ about it."""
_ROLLING, _MOST_ROLLING = 0.05, 0.35
"""Box lengths/s and /s²: how fast a car that almost stands rolls on at once, and how much faster it becomes."""
_SHORTER, _LITTLE_SHORTER = 0.5, 0.7
"""Of what was last seen of the car: what is shorter is somebody at it; the second while it may not be a car."""
_ALIKE_SHARE = 0.25
"""Of a velocity: what differs by less moves as one."""
_AS_LONG, _AS_MUCH = 0.9, 0.7
"""Of the most that was seen of the car, its length and its share of the places: so much of both is no crew."""
_ENDS_OFF = 0.06
"""Of the box's length: so far the ends of what is the same differ from picture to picture."""
_LEAP = 0.35
"""Of the box's length: what moves on from so far away is something else."""


def goes_on_with(journey: Journey, movement: Movement) -> bool:
    """Whether this may be the same car a moment later: its direction, its speed and its place say so."""
    last, length = journey.steps[-1], journey.length_px
    recent = np.sum([step.velocity for step in journey.steps[-4:]], axis=0)
    unit = recent / max(1e-6, float(np.hypot(*recent)))
    if float(movement.velocity @ unit) < SAME_WAY * movement.speed:
        return False
    passed_s = movement.t_s - last.t_s
    speed = float(np.median([step.speed for step in journey.steps[-3:]]))
    if abs(movement.speed - speed) > (0.3 + MOST_ACCELERATION * passed_s) * length + _NOISE * speed:
        return False
    comes_to_rest = speed < _SLOWS * journey.top_speed
    if comes_to_rest or movement.extent < CAR_EXTENT:
        seen = float(np.median([step.extent for step in journey.steps[-5:]]))
        short = movement.extent < (_SHORTER if journey.confirmed else _LITTLE_SHORTER) * seen
        if short and not (journey.confirmed and _moves_alike(journey, movement)):
            return False
    # What comes to rest may yet roll on, but what darts off and is less than the car is crew who set to work.
    rolls = speed * (1 + _NOISE) + (_ROLLING + _MOST_ROLLING * passed_s) * length
    if comes_to_rest and movement.speed > rolls and not _is_it(journey, movement):
        return False
    expected = sum(last.spread) / 2 + passed_s * (movement.speed + speed) / 2
    return abs(sum(movement.spread) / 2 - expected) < _LEAP * length


def _is_it(journey: Journey, movement: Movement) -> bool:
    """Whether as much moves as ever did of the car, and reaches from where it last did to where it last did."""
    last = journey.steps[-1]
    moved = (movement.t_s - last.t_s) * (movement.speed + last.speed) / 2
    off = max(abs(now - before - moved) for now, before in zip(movement.spread, last.spread, strict=True))
    as_large = movement.extent > _AS_LONG * journey.extent and movement.share > _AS_MUCH * journey.share
    return journey.came and as_large and off < _ENDS_OFF * journey.length_px


def _moves_alike(journey: Journey, movement: Movement) -> bool:
    """Whether it goes as the car last went: a wheel seen between people does, who step to the car don't."""
    velocity = np.median([step.velocity for step in journey.steps[-3:]], axis=0)
    off = float(np.hypot(*(movement.velocity - velocity)))
    return off < _ALIKE_SHARE * float(np.hypot(*velocity))


def strangeness(journey: Journey, movement: Movement) -> float:
    """How unlike the last step this is, if it goes on: in speed and in how much of a car is seen."""
    last = journey.steps[-1]
    return abs(movement.speed - last.speed) / journey.length_px + abs(movement.extent - last.extent)
