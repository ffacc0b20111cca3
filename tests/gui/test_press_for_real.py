"""The whole way of one press: a real camera, the window's own worker, the picture on screen, the file on disk."""

import time

import pytest
from PySide6.QtCore import Qt

from core.camera import Camera, CameraState
from core.store import cameras, frames, processes
from core.worker_process import start_worker
from gui.main_window import MainWindow
from gui.toast import Notice

SOON_MS = 20_000


@pytest.fixture
def worker(station):
    """The window's worker, as the window starts it; it ends with the test."""
    process = start_worker(station.folder)
    yield
    with station.database.write() as tx:
        processes.ask_stop(tx, "the test is over")
    process.wait(30)


@pytest.fixture
def window(station, worker, qtbot):
    made = MainWindow(station)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.wall.close_eyes()
    made.hide()


def test_space_saves_the_very_picture_that_was_on_screen(window, station, rtsp_server, qtbot):
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", rtsp_server.url("/cam"), name="Front left"))
    view = window.wall.view
    qtbot.waitUntil(lambda: view.on_screen == ["Pit_1"], timeout=SOON_MS)
    tile = view.tile("Pit_1")
    qtbot.waitUntil(lambda: tile.picture is not None and tile.words.state is CameraState.LIVE, timeout=SOON_MS)
    shown = tile.picture
    qtbot.keyClick(window.wall, Qt.Key.Key_Space)
    pressed = {shown.pts, tile.picture.pts}
    qtbot.waitUntil(lambda: any("1 frame saved" in one.text for one in window.findChildren(Notice)), timeout=SOON_MS)
    with station.database.read() as tx:
        (frame,) = frames.page(tx, frames.FrameFilter()).items
    assert frame.epoch == shown.epoch
    assert frame.pts in pressed
    assert station.folder.absolute(frame.path).stat().st_size == frame.bytes


@pytest.mark.alone
def test_a_camera_that_dies_is_said_within_three_seconds_and_shows_its_age(window, station, make_rtsp_server, qtbot):
    server = make_rtsp_server()
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", server.url("/cam"), name="Front left"))
    view = window.wall.view
    qtbot.waitUntil(lambda: view.on_screen == ["Pit_1"], timeout=SOON_MS)
    tile = view.tile("Pit_1")
    qtbot.waitUntil(lambda: tile.picture is not None and tile.words.state is CameraState.LIVE, timeout=SOON_MS)
    server.kill()
    killed_at = time.monotonic()
    qtbot.waitUntil(lambda: tile.words.state is not CameraState.LIVE and bool(tile.stale_text), timeout=SOON_MS)
    assert time.monotonic() - killed_at < 3.5
    assert tile.words.reason
    assert tile.stale_text.endswith(" s old")
