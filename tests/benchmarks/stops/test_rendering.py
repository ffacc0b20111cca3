import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.stops import cars
from benchmarks.stops.filming import Shoot
from benchmarks.stops.lens import aimed
from benchmarks.stops.motion import Jerks, Springs, roll, slowing_down, speeding_up
from benchmarks.stops.plan import planned
from benchmarks.stops.render import kept, render
from benchmarks.stops.scenario import Body, Happening, Scenario, drawn
from benchmarks.stops.truth import SHARE, Truth, box_around, covered, true_stop
from core.media.clip_reader import ClipReader

CLEAN = Scenario(
    width=320, height=180, px_per_m=24.0, occlusion=0.0, noise=0.0, jacked=False, dive_deg=0.0, exposure_s=0.001
)
SHORT = replace(CLEAN, standing_s=0.8, fps=25)


def scene(scenario, seed=5):
    """What `render` sets up, without a file."""
    rng = np.random.default_rng(seed)
    lens = aimed(scenario, rng)
    car = cars.make(scenario.body, rng, scenario.px_per_m)
    box, margin_m = box_around(car, lens, rng)
    plan = planned(scenario, rng, car.length_m, margin_m)
    ground = np.full((scenario.height, scenario.width, 3), 128, np.uint8)
    team = tuple((car, travel) for travel in plan.travels)
    shoot = Shoot(scenario, lens, ground, team, (), plan.clip_s, np.random.default_rng(0))
    return lens, car, box, plan, shoot


def test_a_launch_is_as_sharp_as_said_and_no_sharper():
    launch = Jerks(speeding_up(15.0, 8.0, 60.0, 30.0))
    times = np.arange(0, launch.takes_s, 1e-3)
    speed = np.gradient(launch.position(times), 1e-3)
    assert launch.position(0.05) == pytest.approx(60 * 0.05**3 / 6)
    assert launch.acceleration(times).max() == pytest.approx(8.0)
    assert speed.max() <= 15.01
    assert launch.position(launch.takes_s + 1) - launch.position(launch.takes_s) == pytest.approx(15.0)


def test_slowing_down_is_speeding_up_run_backwards():
    ending = Jerks(slowing_down(10.0, 6.0, 40.0, 120.0), speed_m_s=10.0)
    again = Jerks(speeding_up(10.0, 6.0, 120.0, 40.0))
    assert ending.takes_s == pytest.approx(again.takes_s)
    assert ending.distance_m == pytest.approx(again.distance_m)


@pytest.mark.parametrize("distance_m", [0.1, 0.7, 9.0])
def test_a_roll_ends_where_it_should_at_a_standstill(distance_m):
    rolled = roll(distance_m, 3.0, 4.0, 15.0, 100.0)
    assert rolled.distance_m == pytest.approx(distance_m, abs=1e-6)
    assert rolled.position(rolled.takes_s + 1) == pytest.approx(distance_m, abs=1e-6)


@pytest.mark.parametrize("body", list(Body))
def test_the_picture_stands_still_just_from_stationary_to_released(body):
    _, _, _, plan, shoot = scene(replace(CLEAN, body=body, brake_jerk_m_s3=300.0, launch_jerk_m_s3=300.0))
    travel = plan.travels[0]
    standing = shoot.take(travel.stationary_s + 0.001)
    assert np.array_equal(standing, shoot.take(travel.released_s - 0.001))
    for at_s in (travel.stationary_s - 0.06, travel.released_s + 0.06):
        assert np.abs(shoot.take(at_s).astype(int) - standing).max() > 8


def test_the_car_is_where_the_truth_says_to_a_tenth_of_a_pixel():
    scenario = replace(CLEAN, body=Body.OVERHEAD)
    lens, _, _, plan, shoot = scene(scenario)
    travel = plan.travels[0]

    def middle(at_s):
        seen = np.abs(shoot.take(at_s).astype(float) - 128).sum(axis=(0, 2))
        return (seen * np.arange(scenario.width)).sum() / seen.sum()

    times = travel.stationary_s - np.array([0.3, 0.2, 0.1, 0.0])
    moved = np.array([middle(at_s) for at_s in times]) - middle(travel.stationary_s)
    expected = lens.ground(travel.position(times))[0] - lens.ground(0.0)[0]
    assert np.abs(moved - expected).max() < 0.1


def test_arrived_and_departed_are_five_per_cent_of_the_outline():
    lens, car, box, plan, _ = scene(CLEAN)
    travel = plan.travels[0]
    stop, passed = true_stop(travel, car, lens, box, plan.clip_s)
    assert passed is None and stop is not None and stop.arrived is not None and stop.departed is not None
    assert stop.stationary is not None and stop.released is not None
    for at_s in (stop.arrived, stop.departed):
        assert covered(car, lens, box, float(travel.position(at_s))) == pytest.approx(SHARE, abs=0.001)
    assert stop.arrived < stop.stationary < stop.released < stop.departed


def test_motion_blur_and_rolling_shutter_leave_the_mean_place_alone():
    sharp = replace(CLEAN, body=Body.OVERHEAD)
    blurred = replace(sharp, exposure_s=0.012, rolling_shutter_s=0.015)
    (_, _, _, plan, clear), (*_, soft) = scene(sharp), scene(blurred)
    at_s = plan.travels[0].stationary_s - 0.3
    rows = slice(sharp.height // 2 - 15, sharp.height // 2 + 15)

    def middle(shoot):
        seen = np.abs(shoot.take(at_s)[rows].astype(float) - 128).sum(axis=(0, 2))
        return (seen * np.arange(sharp.width)).sum() / seen.sum()

    assert middle(soft) == pytest.approx(middle(clear), abs=0.6)
    assert not np.array_equal(soft.take(at_s), clear.take(at_s))


def test_the_body_swings_after_the_wheels_stand_and_comes_to_rest():
    _, _, _, plan, _ = scene(replace(CLEAN, standing_s=4.0))
    travel = plan.travels[0]
    springs = Springs(travel, plan.clip_s, 0.001, 0.07)
    swing = [abs(springs.at(travel.stationary_s + late)[0]) for late in np.arange(0, 4, 0.01)]
    assert max(swing[:50]) > 0.001 > 10 * max(swing[-50:])


def test_a_clip_has_just_the_pts_of_its_truth_variable_and_with_gaps(tmp_path):
    scenario = replace(SHORT, variable=True, dropped=0.1, duplicated=0.1, b_frames=True)
    truth = render(3, scenario, tmp_path / "clip.mp4")
    with ClipReader(tmp_path / "clip.mp4") as reader:
        assert [reader.ns(pts) / 1e9 for pts in reader.pts] == pytest.approx(truth.pts_s, abs=1e-8)
    steps = np.diff(truth.pts_s)
    assert steps.min() > 0.4 / scenario.fps
    assert steps.max() > 1.5 / scenario.fps
    assert Truth.from_json(truth.to_json()) == truth


def test_a_seed_renders_the_same_clip_every_time(tmp_path):
    scenario = replace(SHORT, happening=Happening.DRIVE_THROUGH, occlusion=0.4, noise=3.0, shake_px=1.0)
    truths = [render(11, scenario, tmp_path / name) for name in ("one.mp4", "two.mp4")]
    digests = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("one.mp4", "two.mp4")}
    assert truths[0] == truths[1]
    assert len(digests) == 1
    assert truths[0].stops == ()
    assert len(truths[0].passes) == 1


def test_a_clip_is_rendered_once_and_then_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("STOPS_CACHE", str(tmp_path))
    clip, truth, _ = kept(4, SHORT)
    made_ns = clip.stat().st_mtime_ns
    assert kept(4, SHORT)[1] == truth
    assert clip.stat().st_mtime_ns == made_ns
    assert kept(4, replace(SHORT, mbit_s=2.0))[0].stat().st_mtime_ns != made_ns


def truths_of(happening, seed=2):
    scenario = replace(CLEAN, happening=happening)
    lens, car, box, plan, _ = scene(scenario, seed)
    stops = [true_stop(travel, car, lens, box, plan.clip_s)[0] for travel in plan.travels]
    return plan, [stop for stop in stops if stop is not None]


def test_a_truncated_stop_lacks_what_the_clip_does_not_show():
    begun = [truths_of(Happening.BEGINS_BEFORE, seed)[1][0] for seed in range(8)]
    ended = [truths_of(Happening.ENDS_AFTER, seed)[1][0] for seed in range(8)]
    assert all(stop.arrived is None and stop.departed is not None for stop in begun)
    assert {stop.stationary is None for stop in begun} == {True, False}
    assert all(stop.arrived is not None and stop.departed is None for stop in ended)
    assert {stop.released is None for stop in ended} == {True, False}


def test_two_stacked_cars_are_served_one_after_the_other():
    _, (first, second) = truths_of(Happening.DOUBLE_STACK)
    assert first.departed < second.stationary
    assert second.arrived > first.released


def test_a_false_start_does_not_end_the_standing_time():
    plan, (stop,) = truths_of(Happening.FALSE_START)
    travel = plan.travels[0]
    assert travel.position(stop.released - 0.1) > travel.position(stop.stationary) + 0.05


def test_the_same_seed_draws_the_same_scenario_whatever_the_frame_rate():
    assert drawn(7) == drawn(7)
    assert replace(drawn(7, 25), fps=50, exposure_s=1.0) == replace(drawn(7, 50), exposure_s=1.0)
    assert len({drawn(seed).happening for seed in range(60)}) == len(Happening)


def test_the_photographed_vehicle_is_cut_out_of_its_garage():
    ink, mask = cars.motorcycle()
    assert 0.3 < (mask > 127).mean() < 0.7
    assert mask[0].mean() < 20
    assert ink.shape[:2] == mask.shape
    assert cv2.connectedComponents((mask > 127).astype(np.uint8))[0] <= 12
