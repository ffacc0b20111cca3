"""Captured frames are the very pictures that were asked for, from a real camera, at the pace asked for."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.camera import ClockSource, Instant
from core.capture import CaptureMode, Metadata
from core.errors import InstantGone
from core.setting_sections import CaptureSettings
from core.store import jobs, sessions, uploads
from core.store.jobs import StaleAttempt
from tests.real.rtsp_server import read_stamp
from tests.workers.cameras.conftest import pit_cameras
from tests.workers.cameras.waiting import wait_until
from tests.workers.jobs.capturing_parts import (
    SECOND,
    SETTINGS,
    Capturing,
    capturing_station,
    live,
)
from tests.workers.station_parts import CAMERA
from workers.cancellation import Cancelled, CancelToken, Reason
from workers.jobs import capturing

__all__ = ["capturing_station", "live", "pit_cameras"]


@pytest.mark.alone
def test_a_single_frame_is_the_picture_that_was_on_screen(capturing_station: Capturing):
    nearest = capturing_station.feed.ring.nearest(time.time_ns() - SECOND)
    assert nearest is not None
    instant = nearest[0]
    truth = read_stamp(capturing_station.feed.still(instant).picture[:, :, 1])
    job, outcome = capturing_station.capture(CaptureMode.SINGLE_FRAME, epoch=instant.epoch, pts=instant.pts)
    [frame] = capturing_station.frames_of(job)
    assert outcome.summary == {"frames": 1, "clips": 0, "gaps": []}
    assert capturing_station.stamp(frame) == truth
    assert (frame.epoch, frame.pts, frame.clock_source) == (instant.epoch, instant.pts, ClockSource.RTCP)
    assert abs(frame.captured_at_ns - truth.utc_us * 1000) <= frame.captured_u_ns
    data = capturing_station.path(frame).read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (frame.bytes, frame.sha256)
    assert (frame.width, frame.height, frame.format) == (640, 360, "jpg")
    with capturing_station.station.database.read() as tx:
        assert uploads.summary(tx).waiting == 1
    assert capturing_station.feed.ring.pinned() == set(), "its packets are let go"


@pytest.mark.alone
def test_without_a_picture_on_screen_the_nearest_to_the_press_is_taken(capturing_station: Capturing):
    pressed_ns = time.time_ns()
    job, _ = capturing_station.capture(CaptureMode.SINGLE_FRAME, at_ns=pressed_ns)
    [frame] = capturing_station.frames_of(job)
    assert abs(capturing_station.stamp(frame).utc_us * 1000 - pressed_ns) < 60_000_000


def test_all_that_is_known_goes_with_the_frame(capturing_station: Capturing):
    station = capturing_station.station
    with station.database.write() as tx:
        session = sessions.create(tx, season="2026", event="Monza", name="FP1", time_zone="Europe/Rome")
    said = Metadata(timestamp_ref="T+3", camera_angle="front", exposure=0.5, sensor_info="IMX", meta={"car": 7})
    job, _ = capturing_station.capture(
        CaptureMode.SINGLE_FRAME,
        metadata=said,
        request_id="r-1",
        session_id=session.id,
        operator="Ada",
        tenant_id="Haas",
    )
    [frame] = capturing_station.frames_of(job)
    assert (frame.session_id, frame.request_id, frame.operator, frame.tenant_id) == (session.id, "r-1", "Ada", "Haas")
    assert (frame.timestamp_ref, frame.camera_angle, frame.exposure) == ("T+3", "front", 0.5)
    assert (frame.sensor_info, frame.meta) == ("IMX", {"car": 7})
    assert frame.path.startswith("frames/20") and frame.path.endswith(f"/{CAMERA}/{frame.id}.jpg")


def test_the_format_is_the_settings_own(capturing_station: Capturing):
    png = SETTINGS.model_copy(update={"capture": CaptureSettings(frame_format="png")})
    capturing_station.station.settings = png
    job, _ = capturing_station.capture(CaptureMode.SINGLE_FRAME)
    [frame] = capturing_station.frames_of(job)
    assert frame.format == "png" and capturing_station.path(frame).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("gone", [{"epoch": 7, "pts": 0}, {"at_ns": 1}, {"at_ns": time.time_ns() - 60 * SECOND}])
def test_an_instant_that_is_gone_fails_for_good_and_says_so(capturing_station: Capturing, gone):
    capturing_station.enqueue(CaptureMode.SINGLE_FRAME, **gone)
    with pytest.raises(InstantGone) as error:
        capturing_station.run()
    assert error.value.permanent and "Capture now" in error.value.hint
    assert capturing_station.station.media_files() == []


def test_a_pinned_instant_is_had_though_the_ring_moved_on_while_the_job_waited(capturing_station: Capturing):
    oldest = capturing_station.feed.ring.following(0)
    assert oldest is not None
    instant = Instant(oldest.epoch, oldest.packets[3].pts)
    capturing_station.enqueue(CaptureMode.SINGLE_FRAME, epoch=instant.epoch, pts=instant.pts)
    wait_until(lambda: capturing_station.feed.ring.following(oldest.number).number > oldest.number + 1)  # type: ignore[union-attr]
    job, _ = capturing_station.run()
    assert capturing_station.frames_of(job)[0].pts == instant.pts


def test_a_burst_is_so_many_pictures_in_a_row(capturing_station: Capturing):
    job, outcome = capturing_station.capture(CaptureMode.BURST, count=8)
    made = capturing_station.frames_of(job)
    numbers = [capturing_station.stamp(frame).number for frame in made]
    assert numbers == list(range(numbers[0], numbers[0] + 8))
    assert [frame.ordinal for frame in made] == list(range(8))
    assert outcome.summary == {"frames": 8, "clips": 0, "gaps": []}


def test_a_burst_may_have_a_pace(capturing_station: Capturing):
    job, _ = capturing_station.capture(CaptureMode.BURST, count=4, fps=5.0)
    numbers = [capturing_station.stamp(frame).number for frame in capturing_station.frames_of(job)]
    assert np.diff(numbers).tolist() == [5, 5, 5]


@pytest.mark.parametrize(("mode", "fps", "count"), [(CaptureMode.INTERVAL, 4.0, 4), (CaptureMode.CONTINUOUS, 25.0, 25)])
def test_frames_at_a_pace_are_that_many_that_far_apart_by_the_cameras_own_time(
    capturing_station: Capturing, mode, fps, count
):
    pressed_ns = time.time_ns()
    job, outcome = capturing_station.capture(mode, fps=fps, duration_s=1.0, at_ns=pressed_ns)
    made = capturing_station.frames_of(job)
    assert [frame.ordinal for frame in made] == list(range(count))
    assert outcome.summary == {"frames": count, "clips": 0, "gaps": []}
    assert abs(made[0].captured_at_ns - pressed_ns) < 60_000_000
    numbers = [capturing_station.stamp(frame).number for frame in made]
    assert np.abs(np.diff(numbers) - 25 / fps).max() <= 1


def test_an_interval_without_a_pace_has_the_default_one(capturing_station: Capturing):
    job, _ = capturing_station.capture(CaptureMode.INTERVAL, duration_s=2.0)
    assert len(capturing_station.frames_of(job)) == 2


def test_a_second_attempt_goes_on_with_what_is_left_and_says_what_is_missing(capturing_station: Capturing):
    job = capturing_station.enqueue(CaptureMode.INTERVAL, fps=10.0, duration_s=3.0)
    cancel = CancelToken()
    first = capturing_station.station.claim()
    attempt = threading.Thread(target=lambda: quietly(lambda: capturing.run(capturing_station.context(first, cancel))))
    attempt.start()
    wait_until(lambda: len(capturing_station.frames_of(job)) >= 5)
    cancel.cancel(Reason.STOPPING)
    attempt.join(3)
    before = capturing_station.frames_of(job)
    with capturing_station.station.database.write() as tx:
        jobs.wait(tx, first, "the worker stopped", tx.now_ns)
    threading.Event().wait(0.7)
    wait_until(lambda: capturing_station.feed.ring.newest())
    capturing_station.feed.ring.resize(0.0, 1 << 26)  # the pictures of the time between are gone
    try:
        wait_until(lambda: capturing_station.feed.ring.kept_s() < 1.2)
        _, outcome = capturing_station.run()
    finally:
        capturing_station.feed.ring.resize(3.0, 1 << 26)
        wait_until(lambda: capturing_station.feed.ring.kept_s() > 2.8)
    made = capturing_station.frames_of(job)
    assert made[: len(before)] == before, "none is taken twice"
    assert made[-1].ordinal == 29
    gaps: Any = outcome.summary["gaps"]
    places = 30 - len(made)
    assert places == 0 or sum(gap["seconds"] for gap in gaps) == pytest.approx(places / 10, abs=0.25)


def quietly(run: Callable[[], object]) -> None:
    try:
        run()
    except Cancelled:
        return


def test_a_cancel_stops_the_work_in_time_and_leaves_no_half_file(capturing_station: Capturing):
    capturing_station.enqueue(CaptureMode.CLIP, pre_s=1, post_s=60)
    cancel = CancelToken()
    stopped: list[float] = []

    def attempt() -> None:
        quietly(lambda: capturing_station.run(cancel))
        stopped.append(time.monotonic())

    thread = threading.Thread(target=attempt)
    thread.start()
    wait_until(lambda: any(name.endswith(".part") for name in capturing_station.station.media_files()))
    asked = time.monotonic()
    cancel.cancel()
    thread.join(5)
    assert stopped[0] - asked < 1.0
    assert capturing_station.station.media_files() == []
    assert capturing_station.feed.ring.pinned() == set()


def test_a_frame_of_an_attempt_that_is_no_longer_current_is_not_kept(capturing_station: Capturing):
    job = capturing_station.enqueue(CaptureMode.INTERVAL, fps=10.0, duration_s=2.0)
    claimed = capturing_station.station.claim()
    capturing_station.station.cancel(job.id)
    with pytest.raises(StaleAttempt):
        capturing.run(capturing_station.context(claimed))
    assert capturing_station.station.media_files() == []


@pytest.mark.alone
def test_from_press_to_file_takes_a_quarter_of_a_second_at_the_most(capturing_station: Capturing):
    took = []
    for _ in range(12):
        nearest = capturing_station.feed.ring.nearest(time.time_ns() - 200_000_000)
        assert nearest is not None
        started = time.monotonic()
        capturing_station.capture(CaptureMode.SINGLE_FRAME, epoch=nearest[0].epoch, pts=nearest[0].pts)
        took.append(time.monotonic() - started)
    assert sorted(took)[-2] < 0.25
