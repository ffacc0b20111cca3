import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox

from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource
from core.store import cameras
from gui.cameras.camera_dialog import CameraDialog
from gui.cameras.cameras_page import CamerasPage


@pytest.fixture
def page(station, qtbot):
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/1", name="Front left", location="Box 4"))
        cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/2"))
        found = CameraFound("hevc", 1920, 1080, 50.0, 2.0, ClockSource.ARRIVAL)
        cameras.report(tx, CameraStatus("Pit_1", CameraState.OFFLINE, "Front left does not answer", found=found))
    made = CamerasPage(station)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: made.table.rowCount() == 2)
    return made


def row(page, number):
    return [page.table.item(number, column).text() for column in range(page.table.columnCount())]


def test_each_camera_is_listed_with_what_its_feed_says(page):
    assert row(page, 0) == [
        "Front left (Pit_1) · Box 4",
        "offline: Front left does not answer",
        "H.265 1920×1080 50 fps, keyframe every 2.0 s, no camera clock: times are those of arrival",
        "none",
        "rtsp://127.0.0.1/1",
    ]
    assert row(page, 1)[:2] == ["Pit_2", "not seen yet"]


def test_a_change_in_the_store_is_shown(page, station, qtbot):
    with station.database.write() as tx:
        cameras.report(tx, CameraStatus("Pit_2", CameraState.LIVE, fps=25.0))
    qtbot.waitUntil(lambda: row(page, 1)[1] == "live")


def test_keys_add_and_change(page, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = page.findChild(CameraDialog)
    assert dialog.windowTitle() == "Add a camera"
    dialog.reject()
    page.table.selectRow(0)
    dialog = page.change()
    assert dialog.windowTitle() == "Change Front left"
    dialog.reject()


def test_removing_asks_first_and_keeps_what_was_captured(page, station, qtbot):
    page.table.selectRow(1)
    page.remove_button.click()
    box = page.findChild(QMessageBox)
    assert "stay in the library" in box.informativeText()
    next(button for button in box.findChildren(QAbstractButton) if button.text() == "Remove").click()
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    with station.database.read() as tx:
        assert [camera.id for camera in cameras.every(tx)] == ["Pit_1"]


def test_without_a_choice_nothing_can_be_changed(page):
    page.table.clearSelection()
    assert not page.change_button.isEnabled()
    assert not page.remove_button.isEnabled()
    assert page.change() is None
