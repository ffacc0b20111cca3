import sqlite3
import threading
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource
from core.capture import CaptureMode, CaptureParams
from core.errors import InstantGone
from core.frame import Frame
from core.ids import new_id
from core.job import JobError, JobKind, JobState
from core.process import ProcessBeat, Role
from core.store import cameras, frames, jobs, processes, sessions
from core.store.database import Database
from gui import background
from gui.toast import Notice
from gui.wall.wall_page import WallPage
from tests.fakes.fake_feed import FakeFeed
from tests.gui.review.stopped_station import BOX, a_stop, keep

LIVE = CameraStatus(
    "", CameraState.LIVE, fps=25.0, epoch=1, found=CameraFound("h264", 320, 180, 25.0, 1.0, ClockSource.RTCP)
)


@pytest.fixture
def database(station):
    with station.database.write() as tx:
        for camera_id, name in (("Pit_1", "Front left"), ("Pit_2", "Rear left")):
            cameras.add(tx, Camera(camera_id, "rtsp://127.0.0.1/live", name=name))
            cameras.report(tx, replace(LIVE, camera_id=camera_id))
        processes.beat(tx, ProcessBeat("worker", Role.WORKER, 1, tx.now_ns, tx.now_ns, "0"))
        sessions.create(tx, "2026", "Monza", "FP1", "UTC")
    return station.database


@pytest.fixture
def page(database, station, qtbot):
    made = WallPage(station)
    qtbot.addWidget(made)
    made.resize(1000, 640)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: len(made.view.on_screen) == 2)
    yield made
    made.close_eyes()


@pytest.fixture
def feeds(folder):
    made = [FakeFeed(folder.mailbox(f"Pit_{n}")) for n in (1, 2)]
    yield made
    for feed in made:
        feed.close()


def queued(database):
    with database.read() as tx:
        return [job for job in jobs.active(tx, 0) if job.kind is JobKind.CAPTURE]


def notices(page):
    return [notice.text for notice in page.window().findChildren(Notice)]


def claim_all(database):
    with database.write() as tx:
        claimed = []
        while (job := jobs.claim(tx, worker_id="worker", kinds_free={JobKind.CAPTURE: 9})) is not None:
            claimed.append(job)
    return claimed


def frame_of(job, ordinal=0, at_ns=1_795_262_400_480_000_000):
    path = f"frames/2026/11/21/{job.camera_id}/{new_id()}.jpg"
    return Frame(
        new_id(), path, job.camera_id, job.session_id, job.id, ordinal, "jpg", 320, 180, 9, "0" * 64, at_ns, 1_000_000,
        ClockSource.RTCP,
    )  # fmt: skip


def finish(database, job, count=1):
    with database.write() as tx:
        for ordinal in range(count):
            frames.add(tx, frame_of(job, ordinal), station_id="station-1")
        jobs.finish(tx, job, {"frames": count})


def test_space_captures_the_pictures_that_are_on_screen(page, feeds, database, qtbot):
    shown = [feed.show(captured_at_ns=1000 + n) for n, feed in enumerate(feeds)]
    qtbot.waitUntil(lambda: all(page.view.picture_of(c) is not None for c in ("Pit_1", "Pit_2")))
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert all(page.view.tile(c).flashing for c in ("Pit_1", "Pit_2"))  # at once, before anything is written
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    with database.read() as tx:
        children = jobs.children(tx, queued(database)[0].id)
    asked = [CaptureParams.model_validate(child.params) for child in children]
    assert [(params.camera_id, params.epoch, params.pts) for params in asked] == [
        ("Pit_1", 1, shown[0]),
        ("Pit_2", 1, shown[1]),
    ]
    assert {params.at_ns for params in asked} == {1000}


def test_holding_space_down_is_one_press(page, database, qtbot):
    for repeat in (False, True, True, True):
        QTest.simulateEvent(page, True, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", repeat)
    qtbot.waitUntil(lambda: len(queued(database)) >= 1)
    background.finish()
    assert len(queued(database)) == 1


def test_a_number_chooses_a_camera_and_the_press_takes_only_that(page, database, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_2)
    assert page.view.chosen == ["Pit_2"]
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    assert queued(database)[0].camera_id == "Pit_2"
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.view.chosen == []


@pytest.mark.parametrize(("key", "mode"), [(Qt.Key.Key_B, CaptureMode.BURST), (Qt.Key.Key_V, CaptureMode.CLIP)])
def test_a_letter_chooses_the_mode(page, key, mode, qtbot):
    qtbot.keyClick(page, key)
    assert page.capture_bar.mode is mode


def test_the_end_of_a_press_is_told_with_its_time_and_doubt(page, database, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    for job in claim_all(database):
        finish(database, job)
    qtbot.waitUntil(lambda: notices(page) == ["2 frames saved  12:00:00.480 ± 1 ms."])


def test_an_instant_that_is_gone_is_said_and_capture_now_takes_what_is_seen_now(page, feeds, database, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_1)
    feeds[0].show(captured_at_ns=1000)
    qtbot.waitUntil(lambda: page.view.picture_of("Pit_1") is not None)
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    (job,) = claim_all(database)
    gone = InstantGone(camera="Front left")
    with database.write() as tx:
        jobs.fail(tx, job, JobError(gone.slug, gone.title, gone.hint, permanent=True), None)
    qtbot.waitUntil(lambda: any("no longer in its ring" in text for text in notices(page)))
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Capture now")
    before_ns = time.time_ns()
    button.click()
    qtbot.waitUntil(lambda: any(job.state is JobState.PENDING for job in queued(database)))
    again = CaptureParams.model_validate(next(j for j in queued(database) if j.state is JobState.PENDING).params)
    assert (again.epoch, again.pts) == (None, None)
    assert again.at_ns >= before_ns


def test_a_failure_says_why_and_what_was_saved_all_the_same(page, database, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    first, second = claim_all(database)
    finish(database, first)
    with database.write() as tx:
        jobs.fail(tx, second, JobError("camera_silent", "Rear left is silent", "Restart it.", permanent=True), None)
    qtbot.waitUntil(lambda: notices(page) == ["1 frame saved, but: Rear left is silent. Restart it."])


def test_stop_ends_a_continuous_capture_and_says_what_it_saved(page, database, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_1)
    qtbot.keyClick(page, Qt.Key.Key_C)
    qtbot.keyClick(page, Qt.Key.Key_Space)
    stop = next(button for button in page.findChildren(QPushButton) if button.accessibleName().startswith("Stop"))
    qtbot.waitUntil(stop.isVisible)
    (job,) = claim_all(database)
    with database.write() as tx:
        frames.add(tx, frame_of(job), station_id="station-1")
    stop.click()
    qtbot.waitUntil(lambda: notices(page) == ["Stopped. 1 frame saved."])
    assert not stop.isVisible()


def test_events_are_asked_of_the_cameras_with_a_pit_box_and_none_is_a_result(page, database, qtbot):
    capture = page.capture_bar.findChild(QPushButton, "capture")
    with database.write() as tx:
        cameras.set_pit_box(tx, "Pit_2", BOX)
    qtbot.waitUntil(lambda: page.state is not None and page.state.cameras[1].pit_box is not None)
    qtbot.keyClick(page, Qt.Key.Key_E)
    assert page.capture_bar.mode is CaptureMode.EVENT_DRIVEN and capture.accessibleName() == "Capture Rear left"
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(queued(database)) == 1)
    (job,) = claim_all(database)
    assert (job.camera_id, job.params["mode"], job.params["duration_s"]) == ("Pit_2", "event_driven", 3600.0)
    with database.write() as tx:
        jobs.finish(tx, job, {"frames": 0, "clips": 0, "gaps": []})
    qtbot.waitUntil(lambda: notices(page) == ["Nothing moved in the pit box, so nothing was saved."])
    qtbot.keyClick(page, Qt.Key.Key_1)
    assert not capture.isEnabled() and "Pit box" in capture.toolTip(), "the chosen camera has no box"


def test_without_a_worker_no_tile_claims_to_be_live_and_the_press_says_so(page, database, qtbot):
    with database.write() as tx:
        processes.leave(tx, "worker")
    qtbot.waitUntil(lambda: page.view.tile("Pit_1").words.state is CameraState.OFFLINE)
    assert page.view.tile("Pit_1").words.reason == "The worker is not running"
    qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: any("worker is not running" in text for text in notices(page)))


def test_a_camera_that_is_switched_off_is_not_on_the_wall(page, station, database, qtbot):
    with database.write() as tx:
        cameras.update(tx, replace(cameras.get(tx, "Pit_2"), enabled=False))
    qtbot.waitUntil(lambda: page.view.on_screen == ["Pit_1"])


def test_the_window_goes_on_while_another_holds_the_database_and_the_press_is_not_lost(
    page, folder, database, qtbot, monkeypatch
):
    """The main thread never asks the database: a press during somebody's long write is queued when that ends."""
    asked: list[str] = []

    def noting(name):
        ask = getattr(Database, name)

        def noted(self):
            asked.extend([name] if threading.current_thread() is threading.main_thread() else [])
            return ask(self)

        return noted

    other = sqlite3.connect(folder.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with monkeypatch.context() as patched:
        for name in ("read", "write"):
            patched.setattr(Database, name, noting(name))
        qtbot.keyClick(page, Qt.Key.Key_Space)
        ticks: list[float] = []
        ticker = QTimer(interval=10)
        ticker.timeout.connect(lambda: ticks.append(time.monotonic()))
        ticker.start()
        qtbot.waitUntil(lambda: len(ticks) >= 50, timeout=30_000)
        ticker.stop()
    assert asked == [] and queued(database) == []
    other.execute("ROLLBACK")
    other.close()
    qtbot.waitUntil(lambda: len(queued(database)) == 1)


def test_the_last_stop_stands_on_its_cameras_tile_with_its_doubt(page, database, qtbot):
    now_ns = time.time_ns()
    with database.write() as tx:
        cameras.set_pit_box(tx, "Pit_2", BOX)
    old, fresh = (
        a_stop("Pit_2", None, now_ns - ago_s * 10**9, (1.0, 2.0, 4.4, 5.0), job_id=None) for ago_s in (3600, 10)
    )
    keep(database, old)
    assert page.view.tile("Pit_2").words.stop == ""
    keep(database, fresh)
    qtbot.waitUntil(lambda: page.view.tile("Pit_2").words.stop.startswith("2.400 s ± 0.009 s  at "))
    assert "stop 2.400 s ± 0.009 s" in page.view.tile("Pit_2").accessibleName()
    assert page.view.tile("Pit_1").words.stop == ""
