import pytest

from core.camera import Camera, Instant
from core.capture import CaptureMode, CaptureParams, Metadata
from core.job import JobKind
from core.setting_sections import StationSettings
from core.settings import Settings
from core.store import cameras, jobs, sessions
from gui.wall.press import enqueue_press, take_press
from tests.fakes.fake_feed import picture

NOTHING = Metadata()


@pytest.fixture
def database(station):
    with station.database.write() as tx:
        for camera_id in ("Pit_1", "Pit_2"):
            cameras.add(tx, Camera(camera_id, "rtsp://127.0.0.1/live"))
    return station.database


def queued(database, job):
    with database.read() as tx:
        parts = jobs.children(tx, job.id) if job.is_batch else [jobs.get(tx, job.id)]
    return {part.camera_id: CaptureParams.model_validate(part.params) for part in parts}


def test_each_camera_is_captured_at_the_very_picture_that_was_on_screen(database):
    shown = {"Pit_1": picture(epoch=3, pts=90, captured_at_ns=50), "Pit_2": picture(epoch=7, pts=81, captured_at_ns=48)}
    press = take_press(99, CaptureMode.SINGLE_FRAME, ["Pit_1", "Pit_2"], shown, {}, NOTHING)
    asked = queued(database, enqueue_press(database, Settings(), press))
    assert (asked["Pit_1"].epoch, asked["Pit_1"].pts) == (3, 90)
    assert (asked["Pit_2"].epoch, asked["Pit_2"].pts) == (7, 81)
    assert {params.at_ns for params in asked.values()} == {50}  # one press is one instant


def test_a_camera_that_shows_nothing_is_captured_at_the_instant_of_the_others(database):
    shown = {"Pit_2": picture(epoch=7, pts=81, captured_at_ns=48)}
    press = take_press(99, CaptureMode.SINGLE_FRAME, ["Pit_1", "Pit_2"], shown, {}, NOTHING)
    assert press.instants == {"Pit_2": Instant(7, 81)}
    asked = queued(database, enqueue_press(database, Settings(), press))
    assert (asked["Pit_1"].at_ns, asked["Pit_1"].epoch) == (48, None)


def test_with_nothing_on_screen_the_instant_is_now(database):
    assert take_press(99, CaptureMode.CLIP, ["Pit_1"], {}, {}, NOTHING).at_ns == 99


def test_one_camera_is_a_job_and_several_are_a_batch(database):
    one = enqueue_press(database, Settings(), take_press(1, CaptureMode.BURST, ["Pit_1"], {}, {"count": 7}, NOTHING))
    assert (one.kind, one.is_batch, one.camera_id) == (JobKind.CAPTURE, False, "Pit_1")
    assert queued(database, one)["Pit_1"].count == 7
    press = take_press(1, CaptureMode.CLIP, ["Pit_1", "Pit_2"], {}, {"pre_s": 3.0, "post_s": 1.0}, NOTHING)
    both = enqueue_press(database, Settings(), press)
    assert both.is_batch
    assert {params.pre_s for params in queued(database, both).values()} == {3.0}


def test_the_job_carries_session_operator_team_and_details(database):
    settings = Settings(station=StationSettings(operator="Ana", tenant_id="haas"))
    with database.write() as tx:
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
    details = Metadata(location="Box 4", meta={"note": "new wing"})
    press = take_press(1, CaptureMode.SINGLE_FRAME, ["Pit_1"], {}, {}, details)
    job = enqueue_press(database, settings, press)
    assert (job.operator, job.tenant_id, job.session_id) == ("Ana", "haas", session.id)
    assert queued(database, job)["Pit_1"].metadata == details
