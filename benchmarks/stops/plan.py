"""Who does what when: each car's travel through the clip, from a scenario and chance."""

from dataclasses import dataclass

import numpy as np

from benchmarks.stops.motion import Jerks, Move, Travel, roll, slowing_down, speeding_up
from benchmarks.stops.scenario import Happening, Scenario

IN_SIGHT_M = 12.0
"""A car that is farther from its place than this is out of the picture, or nearly."""
QUEUE_JERK = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The cars in the order in which they come, and how long the clip is. Times are from its first frame."""

    travels: tuple[Travel, ...]
    clip_s: float


def planned(scenario: Scenario, rng: np.random.Generator, length_m: float, margin_m: float) -> Plan:
    """length_m: of the car; margin_m: how far the box reaches out before and behind it."""
    if scenario.happening is Happening.DRIVE_THROUGH:
        return _drive_through(scenario, rng)
    braking = _braking(scenario, rng)
    launch = Jerks(speeding_up(scenario.limit_m_s, scenario.launch_m_s2, scenario.launch_jerk_m_s3, 30.0))
    stationary = _seconds_for(braking, IN_SIGHT_M) + float(rng.uniform(0.2, 0.8))
    first, released = _served(scenario, rng, stationary, braking, launch)
    if scenario.happening is Happening.DOUBLE_STACK:
        second, released = _stacked(scenario, rng, first, released, length_m + margin_m, launch)
        travels: tuple[Travel, ...] = (first, second)
    else:
        travels = (first,)
    clip_s = released + _seconds_for(launch, IN_SIGHT_M) + float(rng.uniform(0.1, 0.6))
    begins, ends = _cut(scenario, rng, stationary, released, clip_s)
    return Plan(tuple(_later(travel, -begins) for travel in travels), ends - begins)


def _served(
    scenario: Scenario, rng: np.random.Generator, stationary: float, braking: Jerks, launch: Jerks
) -> tuple[Travel, float]:
    moves = [Move(stationary, 0.0, braking, backwards_in_time=True)]
    if scenario.happening is Happening.CREEP and rng.random() < 0.5:
        creep = roll(float(rng.uniform(0.15, 0.8)), 0.8, 2.0, 20.0, scenario.brake_jerk_m_s3)
        begins = stationary + float(rng.uniform(0.1, 0.3))
        moves = [
            Move(stationary, -creep.distance_m, braking, backwards_in_time=True),
            Move(begins, -creep.distance_m, creep),
        ]
        stationary = begins + creep.takes_s
    released = stationary + scenario.standing_s
    down = released - float(rng.uniform(0.05, 0.35))
    at_m = 0.0
    if scenario.happening is Happening.FALSE_START:
        false = roll(float(rng.uniform(0.1, 0.7)), 2.0, 4.0, scenario.launch_jerk_m_s3, scenario.brake_jerk_m_s3)
        begins = stationary + float(rng.uniform(0.5, 0.6)) * scenario.standing_s
        moves.append(Move(begins, 0.0, false))
        at_m, down = false.distance_m, begins - 0.2
        released = begins + false.takes_s + max(0.7, 0.4 * scenario.standing_s)
    moves.append(Move(released, at_m, launch))
    up = stationary + float(rng.uniform(0.15, 0.4))
    jacks = (up, down) if scenario.jacked and down > up + 0.4 else (None, None)
    return Travel(tuple(moves), stationary, released, *jacks), released


def _stacked(
    scenario: Scenario, rng: np.random.Generator, first: Travel, released: float, apart_m: float, launch: Jerks
) -> tuple[Travel, float]:
    """The second car waits behind the box, pulls in when the first has gone, and is served."""
    gap = apart_m + float(rng.uniform(0.2, 1.2))
    queued = (first.stationary_s or 0.0) + float(rng.uniform(0.5, 0.9)) * scenario.standing_s
    queueing = Jerks(speeding_up(scenario.limit_m_s, scenario.brake_m_s2, scenario.brake_jerk_m_s3, 40.0))
    pulling_in = roll(gap, 6.0, 4.0, QUEUE_JERK, scenario.brake_jerk_m_s3)
    goes = max(released + float(rng.uniform(0.7, 1.2)), queued + 0.3)
    stationary = goes + pulling_in.takes_s
    leaves = stationary + float(rng.uniform(1.9, 3.0))
    moves = (
        Move(queued, -gap, queueing, backwards_in_time=True),
        Move(goes, -gap, pulling_in),
        Move(leaves, 0.0, launch),
    )
    jacks = (stationary + 0.25, leaves - 0.2) if scenario.jacked else (None, None)
    return Travel(moves, stationary, leaves, *jacks), leaves


def _drive_through(scenario: Scenario, rng: np.random.Generator) -> Plan:
    """At the limit or slower, without a halt."""
    speed = scenario.limit_m_s * float(rng.uniform(0.5, 1.0))
    begins = float(rng.uniform(0.5, 1.5))
    far_m = 200.0
    move = Move(begins - (far_m - IN_SIGHT_M) / speed, -far_m, Jerks([], speed))
    return Plan((Travel((move,), None, None),), begins + 2 * IN_SIGHT_M / speed + float(rng.uniform(0.3, 1.0)))


def _braking(scenario: Scenario, rng: np.random.Generator) -> Jerks:
    """The way to a standstill, seen backwards."""
    crawls = scenario.happening is Happening.CREEP
    if not crawls:
        return Jerks(speeding_up(scenario.limit_m_s, scenario.brake_m_s2, scenario.brake_jerk_m_s3, 40.0))
    pace = float(rng.uniform(0.4, 1.2))
    ending = slowing_down(pace, 3.0, 40.0, scenario.brake_jerk_m_s3)[::-1]
    crawl = (float(rng.uniform(0.3, 0.9)), 0.0)
    return Jerks([*ending, crawl, *speeding_up(scenario.limit_m_s - pace, scenario.brake_m_s2, 60.0, 40.0)])


def _cut(
    scenario: Scenario, rng: np.random.Generator, stationary: float, released: float, clip_s: float
) -> tuple[float, float]:
    """Where the clip begins and ends."""
    while_standing = rng.random() < 0.6
    share = float(rng.uniform(0.35, 0.75))
    if scenario.happening is Happening.BEGINS_BEFORE:
        return stationary + (share * scenario.standing_s if while_standing else -share), clip_s
    if scenario.happening is Happening.ENDS_AFTER:
        return 0.0, released + (-share * scenario.standing_s if while_standing else share * 0.8)
    return 0.0, clip_s


def _seconds_for(how: Jerks, distance_m: float) -> float:
    times = np.arange(0, 12, 0.01)
    return float(np.interp(distance_m, how.position(times), times))


def _later(travel: Travel, by_s: float) -> Travel:
    def moved(at: float | None) -> float | None:
        return None if at is None else at + by_s

    moves = tuple(Move(m.at_s + by_s, m.from_m, m.how, m.backwards_in_time) for m in travel.moves)
    instants = (travel.stationary_s, travel.released_s, travel.jack_up_s, travel.jack_down_s)
    return Travel(moves, *(moved(at) for at in instants))
