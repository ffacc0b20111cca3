"""Which movements are one car's way, where it came to rest, and who is not the car."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from core.stop import StopReport, TimedInstant
from tests.workers.vision.stop_timing.scene import BOX_PX, HEIGHT, WIDTH, Scene, box
from workers.vision.stop_timing import refining, timer
from workers.vision.stop_timing.episodes import Journeys
from workers.vision.stop_timing.flow import Flow, Movement
from workers.vision.stop_timing.following import goes_on_with
from workers.vision.stop_timing.journey import Journey

LONG_PX = 200.0
CORNERS = np.array([[0, 0], [LONG_PX, 0], [LONG_PX, 80], [0, 80]], np.float32)
STEP_S = 0.04
Speed = Callable[[float], float]
"""Box lengths/s by time in s."""


def moves(t_s: float, speed: float, middle: float = 0.5, extent: float = 0.6, share: float = 0.2) -> Movement:
    """Along x; `middle` in box lengths from the box's left edge."""
    ends = (np.array([-extent, extent]) / 2 + middle) * LONG_PX
    low, high = sorted(ends * np.sign(speed or 1.0))
    return Movement(t_s, np.array([speed * LONG_PX, 0], np.float32), share, extent, (float(low), float(high)))


def seen(journeys: Journeys, pictures: Iterable[tuple[float, list[Movement]]]) -> list[Journey]:
    ended = []
    for t_s, movements in pictures:
        ended += journeys.add(t_s, movements)
    return ended


def driven(
    speed: Speed, until_s: float, others: Callable[[float], list[Movement]] = lambda _: []
) -> list[tuple[float, list[Movement]]]:
    """Pictures of a car that comes to the middle of the box at this speed; what is slower than noise is not seen."""
    times = np.arange(0.0, until_s, STEP_S)
    gone = np.cumsum([speed(t) * STEP_S for t in times])
    places = 0.5 + gone - gone[-1]
    return [
        (float(t), [*([moves(t, speed(t), place)] if speed(t) > 0.02 else []), *others(t)])
        for t, place in zip(times, places, strict=True)
    ]


def braking_to(stands_s: float) -> Speed:
    return lambda t: max(0.0, 1.5 * (stands_s - t))


def test_a_car_that_halts_for_a_moment_and_creeps_on_comes_to_rest_where_it_stays() -> None:
    def creeps(t: float) -> float:
        return braking_to(1.0)(t) if t < 1.2 else max(0.0, 0.1 - 2 * abs(t - 1.6) ** 3)

    journeys = Journeys(CORNERS)
    (journey,) = seen(journeys, driven(creeps, 2.8))
    rest = journey.to_rest()
    assert rest is not None
    assert journeys.rough_s(rest, stops=True) == pytest.approx(1.97, abs=0.15)


def test_a_car_that_pauses_and_creeps_on_comes_to_rest_by_what_it_did_after_the_pause() -> None:
    def creeps(t: float) -> float:
        return braking_to(1.0)(t) if t < 1.4 else max(0.0, 0.07 - 1.4 * (t - 1.6) ** 2)

    journeys = Journeys(CORNERS)
    (journey,) = seen(journeys, driven(creeps, 2.6))
    rest = journey.to_rest()
    assert rest is not None
    assert rest.last_going_s > 1.4
    assert journeys.rough_s(rest, stops=True) == pytest.approx(1.8, abs=0.12)


def test_a_few_places_that_move_when_the_car_has_paused_are_people() -> None:
    def crew(t: float) -> list[Movement]:
        return [moves(t, 0.15, 0.45 + 0.1 * (t - 1.3), extent=0.45, share=0.03)] if 1.3 < t < 1.7 else []

    (journey,) = seen(Journeys(CORNERS), driven(braking_to(1.0), 2.6, crew))
    rest = journey.to_rest()
    assert journey.ends_s > 1.6
    assert rest is not None
    assert rest.ends_s < 1.05


def test_what_brakes_evenly_over_much_way_is_a_car_though_little_of_it_shows() -> None:
    def shows_little(speed: Speed, until_s: float) -> Journey:
        steps = [moves(t, speed(t), 0.3, 0.2, share=0.05) for t in np.arange(0.0, until_s, STEP_S) if speed(t) > 0.02]
        return Journey(steps, CORNERS)

    assert shows_little(braking_to(1.0), 1.0).came
    assert not shows_little(lambda t: 1.2 * np.sin(np.pi * t / 0.5) ** 2, 0.5).came


def test_a_picture_shown_twice_is_no_halt_of_a_car_that_drives_through() -> None:
    times = np.arange(0.0, 0.8, STEP_S)
    speeds = np.where(np.arange(len(times)) == len(times) - 3, 0.6, 2.0)
    journey = Journey([moves(t, v, 1.5 * t) for t, v in zip(times, speeds, strict=True)], CORNERS)
    assert journey.came
    assert journey.to_rest() is None


def test_what_is_lost_from_sight_while_it_brakes_evenly_stood_where_it_would_have() -> None:
    pictures = [one for one in driven(lambda t: max(0.0, 0.9 - 0.5 * t), 2.4) if one[0] < 1.2]
    journeys = Journeys(CORNERS)
    seen(journeys, [*pictures, *((float(t), []) for t in np.arange(1.2, 1.6, STEP_S))])
    (journey,) = journeys.all_ended()
    rest = journey.to_rest()
    assert rest is not None
    assert journeys.rough_s(rest, stops=True) == pytest.approx(1.8, abs=0.05)


def test_what_is_as_large_as_the_car_and_where_it_was_may_start_faster_than_people_may() -> None:
    came = [m for _, ms in driven(braking_to(1.0), 0.96) for m in ms]
    journey, place = Journey(came, CORNERS), sum(came[-1].spread) / 2 / LONG_PX
    assert goes_on_with(journey, moves(1.0, 0.4, place))
    assert not goes_on_with(journey, moves(1.0, 0.4, place, extent=0.4))
    assert not goes_on_with(journey, moves(1.0, 0.4, place + 0.2))


def test_a_wheel_that_goes_on_as_the_car_went_is_the_car_and_somebody_beside_it_is_not() -> None:
    journey = Journey([m for _, ms in driven(lambda t: max(0.1, 1.0 - t), 1.4) for m in ms], CORNERS)
    assert goes_on_with(journey, moves(1.4, 0.1, 0.4, extent=0.1))
    assert not goes_on_with(journey, moves(1.4, 0.16, 0.4, extent=0.1))


def test_what_is_first_seen_inside_and_slow_has_not_come() -> None:
    slow = [moves(t, 0.15, 0.4 + 0.15 * t) for t in np.arange(0.0, 2.0, STEP_S)]
    assert not Journey(slow, CORNERS).entered
    assert Journey(driven(braking_to(1.0), 1.0)[0][1], CORNERS).entered


def test_people_who_dart_off_when_the_car_stands_do_not_carry_its_journey_on() -> None:
    def crew(t: float) -> list[Movement]:
        return [moves(t, 0.6, 0.3 + 0.6 * (t - 1.2), extent=0.25, share=0.05)] if 1.2 < t < 1.7 else []

    journeys = Journeys(CORNERS)
    ended = seen(journeys, driven(braking_to(1.1), 2.9, crew))
    car = max(ended, key=lambda one: one.gone_px)
    rest = car.to_rest()
    assert rest is not None
    assert rest.ends_s < 1.15
    assert journeys.rough_s(rest, stops=True) == pytest.approx(1.1, abs=0.1)


def test_steady_gain_of_speed_is_a_car_before_it_went_far_and_a_false_start_is_none() -> None:
    def journey(speed: Speed) -> Journey:
        return Journey([m for _, ms in driven(speed, 0.7) for m in ms], CORNERS)

    assert journey(lambda t: 1.0 * t).starts_evenly
    assert not journey(lambda t: max(0.0, 0.25 - abs(t - 0.3))).starts_evenly


def test_what_trails_a_faster_thing_in_its_place_is_its_own_edge() -> None:
    fast, slow = moves(1.0, 0.8), moves(1.0, 0.4, share=0.1)
    assert slow.trails(fast)
    assert not fast.trails(slow)
    assert not moves(1.0, -0.4).trails(fast)
    assert not moves(1.0, 0.4, middle=1.5).trails(fast)


def test_two_cars_one_after_the_other_are_two_stops_and_crew_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    report = scripted(monkeypatch, [*one_stop(0.0), *one_stop(5.0)], lambda rough_s: TimedInstant(rough_s, 0.03))
    first, second = report.stops
    assert [round(one.t_s) for one in (first.stationary, first.released) if one] == [1, 3]
    assert [round(one.t_s) for one in (second.stationary, second.released) if one] == [6, 8]
    assert report.passes == ()


def test_a_car_that_drives_in_shows_that_the_one_before_has_left_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    unseen = [(t, ms if t < 3.0 else []) for t, ms in one_stop(0.0)]
    first, second = scripted(monkeypatch, [*unseen, *one_stop(5.0)], lambda at_s: TimedInstant(at_s, 0.03)).stops
    assert first.released is None
    assert "Its release was not seen." in first.notes
    assert [round(one.t_s) for one in (second.stationary, second.released) if one] == [6, 8]


def test_nobody_who_runs_back_is_the_next_car(monkeypatch: pytest.MonkeyPatch) -> None:
    back = [
        (t + 5.0, [moves(t + 5.0, -m.velocity[0] / LONG_PX, 1 - sum(m.spread) / 2 / LONG_PX) for m in ms])
        for t, ms in driven(braking_to(1.0), 3.0)
    ]
    report = scripted(monkeypatch, [*one_stop(0.0), *back], lambda rough_s: TimedInstant(rough_s, 0.03))
    assert len(report.stops) == 1


def test_a_start_before_the_car_stood_is_none_though_only_about_when_it_stood_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (stop,) = scripted(monkeypatch, one_stop(0.0), lambda at_s: TimedInstant(0.9, 0.03) if at_s > 2 else None).stops
    assert stop.released is None


def test_an_instant_that_the_picture_does_not_prove_is_null_and_a_note_says_about_when(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (stop,) = scripted(monkeypatch, one_stop(0.0), lambda _: None).stops
    assert (stop.stationary, stop.released, stop.stationary_s) == (None, None, None)
    assert stop.departed is not None
    assert any("about 1.0 s" in note for note in stop.notes)
    assert any("about 3.0 s" in note for note in stop.notes)


def test_a_box_that_looks_the_same_is_not_searched_for_motion() -> None:
    scene = Scene(noise=1.0, seconds=0.2, fps=25)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    left, top, wide, tall = (int(value) for value in BOX_PX)
    mask[top : top + tall, left : left + wide] = True
    flow = Flow(mask, np.array([[left, top], [left + wide, top + tall]], np.float32))
    flow._engine = None  # type: ignore[assignment]
    assert all(flow.add(t, picture) == [] for t, picture in scene.pictures())


def one_stop(begins_s: float) -> list[tuple[float, list[Movement]]]:
    """A car that stands from 1.0 to 3.0 s; people come and go the same way meanwhile."""

    def crew(t: float) -> list[Movement]:
        return [moves(begins_s + t, 0.6, 0.2 + 0.6 * (t - 1.3), extent=0.25, share=0.05)] if 1.3 < t < 1.9 else []

    came = driven(braking_to(1.0), 3.0)
    pictures = [
        (
            begins_s + t,
            [moves(begins_s + t, m.velocity[0] / LONG_PX, sum(m.spread) / 2 / LONG_PX) for m in ms] + crew(t),
        )
        for t, ms in came
    ]
    for t in np.arange(3.0, 5.0, STEP_S):
        speed, place = 1.5 * (t - 3.0), 0.5 + 0.75 * (t - 3.0) ** 2
        pictures.append((begins_s + float(t), [moves(begins_s + t, speed, place)] if 0.02 < speed < 2.0 else []))
    return pictures


def scripted(
    monkeypatch: pytest.MonkeyPatch,
    pictures: list[tuple[float, list[Movement]]],
    instant: Callable[[float], TimedInstant | None],
) -> StopReport:
    """What a timer makes of these movements, its refining replaced."""
    by_time = dict(pictures)
    monkeypatch.setattr(refining, "instant", lambda seen, rough_s, **_: instant(rough_s))
    made = timer.StopTimer(box(), WIDTH, HEIGHT)
    monkeypatch.setattr(made._flow, "add", lambda t_s, picture: by_time[t_s])
    made._journeys = Journeys(CORNERS)
    for t_s, _ in pictures:
        made.add(np.zeros((HEIGHT, WIDTH), np.uint8), t_s)
    made.finish()
    return made.report()
