"""Captures make the very frames and clips that were asked for, from a real camera, and say what is missing."""

import hashlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.camera import Camera, CameraState, ClockSource, Instant
from core.capture import CaptureMode, CaptureParams, Metadata
from core.clip import Clip
from core.credentials import Credentials, set_camera_login
from core.errors import CameraError, CameraSilent, DiskFull, InstantGone
from core.frame import Frame
from core.job import Job, JobKind
from core.media.clip_reader import ClipReader
from core.setting_sections import CaptureSettings, RtspSettings
from core.settings import Settings
from core.store import cameras, clips, frames, jobs, sessions, uploads
from core.store.jobs import StaleAttempt
from tests.real.rtsp_server import RtspServer, read_stamp
from tests.workers.cameras.conftest import pit_cameras
from tests.workers.cameras.waiting import wait_until
from tests.workers.station_parts import CAMERA, StationParts
from workers.cameras.feed import Feed
from workers.cameras.feeds import Feeds
from workers.cancellation import Cancelled, CancelToken, Reason
from workers.jobs import capturing
from workers.runner import JobContext, Outcome

__all__ = ["pit_cameras"]

SECOND = 1_000_000_000
SETTINGS = Settings(
    rtsp=RtspSettings(open_timeout_s=2.0, read_timeout_s=1.2, stall_s=0.7, reconnect_cap_s=0.3, capture_timeout=2.0),
    capture=CaptureSettings(pre_roll_s=3.0),
)


@dataclass
class Capturing:
    """A station with a camera that has been live for some seconds."""

    station: StationParts
    feeds: Feeds

    @property
    def feed(self) -> Feed:
        return self.feeds.get(CAMERA)

    def enqueue(self, mode: CaptureMode, **params: Any) -> Job:
        row = {name: params.pop(name) for name in ("session_id", "operator", "tenant_id") if name in params}
        asked = CaptureParams(camera_id=CAMERA, mode=mode, **{"at_ns": time.time_ns(), **params})
        job = self.station.enqueue(JobKind.CAPTURE, params=asked.model_dump(mode="json"), **row)
        self.feeds.pin_for(job)
        return job

    def context(self, job: Job, cancel: CancelToken | None = None) -> JobContext:
        unused: Any = None
        return replace(self.station.context(job, unused, cancel), feeds=self.feeds, settings=self.station.settings)

    def run(self, cancel: CancelToken | None = None) -> tuple[Job, Outcome]:
        """One attempt of the queued job, ended as the runner would."""
        job = self.station.claim()
        outcome = capturing.run(self.context(job, cancel))
        with self.station.database.write() as tx:
            if outcome.publish is not None:
                outcome.publish(tx)
            jobs.finish(tx, job, outcome.summary)
        return job, outcome

    def capture(self, mode: CaptureMode, **params: Any) -> tuple[Job, Outcome]:
        self.enqueue(mode, **params)
        return self.run()

    def frames_of(self, job: Job) -> list[Frame]:
        with self.station.database.read() as tx:
            return frames.for_job(tx, job.id)

    def clips_of(self, job: Job) -> list[Clip]:
        with self.station.database.read() as tx:
            return clips.for_job(tx, job.id)

    def path(self, item: Frame | Clip) -> Path:
        return self.station.folder.absolute(item.path)

    def stamp(self, frame: Frame) -> Any:
        picture = cv2.imread(str(self.path(frame)))
        assert picture is not None
        return read_stamp(np.asarray(picture[:, :, 1], np.uint8))


def feeds_of(station: StationParts, url: str, login: Any = None) -> Feeds:
    credentials = Credentials(station.folder)
    if login is not None:
        set_camera_login(credentials, CAMERA, login)
    with station.database.write() as tx:
        camera = cameras.update(tx, replace(cameras.get(tx, CAMERA), url=url, location="Pit lane"))
    feeds = Feeds(station.folder, SETTINGS, credentials)
    feeds.sync_with([camera], SETTINGS)
    return feeds


@pytest.fixture(scope="module")
def live(pit_cameras: RtspServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeds]:
    """A feed that all tests of this module share, with its ring full and its clock the camera's."""
    from core.credentials import Login
    from core.paths import DataFolder

    folder = DataFolder(tmp_path_factory.mktemp("feeds"))
    folder.create()
    credentials = Credentials(folder)
    set_camera_login(credentials, CAMERA, Login(pit_cameras.user, pit_cameras.password))
    feeds = Feeds(folder, SETTINGS, credentials)
    feeds.sync_with([Camera(CAMERA, pit_cameras.url())], SETTINGS)
    wait_until(lambda: feeds.statuses()[0].ring_s > 3.0, 10)
    wait_until(lambda: feeds.get(CAMERA).status().captured_u_ns == 10_000_000, 10)
    yield feeds
    feeds.stop()


@pytest.fixture
def capturing_station(station: StationParts, live: Feeds) -> Capturing:
    station.settings = SETTINGS
    return Capturing(station, live)


@pytest.fixture
def own_camera(
    station: StationParts, make_rtsp_server: Callable[..., RtspServer]
) -> Iterator[tuple[Capturing, RtspServer]]:
    """A camera that the test may kill, live."""
    server = make_rtsp_server()
    station.settings = SETTINGS
    feeds = feeds_of(station, server.url())
    wait_until(lambda: feeds.statuses()[0].state is CameraState.LIVE)
    yield Capturing(station, feeds), server
    feeds.stop()


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
    taken_us = np.array([capturing_station.stamp(frame).utc_us for frame in made])
    assert abs(taken_us[0] * 1000 - pressed_ns) < 60_000_000
    assert np.abs(np.diff(taken_us) - 1e6 / fps).max() < 45_000


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


def ffprobed(path: Path) -> dict[str, str]:
    asked = [
        "-show_entries",
        "stream=codec_name,nb_read_frames:format=duration",
        "-of",
        "default=nw=1",
        "-count_frames",
    ]
    said = subprocess.run(["ffprobe", "-v", "error", *asked, str(path)], capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return dict(line.split("=", 1) for line in said.stdout.split())


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


def test_a_span_with_a_loss_in_its_middle_gives_two_clips_and_the_gap_between(
    own_camera: tuple[Capturing, RtspServer],
):
    one, server = own_camera
    wait_until(lambda: one.feed.ring.kept_s() > 1.5)
    job = one.enqueue(CaptureMode.CLIP, pre_s=1.0, post_s=5.0)
    server.restart()
    _, outcome = one.run()
    before, after = one.clips_of(job)
    assert (before.ordinal, after.ordinal) == (0, 1) and before.epoch != after.epoch
    [gap] = before.gaps
    assert gap.reason == "Haas_Pit_1 was not connected"
    assert gap.end_ns == pytest.approx(after.captured_at_ns, abs=0.3 * SECOND)
    assert outcome.summary["clips"] == 2
    for clip in (before, after):
        assert int(ffprobed(one.path(clip))["nb_read_frames"]) == clip.frame_count


def test_a_pace_over_a_loss_goes_on_and_tells_the_gap(own_camera: tuple[Capturing, RtspServer]):
    one, server = own_camera
    job = one.enqueue(CaptureMode.INTERVAL, fps=5.0, duration_s=5.0)
    threading.Timer(0.8, server.kill).start()
    threading.Timer(1.8, server.start).start()
    _, outcome = one.run()
    made = one.frames_of(job)
    gaps: Any = outcome.summary["gaps"]
    assert len({frame.epoch for frame in made}) == 2
    assert made[-1].ordinal == 24 and len(made) < 25
    assert "Haas_Pit_1 was not connected" in [gap["reason"] for gap in gaps]


def test_a_camera_that_stays_away_fails_the_pace_and_keeps_its_frames(own_camera: tuple[Capturing, RtspServer]):
    one, server = own_camera
    job = one.enqueue(CaptureMode.CONTINUOUS, fps=5.0, duration_s=30.0)
    threading.Timer(0.8, server.kill).start()
    started = time.monotonic()
    with pytest.raises(CameraError, match="nothing listens") as error:
        one.run()
    assert time.monotonic() - started < 6.0 and not isinstance(error.value, CameraSilent)
    assert len(one.frames_of(job)) >= 3
    assert one.feed.ring.pinned() == {job.id}, "for its next attempt"


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
