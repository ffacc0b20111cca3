"""The feeds follow the configured cameras and the settings, one connection each, and no more than allowed."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import logs
from core.camera import Camera, CameraState, ClockSource
from core.capture import CaptureMode, CaptureParams
from core.credentials import Credentials, set_camera_login
from core.errors import CameraError, CameraLimit, CameraSilent, CameraUnknown
from core.job import Job, JobKind, JobState
from core.mailbox import MailboxReader, Wish
from core.paths import DataFolder
from core.setting_sections import RtspSettings
from core.settings import Settings
from tests.fakes.fake_camera import Behaviour, FakeCamera
from tests.workers.cameras.conftest import QUICK
from tests.workers.cameras.pictures import ReplayedStream, encoded
from tests.workers.cameras.waiting import wait_until
from workers.cameras.feeds import Feeds, test_camera

test_camera.__test__ = False  # type: ignore[attr-defined]


class Opened:
    """An opener that counts, for each camera, and gives pictures and then silence."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, camera, login, settings):
        self.names.append(f"{camera.id} {camera.url}")
        video, packets = encoded(50)
        now_ns = time.monotonic_ns()
        return ReplayedStream(video, [replace(packet, arrival_ns=now_ns) for packet in packets])


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.create()
    return folder


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def feeds(folder, opened) -> Iterator[Feeds]:
    feeds = Feeds(folder, QUICK, Credentials(folder), open_stream=opened)
    yield feeds
    feeds.stop()


def cameras(*names: str) -> list[Camera]:
    return [Camera(name, f"rtsp://127.0.0.1:1/{name}") for name in names]


def states(feeds: Feeds) -> dict[str, CameraState]:
    return {status.camera_id: status.state for status in feeds.statuses()}


def test_cameras_come_and_go_with_one_connection_each(feeds, opened):
    feeds.sync_with(cameras("A", "B"), QUICK)
    wait_until(lambda: states(feeds) == {"A": CameraState.LIVE, "B": CameraState.LIVE})
    feeds.sync_with(cameras("B", "C"), QUICK)
    wait_until(lambda: states(feeds) == {"B": CameraState.LIVE, "C": CameraState.LIVE})
    assert sorted(name[0] for name in opened.names) == ["A", "B", "C"]
    with pytest.raises(CameraUnknown):
        feeds.get("A")


def test_another_url_reconnects_and_another_name_does_not(feeds, opened):
    (camera,) = cameras("A")
    feeds.sync_with([camera], QUICK)
    wait_until(lambda: states(feeds) == {"A": CameraState.LIVE})
    first = feeds.get("A").epoch
    feeds.sync_with([replace(camera, name="Garage", pit_box=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))], QUICK)
    assert feeds.get("A").camera.label == "Garage"
    assert len(opened.names) == 1
    feeds.sync_with([replace(camera, url="rtsp://127.0.0.1:1/other")], QUICK)
    wait_until(lambda: states(feeds) == {"A": CameraState.LIVE})
    assert opened.names == ["A rtsp://127.0.0.1:1/A", "A rtsp://127.0.0.1:1/other"]
    assert feeds.get("A").epoch > first


def test_a_camera_past_the_limit_is_not_connected_and_says_so(feeds, opened):
    two = QUICK.model_copy(update={"rtsp": RtspSettings(max_concurrent_streams=2)})
    feeds.sync_with(cameras("A", "B", "C"), two)
    wait_until(lambda: states(feeds)["B"] is CameraState.LIVE)
    third = feeds.statuses()[2]
    assert (third.state, third.reason) == (CameraState.OFFLINE, "C is not connected: limit 2 (Settings)")
    with pytest.raises(CameraLimit):
        feeds.get("C")
    feeds.sync_with(cameras("A", "B", "C"), QUICK)
    wait_until(lambda: states(feeds)["C"] is CameraState.LIVE)
    assert [name[0] for name in opened.names].count("A") == 1


def test_a_disabled_camera_is_let_go_and_says_so(feeds):
    (camera,) = cameras("A")
    feeds.sync_with([camera], QUICK)
    feeds.sync_with([replace(camera, enabled=False)], QUICK)
    assert feeds.statuses()[0].reason == "A is disabled"
    with pytest.raises(CameraError, match="disabled"):
        feeds.get("A")


def test_nothing_is_connected_once_stopped(feeds, opened):
    feeds.stop()
    feeds.sync_with(cameras("A"), QUICK)
    assert opened.names == []


def capture(camera_id: str, **params) -> Job:
    asked = CaptureParams(camera_id=camera_id, **{"mode": CaptureMode.CLIP, "at_ns": time.time_ns(), **params})
    return Job(
        id="job-1",
        kind=JobKind.CAPTURE,
        state=JobState.PENDING,
        params=asked.model_dump(mode="json"),
        name="",
        priority=100,
        attempt=0,
        tries_left=3,
        created_at_ns=0,
        last_updated_ns=0,
    )


def test_a_waiting_capture_pins_its_packets_and_lets_go_when_it_is_cancelled(feeds):
    feeds.sync_with(cameras("A"), QUICK)
    wait_until(lambda: states(feeds) == {"A": CameraState.LIVE})
    feeds.pin_for(capture("A"))
    assert feeds.get("A").ring.pinned() == {"job-1"}
    feeds.unpin_for(capture("A"))
    assert feeds.get("A").ring.pinned() == set()


@pytest.mark.parametrize("params", [{}, {"epoch": 1, "pts": 2, "mode": CaptureMode.SINGLE_FRAME}])
def test_a_capture_that_can_not_be_pinned_is_left_to_its_handler(feeds, params):
    feeds.sync_with(cameras("A"), QUICK)
    feeds.pin_for(capture("A" if params else "Unknown", **params))


def test_a_test_tells_what_a_real_camera_sends_within_five_seconds(camera, login):
    started = time.monotonic()
    found = test_camera(camera, login, Settings())
    assert time.monotonic() - started < 5.0
    assert (found.codec, found.width, found.height, found.fps) == ("h264", 640, 360, 25.0)
    assert found.keyframe_interval_s == pytest.approx(1.0, abs=0.1)
    assert found.clock_source is ClockSource.RTCP


def test_a_test_of_a_silent_camera_fails_within_five_seconds():
    with FakeCamera(Behaviour.PLAYS_NOTHING) as fake:
        started = time.monotonic()
        with pytest.raises(CameraSilent):
            test_camera(Camera("Pit_1", fake.url), None, Settings())
        assert time.monotonic() - started < 5.0


def test_the_whole_way_from_a_camera_with_a_password_to_the_mailbox(folder, camera, login):
    credentials = Credentials(folder)
    set_camera_login(credentials, camera.id, login)
    feeds = Feeds(folder, QUICK, credentials)
    try:
        feeds.sync_with([camera], QUICK)
        wait_until(lambda: states(feeds) == {camera.id: CameraState.LIVE})
        with MailboxReader(folder.mailbox(camera.id)) as mailbox:
            mailbox.set_wish(Wish(320, 320, time.monotonic_ns() + 5_000_000_000))
            assert wait_until(mailbox.latest) < 0.4
            picture = mailbox.latest()
            assert picture is not None and (picture.width, picture.height) == (320, 180)
            assert time.monotonic_ns() - picture.shown_monotonic_ns < 500_000_000
    finally:
        feeds.stop()


@pytest.mark.allow_warnings
def test_no_log_nor_status_ever_shows_a_password(folder, camera, login, pit_cameras):
    credentials = Credentials(folder)
    wrong = replace(login, password="never-shown-§42")
    set_camera_login(credentials, camera.id, wrong)
    logs.configure(folder, "worker", "DEBUG")
    feeds = Feeds(folder, QUICK, credentials)
    try:
        feeds.sync_with([camera], QUICK)
        wait_until(lambda: "password" in feeds.statuses()[0].reason)
        said = json.dumps([status.reason + status.hint for status in feeds.statuses()])
        assert "never-shown" not in said
    finally:
        feeds.stop()
        logs.shut_down()
    written = "".join(path.read_text() for path in folder.logs.iterdir())
    assert "offline" in written and "never-shown" not in written
