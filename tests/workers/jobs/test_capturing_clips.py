"""Clips hold the seconds asked for; what a lost camera leaves out is told as a gap."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.capture import CaptureMode
from core.errors import CameraError, CameraSilent, DiskFull
from core.media.clip_reader import ClipReader
from core.store import jobs
from tests.real.rtsp_server import RtspServer, read_stamp
from tests.workers.cameras.conftest import pit_cameras
from tests.workers.cameras.waiting import wait_until
from tests.workers.jobs.capturing_parts import (
    SECOND,
    SETTINGS,
    Capturing,
    capturing_station,
    feeds_of,
    ffprobed,
    flapping_camera,
    live,
    own_camera,
)
from tests.workers.station_parts import CAMERA, StationParts
from workers.cancellation import Cancelled, CancelToken, Reason
from workers.jobs import capturing

__all__ = ["capturing_station", "flapping_camera", "live", "own_camera", "pit_cameras"]


@pytest.mark.alone
def test_a_clip_has_the_seconds_before_the_press_and_after_it(capturing_station: Capturing):
    pressed_ns = time.time_ns()
    job, outcome = capturing_station.capture(CaptureMode.CLIP, pre_s=2.0, post_s=1.0, at_ns=pressed_ns)
    [clip] = capturing_station.clips_of(job)
    assert outcome.summary == {"frames": 0, "clips": 1, "gaps": []}
    path = capturing_station.path(clip)
    with ClipReader(path) as reader:
        stamps = [read_stamp(reader.frame_at(pts)[:, :, 1]) for pts in (reader.pts[0], reader.pts[30], reader.pts[-1])]
        times_ns = [clip.captured_at_ns + reader.ns(pts) for pts in (reader.pts[0], reader.pts[30], reader.pts[-1])]
        assert len(reader.pts) == clip.frame_count
    first_ns, last_ns = stamps[0].utc_us * 1000, stamps[-1].utc_us * 1000
    assert -1.08 * SECOND < first_ns - (pressed_ns - 2 * SECOND) < 0.05 * SECOND, "one keyframe interval at most"
    assert abs(last_ns - (pressed_ns + SECOND)) < 0.06 * SECOND
    for stamp, time_ns in zip(stamps, times_ns, strict=True):
        assert abs(stamp.utc_us * 1000 - time_ns) < clip.captured_u_ns, "every picture has its own true time"
    assert stamps[-1].number - stamps[0].number == clip.frame_count - 1
    said = ffprobed(path)
    assert said["codec_name"] == "h264" and int(said["nb_read_frames"]) == clip.frame_count
    assert float(said["duration"]) == pytest.approx(clip.duration_ns / 1e9, abs=0.001)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == clip.sha256
    assert clip.path == f"clips/{time.strftime('%Y/%m/%d', time.gmtime(first_ns // SECOND))}/{CAMERA}/{clip.id}.mp4"


def test_a_pre_roll_longer_than_the_ring_is_a_gap(capturing_station: Capturing):
    feed = capturing_station.feed
    wait_until(lambda: feed.first is not None and feed.ring.gop_with(feed.first) is None, 10)
    job, outcome = capturing_station.capture(CaptureMode.CLIP, pre_s=20.0, post_s=0.2)
    [clip] = capturing_station.clips_of(job)
    [gap] = clip.gaps
    assert "did not reach further back" in gap.reason
    assert 15 < (gap.end_ns - gap.start_ns) / SECOND < 18 and gap.end_ns == clip.captured_at_ns
    assert outcome.summary["gaps"] == [gap.as_json()]


def test_a_new_clip_is_refused_while_the_disk_is_nearly_full(capturing_station: Capturing):
    full = {"retention": SETTINGS.retention.model_copy(update={"min_free_bytes": 1 << 49})}
    capturing_station.station.settings = SETTINGS.model_copy(update=full)
    capturing_station.enqueue(CaptureMode.CLIP)
    with pytest.raises(DiskFull, match="no new clip"):
        capturing_station.run()
    for key in capturing_station.feed.ring.pinned():
        capturing_station.feed.unpin(key)


def test_a_press_while_the_worker_is_only_connecting_takes_the_first_picture(
    station: StationParts, make_rtsp_server: Callable[..., RtspServer]
):
    server = make_rtsp_server()
    station.settings = SETTINGS
    feeds = feeds_of(station, server.url())
    try:
        one = Capturing(station, feeds)
        job, _ = one.capture(CaptureMode.SINGLE_FRAME)
        [frame] = one.frames_of(job)
        first = one.feed.first
        assert first is not None and (frame.epoch, frame.pts) == (first.epoch, first.pts)
        job, _ = one.capture(CaptureMode.CLIP, pre_s=30, post_s=0.5)
        [gap] = one.clips_of(job)[0].gaps
        assert "was connected only then" in gap.reason
    finally:
        feeds.stop()


def test_a_camera_that_can_not_be_had_fails_the_capture_with_the_reason(station: StationParts):
    feeds = feeds_of(station, "rtsp://127.0.0.1:1/cam")
    station.settings = SETTINGS
    try:
        one = Capturing(station, feeds)
        one.enqueue(CaptureMode.SINGLE_FRAME)
        with pytest.raises(CameraError, match="nothing listens at 127"):
            one.run()
    finally:
        feeds.stop()


def test_a_clip_whose_camera_dies_keeps_what_came_before_and_tells_the_gap(own_camera: tuple[Capturing, RtspServer]):
    one, server = own_camera
    wait_until(lambda: one.feed.ring.kept_s() > 1.5)
    job = one.enqueue(CaptureMode.CLIP, pre_s=1.0, post_s=1.5)
    server.kill()
    _, outcome = one.run()
    [clip] = one.clips_of(job)
    [gap] = clip.gaps
    assert "Haas_Pit_1" in gap.reason and gap.end_ns - gap.start_ns == pytest.approx(1.5 * SECOND, abs=0.3 * SECOND)
    assert outcome.summary["gaps"] == [gap.as_json()]
    assert int(ffprobed(one.path(clip))["nb_read_frames"]) == clip.frame_count


def test_a_span_with_a_loss_in_its_middle_gives_two_clips_and_the_gap_between(flapping_camera: Capturing):
    wait_until(lambda: flapping_camera.feed.ring.kept_s() > 1.2)
    job, outcome = flapping_camera.capture(CaptureMode.CLIP, pre_s=1.0, post_s=3.5)
    before, after = flapping_camera.clips_of(job)
    assert (before.ordinal, after.ordinal) == (0, 1) and before.epoch != after.epoch
    [gap] = before.gaps
    assert gap.reason == "Haas_Pit_1 was not connected"
    assert gap.start_ns == pytest.approx(before.captured_at_ns + before.duration_ns, abs=0.2 * SECOND)
    assert gap.end_ns == pytest.approx(after.captured_at_ns, abs=0.2 * SECOND)
    assert outcome.summary == {"frames": 0, "clips": 2, "gaps": [gap.as_json()]}
    for clip in (before, after):
        assert int(ffprobed(flapping_camera.path(clip))["nb_read_frames"]) == clip.frame_count


def test_a_pace_over_a_loss_goes_on_and_tells_the_gap(flapping_camera: Capturing):
    job, outcome = flapping_camera.capture(CaptureMode.INTERVAL, fps=5.0, duration_s=5.0)
    made = flapping_camera.frames_of(job)
    gaps: Any = outcome.summary["gaps"]
    assert len({frame.epoch for frame in made}) == 2
    assert made[-1].ordinal == 24 and 17 <= len(made) < 25
    assert [gap["reason"] for gap in gaps] == ["Haas_Pit_1 was not connected"]
    assert gaps[0]["seconds"] == pytest.approx((25 - len(made)) / 5, abs=0.45)


def test_a_burst_that_the_camera_breaks_off_keeps_what_it_has_and_tells_the_gap(flapping_camera: Capturing):
    job, outcome = flapping_camera.capture(CaptureMode.BURST, count=200)
    made = flapping_camera.frames_of(job)
    assert 10 < len(made) < 60 and len({frame.epoch for frame in made}) == 1
    assert len(outcome.summary["gaps"]) == 1  # type: ignore[arg-type]


def test_a_camera_that_stays_away_fails_the_pace_and_keeps_its_frames(own_camera: tuple[Capturing, RtspServer]):
    one, server = own_camera
    job = one.enqueue(CaptureMode.CONTINUOUS, fps=5.0, duration_s=30.0)
    threading.Timer(0.8, server.kill).start()
    started = time.monotonic()
    with pytest.raises(CameraError, match="nothing listens") as error:
        one.run()
    assert time.monotonic() - started < 9.0 and not isinstance(error.value, CameraSilent)
    assert len(one.frames_of(job)) >= 3
    assert one.feed.ring.pinned() == {job.id}, "for its next attempt"


def test_a_worker_that_leaves_keeps_what_was_recorded_and_the_next_one_goes_on(capturing_station: Capturing):
    job = capturing_station.enqueue(CaptureMode.CLIP, pre_s=1.0, post_s=4.0)
    claimed, cancel = capturing_station.station.claim(), CancelToken()
    threading.Timer(0.6, cancel.cancel, [Reason.STOPPING]).start()
    with pytest.raises(Cancelled):
        capturing.run(capturing_station.context(claimed, cancel))
    [kept] = capturing_station.clips_of(job)
    assert kept.duration_ns > 1.4 * SECOND
    with capturing_station.station.database.write() as tx:
        jobs.wait(tx, claimed, "the worker stopped", tx.now_ns)
    _, outcome = capturing_station.run()
    first, second = capturing_station.clips_of(job)
    assert first == kept and second.ordinal == 1 and outcome.summary["clips"] == 2
    # The second may begin with the very next picture, and the clock may have moved by µs since.
    assert -0.001 * SECOND < first.end_ns - second.captured_at_ns < 1.1 * SECOND, "nothing is missing"
    assert outcome.summary["gaps"] == []


def test_a_cancel_by_the_operator_keeps_nothing_of_a_clip(capturing_station: Capturing):
    capturing_station.enqueue(CaptureMode.CLIP, pre_s=1.0, post_s=30.0)
    claimed, cancel = capturing_station.station.claim(), CancelToken()
    threading.Timer(0.5, cancel.cancel).start()
    with pytest.raises(Cancelled):
        capturing.run(capturing_station.context(claimed, cancel))
    assert capturing_station.station.media_files() == []
