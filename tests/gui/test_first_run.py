import json

import pytest

from core.credentials import Credentials
from core.settings import load, save
from core.store import cameras, sessions, stations
from gui.first_run import FirstRunPage, add_demo
from gui.toast import Notice

DESCRIBED = {
    "urls": {"Pit_1_front": "rtsp://127.0.0.1:8554/Pit_1_front", "Pit_1_rear": "rtsp://127.0.0.1:8554/Pit_1_rear"},
    "names": {"Pit_1_front": "Pit 1 front", "Pit_1_rear": "Pit 1 rear"},
}


def test_the_demo_brings_cameras_a_session_and_a_folder_as_storage(station):
    add_demo(station, DESCRIBED)
    with station.database.read() as tx:
        assert [camera.label for camera in cameras.every(tx)] == ["Pit 1 front", "Pit 1 rear"]
        assert sessions.current(tx) is not None
        assert stations.first_run_done(tx)
    storage = load(station.folder).storage
    assert storage.kind == "folder"
    assert storage.folder is not None
    assert not storage.folder.startswith(str(station.folder.root) + "/")


def test_the_demo_leaves_a_storage_that_was_chosen_alone(station, tmp_path):
    station.settings = save(station.folder, {"storage.folder": str(tmp_path / "nas")})
    add_demo(station, DESCRIBED)
    assert load(station.folder).storage.folder == str(tmp_path / "nas")


def test_starting_the_demo_again_gives_the_cameras_their_new_addresses(station):
    add_demo(station, DESCRIBED)
    add_demo(station, json.loads(json.dumps(DESCRIBED).replace("8554", "9000")))
    with station.database.read() as tx:
        assert {camera.url for camera in cameras.every(tx)} == {
            "rtsp://127.0.0.1:9000/Pit_1_front",
            "rtsp://127.0.0.1:9000/Pit_1_rear",
        }


def test_a_demo_that_comes_back_gives_only_what_is_still_configured_a_new_address(station):
    add_demo(station, DESCRIBED)
    with station.database.write() as tx:
        cameras.remove(tx, "Pit_1_rear")
    add_demo(station, json.loads(json.dumps(DESCRIBED).replace("8554", "9000")), only_known=True)
    with station.database.read() as tx:
        assert [camera.url for camera in cameras.every(tx)] == ["rtsp://127.0.0.1:9000/Pit_1_front"]


@pytest.fixture
def page(station, qtbot):
    made = FirstRunPage(station)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.stop_demo()


def test_add_a_camera_is_asked_for(page, qtbot):
    with qtbot.waitSignal(page.add_wanted):
        page.add_button.click()


def test_the_demo_button_starts_real_cameras_that_end_with_the_window(page, station, qtbot):
    page.demo_button.click()
    assert "simulated cameras" in page.progress.text()
    assert not page.demo_button.isEnabled()
    qtbot.waitUntil(lambda: bool(page.findChildren(Notice)), timeout=50_000)
    with station.database.read() as tx:
        found = cameras.every(tx)
    assert len(found) == 4
    assert all(camera.url.startswith("rtsp://127.0.0.1:") for camera in found)
    page.stop_demo()  # conftest fails the test if a process is left


def test_secrets_of_the_demo_need_no_keyring(station):
    assert Credentials(station.folder).get("camera:Pit_1_front") is None
