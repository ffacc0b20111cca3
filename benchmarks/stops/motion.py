"""How a car comes, stands and goes: jerk-limited motion whose instants are known, and the springs of its body."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]
STEP_S = 0.001
SPRING_HZ = 2.4
DAMPING = 0.28


class Jerks:
    """Motion from 0 m at 0 s: phases of constant jerk, then on at the last speed for ever."""

    def __init__(self, phases: Sequence[tuple[float, float]], speed_m_s: float = 0.0) -> None:
        """phases: (duration in s, jerk in m/s³), from this speed on."""
        states = [(0.0, 0.0, speed_m_s, 0.0)]
        for duration, jerk in phases:
            t, s, v, a = states[-1]
            states.append(
                (
                    t + duration,
                    s + v * duration + a * duration**2 / 2 + jerk * duration**3 / 6,
                    v + a * duration + jerk * duration**2 / 2,
                    a + jerk * duration,
                )
            )
        self._at, self._s, self._v, self._a = (np.array(column) for column in zip(*states, strict=True))
        self._a[-1] = 0.0
        self._jerk = np.array([*(jerk for _, jerk in phases), 0.0])
        self.takes_s, self.distance_m = float(self._at[-1]), float(self._s[-1])

    def position(self, t_s: ArrayLike) -> Values:
        """Metres after so many seconds; 0 before."""
        place, since = self._phase(t_s)
        return np.asarray(
            self._s[place] + self._v[place] * since + self._a[place] * since**2 / 2 + self._jerk[place] * since**3 / 6
        )

    def acceleration(self, t_s: ArrayLike) -> Values:
        place, since = self._phase(t_s)
        return np.asarray(self._a[place] + self._jerk[place] * since)

    def _phase(self, t_s: ArrayLike) -> tuple[NDArray[np.intp], Values]:
        late = np.maximum(np.asarray(t_s, np.float64), 0.0)
        place = np.searchsorted(self._at, late, side="right") - 1
        return place, late - self._at[place]


def speeding_up(to_m_s: float, most_m_s2: float, first_jerk: float, last_jerk: float) -> list[tuple[float, float]]:
    """Phases that take a car from one speed to `to_m_s` more."""
    both = 0.5 / first_jerk + 0.5 / last_jerk
    peak = min(most_m_s2, (to_m_s / both) ** 0.5)
    return [(peak / first_jerk, first_jerk), ((to_m_s - peak**2 * both) / peak, 0.0), (peak / last_jerk, -last_jerk)]


def slowing_down(from_m_s: float, most_m_s2: float, first_jerk: float, last_jerk: float) -> list[tuple[float, float]]:
    """Phases that take so much speed off: speeding up, run backwards."""
    return speeding_up(from_m_s, most_m_s2, last_jerk, first_jerk)[::-1]


def roll(distance_m: float, most_m_s: float, most_m_s2: float, first_jerk: float, last_jerk: float) -> Jerks:
    """From standstill to standstill so far on, never faster than `most_m_s`."""

    def at_most(speed: float, hold_s: float = 0.0) -> Jerks:
        ends = speeding_up(speed, most_m_s2, first_jerk, first_jerk), slowing_down(speed, most_m_s2, 40.0, last_jerk)
        return Jerks([*ends[0], (hold_s, 0.0), *ends[1]])

    fastest = at_most(most_m_s)
    if fastest.distance_m <= distance_m:
        return at_most(most_m_s, (distance_m - fastest.distance_m) / most_m_s)
    low, high = 1e-3, most_m_s
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle).distance_m < distance_m else (low, middle)
    return at_most(low)


@dataclass(frozen=True, slots=True)
class Move:
    """A motion that begins (or, backwards, ends) at `at_s`, where the car is at `from_m`."""

    at_s: float
    from_m: float
    how: Jerks
    backwards_in_time: bool = False

    def position(self, t_s: Values) -> Values:
        if self.backwards_in_time:
            return self.from_m - self.how.position(self.at_s - t_s)
        return self.from_m + self.how.position(t_s - self.at_s)

    def acceleration(self, t_s: Values) -> Values:
        if self.backwards_in_time:
            return -self.how.acceleration(self.at_s - t_s)
        return self.how.acceleration(t_s - self.at_s)


@dataclass(frozen=True, slots=True)
class Travel:
    """One car's way along the lane: 0 m is where it is served. Between two moves it stands."""

    moves: tuple[Move, ...]
    stationary_s: float | None
    """When its wheels come to rest for the standstill that counts; None for a car that goes through."""
    released_s: float | None
    jack_up_s: float | None = None
    jack_down_s: float | None = None

    def position(self, t_s: ArrayLike) -> Values:
        """Metres along the lane at these times in s."""
        times = np.asarray(t_s, np.float64)
        return self._by_move(times, [move.position(times) for move in self.moves])

    def acceleration(self, t_s: ArrayLike) -> Values:
        times = np.asarray(t_s, np.float64)
        return self._by_move(times, [move.acceleration(times) for move in self.moves])

    def _by_move(self, times: Values, each: list[Values]) -> Values:
        found = each[0]
        for (before, after), values in zip(pairwise(self.moves), each[1:], strict=True):
            begins = after.at_s if not after.backwards_in_time else before.at_s + before.how.takes_s
            found = np.where(times >= begins, values, found)
        return found


class Springs:
    """The body on its springs: pitch in rad (nose down is positive) and lift of the ends in m, by time."""

    def __init__(self, travel: Travel, until_s: float, dive_rad_per_m_s2: float, lift_m: float) -> None:
        self._times = np.arange(-1.0, until_s + 0.5, STEP_S)
        pushed = -dive_rad_per_m_s2 * travel.acceleration(self._times)
        self._lift = np.zeros((2, len(self._times)))
        for place, late in enumerate((0.0, 0.12)):
            if travel.jack_up_s is not None:
                self._lift[place] += lift_m * _eased((self._times - travel.jack_up_s - late) / 0.18)
            if travel.jack_down_s is not None:
                self._lift[place] -= lift_m * _eased((self._times - travel.jack_down_s) / 0.09)
        self._pitch = swung(pushed)
        landed = travel.jack_down_s
        struck = np.zeros_like(self._times)
        if landed is not None:
            struck[(self._times > landed + 0.07) & (self._times < landed + 0.11)] = -lift_m / 3
        self._heave = swung(struck)

    def at(self, t_s: float) -> tuple[float, float, float, float]:
        """(pitch in rad, heave in m, lift of the front in m, lift of the rear in m)."""
        pitch, heave, front, rear = (
            float(np.interp(t_s, self._times, track))
            for track in (self._pitch, self._heave, self._lift[0], self._lift[1])
        )
        return pitch, heave, front, rear


def _eased(share: Values) -> Values:
    clipped = np.clip(share, 0, 1)
    return np.asarray(clipped**2 * (3 - 2 * clipped))


def swung(pushed: Values) -> Values:
    """What a damped spring does that is drawn to these values, one every STEP_S."""
    omega = 2 * np.pi * SPRING_HZ
    at = float(pushed[0])
    speed = 0.0
    out = np.empty_like(pushed)
    for place, target in enumerate(pushed.tolist()):
        speed += STEP_S * (omega**2 * (target - at) - 2 * DAMPING * omega * speed)
        at += STEP_S * speed
        out[place] = at
    return out
