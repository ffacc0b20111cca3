"""How far off a report of a clip is: which stops were found, each instant's error, and whether its interval held."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.stops.truth import TrueStop
from core.stop import Moment, StopReport, TimedStop

NEAR_S = 1.0
SPAN = "stationary_s"
"""The duration's name among the four instants'."""
MEASURES = (*(moment.value for moment in Moment), SPAN)


@dataclass(frozen=True, slots=True)
class Miss:
    """One value that was timed: how far off, and how far off it said it might be (95 %)."""

    what: str
    error_s: float
    u_s: float

    @property
    def held(self) -> bool:
        return abs(self.error_s) <= self.u_s


@dataclass(frozen=True, slots=True)
class Score:
    """One clip's report against the truth."""

    stops: int
    missed: int
    invented: int
    passes: int
    passes_missed: int
    passes_invented: int
    misses: tuple[Miss, ...]
    untimed: int
    """Instants that were to be seen and are null in the report."""
    overtimed: int
    """Instants that were not in the clip and have a time in the report."""


def scored(report: StopReport, stops: Sequence[TrueStop], passes: Sequence[float]) -> Score:
    pairs, missed, invented = matched(stops, report.stops)
    misses: list[Miss] = []
    untimed = overtimed = 0
    for true, told in pairs:
        for moment in Moment:
            real, timed = getattr(true, moment.value), told.instant(moment)
            if real is not None and timed is not None:
                misses.append(Miss(moment.value, timed.t_s - real, timed.u_s))
            untimed += real is not None and timed is None
            overtimed += real is None and timed is not None
        if true.stationary_s is not None and told.stationary_s is not None:
            misses.append(Miss(SPAN, told.stationary_s - true.stationary_s, told.uncertainty_s or 0.0))
    left = [gone.t_s for gone in report.passes]
    passes_missed = 0
    for real in passes:
        near = [t_s for t_s in left if abs(t_s - real) <= NEAR_S]
        if near:
            left.remove(min(near, key=lambda t_s: abs(t_s - real)))
        passes_missed += not near
    return Score(len(stops), missed, invented, len(passes), passes_missed, len(left), tuple(misses), untimed, overtimed)


def matched(stops: Sequence[TrueStop], told: Sequence[TimedStop]) -> tuple[list[tuple[TrueStop, TimedStop]], int, int]:
    """(pairs, missed, invented): a told stop is the true one whose time it shares most, one to one."""
    left = list(told)
    pairs: list[tuple[TrueStop, TimedStop]] = []
    for true in stops:
        shares = [(common(_reach_true(true), _reach_told(one)), place) for place, one in enumerate(left)]
        best = max(shares, default=(0.0, -1))
        if best[0] > 0:
            pairs.append((true, left.pop(best[1])))
    return pairs, len(stops) - len(pairs), len(left)


def common(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How long two stretches of time overlap; below 0: how far apart they are."""
    return min(one[1], other[1]) - max(one[0], other[0])


def _reach_true(stop: TrueStop) -> tuple[float, float]:
    """While it stood, as far as the clip shows."""
    return (
        stop.stationary if stop.stationary is not None else 0.0,
        stop.released if stop.released is not None else 1e9,
    )


def _reach_told(stop: TimedStop) -> tuple[float, float]:
    begins = stop.stationary or stop.arrived
    ends = stop.released or stop.departed
    return (begins.t_s if begins else 0.0, ends.t_s if ends else 1e9)


def peer_errors(found: Sequence[tuple[float, float]], stops: Sequence[TrueStop]) -> tuple[list[float], int, int]:
    """(errors of the standing time in s, missed, invented) of a recipe that gives no uncertainty."""
    left = list(found)
    errors: list[float] = []
    missed = 0
    for true in stops:
        best = max(left, key=lambda run: common(run, _reach_true(true)), default=None)
        if best is None or common(best, _reach_true(true)) <= 0:
            missed += 1
            continue
        left.remove(best)
        if true.stationary_s is not None:
            errors.append(best[1] - best[0] - true.stationary_s)
    return errors, missed, len(left)
