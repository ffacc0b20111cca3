"""What a timed stop promises, on pictures whose truth is exact."""

import numpy as np
import pytest

from core.stop import Moment, StopReport, TimedStop
from tests.workers.vision.stop_timing.scene import HEIGHT, WIDTH, Drive, Scene, box
from workers.vision.stop_timing import StopTimer

DRIVE = Drive(1.003, 2.111)
SCENE = Scene(paths=(DRIVE,), seconds=3.4, fps=25)


def timed(scene: Scene, times: np.ndarray | None = None) -> StopReport:
    timer = StopTimer(box(), WIDTH, HEIGHT)
    for t_s, picture in scene.pictures(times):
        timer.add(picture, t_s)
    timer.finish()
    return timer.report()


def off_s(stop: TimedStop, moment: Moment, truth_s: float) -> float:
    instant = stop.instant(moment)
    assert instant is not None, stop
    return abs(instant.t_s - truth_s)


def test_a_stop_is_timed_finer_than_its_pictures_follow_each_other() -> None:
    report = timed(SCENE)
    (stop,) = report.stops
    assert stop.complete
    assert stop.notes == ()
    assert off_s(stop, Moment.STATIONARY, DRIVE.stationary_s) < 0.03
    assert off_s(stop, Moment.RELEASED, DRIVE.released_s) < 0.03
    assert off_s(stop, Moment.ARRIVED, DRIVE.arrived_s) < 0.1
    assert off_s(stop, Moment.DEPARTED, DRIVE.departed_s) < 0.1
    assert stop.stationary_s == pytest.approx(DRIVE.released_s - DRIVE.stationary_s, abs=0.05)
    assert stop.uncertainty_s is not None
    assert 0.002 < stop.uncertainty_s < 0.1
    assert report.passes == ()
    assert (report.frames, report.gaps) == (85, 0)


def test_crew_shake_jacks_and_a_lamp_do_not_make_the_car_move() -> None:
    def lift(t: float) -> float:
        return 4.0 * float(np.clip((t - 1.3) / 0.2, 0, 1) - np.clip((t - 1.85) / 0.1, 0, 1))

    (stop,) = timed(SCENE.with_(crew=2, shake_px=1.0, lift=lift, light=lambda t: 1.0 if t < 1.6 else 0.8)).stops
    assert off_s(stop, Moment.STATIONARY, DRIVE.stationary_s) < 0.08
    assert off_s(stop, Moment.RELEASED, DRIVE.released_s) < 0.08


def test_a_drive_through_is_a_pass_and_never_a_stop() -> None:
    report = timed(SCENE.with_(paths=(lambda t: -300.0 + 500.0 * t,), seconds=2.0))
    assert report.stops == ()
    (gone,) = report.passes
    assert gone.t_s == pytest.approx(0.9, abs=0.3)


def test_an_empty_box_holds_nothing() -> None:
    report = timed(SCENE.with_(paths=(), seconds=0.8))
    assert (report.stops, report.passes) == ((), ())


def test_a_stop_that_began_before_the_first_picture_is_timed_from_its_release_and_told_within_2_s() -> None:
    """Live, too: while pictures still come."""
    timer = StopTimer(box(), WIDTH, HEIGHT)
    for t_s, picture in SCENE.with_(paths=(lambda t: DRIVE(t + 1.5),), seconds=0.611 + 2.0).pictures():
        timer.add(picture, t_s)
    (stop,) = timer.finished()
    assert stop.arrived is None
    assert stop.stationary is None
    assert stop.stationary_s is None
    assert not stop.complete
    assert off_s(stop, Moment.RELEASED, DRIVE.released_s - 1.5) < 0.03
    assert any("before the clip" in note for note in stop.notes)


def test_a_stop_that_ends_after_the_clip_is_timed_up_to_its_standstill() -> None:
    (stop,) = timed(SCENE.with_(seconds=1.7)).stops
    assert off_s(stop, Moment.STATIONARY, DRIVE.stationary_s) < 0.03
    assert stop.released is None
    assert stop.departed is None
    assert not stop.complete
    assert any("after the clip" in note for note in stop.notes)


def test_missing_and_repeated_pictures_are_counted_and_timed_by_their_own_times() -> None:
    times = SCENE.times()
    kept = np.delete(times, [10, 20, 21, 58])
    timer = StopTimer(box(), WIDTH, HEIGHT)
    before = None
    for place, (t_s, picture) in enumerate(SCENE.pictures(kept)):
        timer.add(before if before is not None and place in (13, 46) else picture, t_s)
        before = picture
    timer.finish()
    report = timer.report()
    (stop,) = report.stops
    assert report.gaps == 3
    assert off_s(stop, Moment.STATIONARY, DRIVE.stationary_s) < 0.04
    assert off_s(stop, Moment.RELEASED, DRIVE.released_s) < 0.04


def test_after_a_false_start_the_release_is_the_one_that_counts() -> None:
    away = Drive(0.0, 1.75, stands_at=DRIVE.stands_at + 20)

    def path(t: float) -> float:
        if t < 0.75:
            return DRIVE.stands_at
        hop = float(np.clip((t - 0.75) / 0.3, 0, 1))
        return away(t) if t > 1.75 else DRIVE.stands_at + 20 * (3 * hop**2 - 2 * hop**3)

    (stop,) = timed(SCENE.with_(paths=(path,), seconds=3.1)).stops
    assert off_s(stop, Moment.RELEASED, 1.75) < 0.04
