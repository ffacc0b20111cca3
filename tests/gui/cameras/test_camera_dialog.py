from dataclasses import replace

import psutil
import pytest
from PySide6.QtCore import QProcess, Qt
from PySide6.QtWidgets import QLineEdit

from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource, Transport
from core.credentials import Login, camera_login, set_camera_login
from core.store import cameras
from gui.cameras.camera_dialog import CameraDialog
from gui.cameras.camera_test import CameraTest

PASSWORD = "pit lane/7"


@pytest.fixture
def camera(station):
    with station.database.write() as tx:
        return cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1:1/live", name="Front left"))


@pytest.fixture
def open_dialog(station, qtbot):
    def make(camera=None):
        made = CameraDialog(station, camera, frozenset({"pit_2"}))
        qtbot.addWidget(made)
        made.show()
        return made

    return make


def field(dialog, name):
    return next(one for one in dialog.findChildren(QLineEdit) if one.accessibleName() == name)


def fill(dialog, **texts):
    for name, text in texts.items():
        field(dialog, name).setText(text)


def test_an_empty_form_is_not_yet_wrong_and_says_what_is_missing_when_it_is_stored(open_dialog):
    dialog = open_dialog()
    assert not any(label.isVisible() for label in dialog._said.values())
    dialog.save()
    assert [name for name, label in dialog._said.items() if label.isVisible()] == ["id", "url"]
    assert dialog.isVisible()


def test_a_login_in_the_url_is_taken_out_at_once(open_dialog, qtbot):
    dialog = open_dialog()
    url = field(dialog, "URL")
    url.setFocus()
    url.setText("rtsp://admin:p%40ss@10.0.0.7/live")
    field(dialog, "Name").setFocus()
    qtbot.keyClick(url, Qt.Key.Key_Return)
    assert url.text() == "rtsp://10.0.0.7/live"
    assert field(dialog, "User").text() == "admin"
    assert field(dialog, "Password").text() == "p@ss"
    assert field(dialog, "Password").echoMode() is QLineEdit.EchoMode.Password


def test_adding_a_camera_stores_it_with_its_password_apart(open_dialog, station, qtbot):
    dialog = open_dialog()
    fill(dialog, Id="Pit_1", Name="Front left", URL="rtsp://10.0.0.7/live", User="admin", Password=PASSWORD)
    with qtbot.waitSignal(dialog.stored):
        dialog.save_button.click()
    with station.database.read() as tx:
        assert cameras.get(tx, "Pit_1").name == "Front left"
    assert camera_login(station.credentials, "Pit_1") == Login("admin", PASSWORD)
    assert not dialog.isVisible()


def test_what_the_store_refuses_is_said_in_the_dialog_and_nothing_typed_is_lost(open_dialog, camera, qtbot):
    dialog = open_dialog()  # it does not know of Pit_1: somebody else added it meanwhile
    fill(dialog, Id="pit_1", URL="rtsp://10.0.0.7/live")
    dialog.save_button.click()
    qtbot.waitUntil(lambda: "Pit_1" in dialog.verdict.text())
    assert dialog.isVisible()
    assert field(dialog, "URL").text() == "rtsp://10.0.0.7/live"
    assert dialog.save_button.isEnabled()


def test_changing_a_camera_shows_its_user_but_never_its_password(open_dialog, camera, station, qtbot):
    set_camera_login(station.credentials, "Pit_1", Login("admin", PASSWORD))
    dialog = open_dialog(camera)
    qtbot.waitUntil(lambda: field(dialog, "User").text() == "admin")
    assert field(dialog, "Password").text() == ""
    fill(dialog, Name="Rear right")
    with qtbot.waitSignal(dialog.stored):
        dialog.save_button.click()
    assert camera_login(station.credentials, "Pit_1") == Login("admin", PASSWORD)


def test_a_camera_that_is_live_is_tested_by_its_feed_without_a_second_connection(open_dialog, camera, station, qtbot):
    found = CameraFound("h264", 1280, 720, 25.0, 1.0, ClockSource.RTCP)
    with station.database.write() as tx:
        cameras.report(tx, CameraStatus("Pit_1", CameraState.LIVE, fps=25.0, found=found))
    dialog = open_dialog(camera)
    dialog.test_button.click()
    expected = "H.264 1280×720 25 fps, keyframe every 1.0 s, camera clock (RTCP)"
    qtbot.waitUntil(lambda: dialog.verdict.text() == expected)
    assert not dialog._test.running


def test_a_live_camera_is_connected_to_again_when_another_address_is_asked_for(open_dialog, camera, station, qtbot):
    found = CameraFound("h264", 1280, 720, 25.0, 1.0, ClockSource.RTCP)
    with station.database.write() as tx:
        cameras.report(tx, CameraStatus("Pit_1", CameraState.LIVE, found=found))
    dialog = open_dialog(camera)
    fill(dialog, URL="rtsp://127.0.0.1:2/other")
    dialog.test_button.click()
    qtbot.waitUntil(lambda: dialog._test.running)
    dialog.reject()
    assert not dialog._test.running


def test_an_address_where_nobody_answers_is_said_with_what_to_do(open_dialog, qtbot):
    dialog = open_dialog()
    fill(dialog, Id="Pit_1", URL="rtsp://127.0.0.1:1/live")
    dialog.test_button.click()
    assert dialog.verdict.text() == "Testing…"
    qtbot.waitUntil(lambda: dialog.test_button.isEnabled(), timeout=30_000)
    assert "Pit_1: nothing listens" in dialog.verdict.text()
    assert "address" in dialog.verdict.text()


def test_a_camera_with_a_login_is_tested_for_real_and_no_process_shows_the_password(
    open_dialog, make_rtsp_server, qtbot
):
    server = make_rtsp_server(auth="digest", password=PASSWORD)
    dialog = open_dialog()
    fill(dialog, Id="Pit_1", URL=server.url("/cam"), User=server.user, Password="wrong")
    dialog.test_button.click()
    qtbot.waitUntil(lambda: dialog.test_button.isEnabled(), timeout=30_000)
    assert "refused the user or password" in dialog.verdict.text()
    fill(dialog, Password=PASSWORD)
    dialog.test_button.click()
    qtbot.waitUntil(lambda: dialog._test.running)
    seen: list[str] = []

    def ended():
        children = psutil.Process().children(recursive=True)
        seen.extend(word for child in children if child.is_running() for word in cmdline(child))
        return dialog.test_button.isEnabled()

    qtbot.waitUntil(ended, timeout=30_000)
    assert dialog.verdict.text().startswith("H.264 640×360 25 fps")
    assert "--password-stdin" in seen
    assert not any(PASSWORD in word for word in seen)


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_test_that_is_stopped_leaves_no_process_and_says_nothing(folder, qtbot):
    told = []
    test = CameraTest()
    test.ended.connect(lambda *words: told.append(words))
    test.start(folder, "Pit_1", "rtsp://127.0.0.1:1/live", None, Transport.TCP, "")
    process = test._process
    assert process is not None
    qtbot.waitUntil(lambda: process.state() is QProcess.ProcessState.Running)
    with qtbot.waitSignal(process.finished):
        test.stop()
    assert told == []


def test_the_id_of_a_camera_with_frames_can_not_be_changed(open_dialog, camera):
    dialog = open_dialog(replace(camera, name="Other"))
    assert field(dialog, "Id").isReadOnly()
