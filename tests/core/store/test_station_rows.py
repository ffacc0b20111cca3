"""Cameras, sessions, processes and the station's own row."""

import time
from dataclasses import replace

import psutil
import pytest

from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource, Transport
from core.errors import CameraUnknown, NotFound, UsageError
from core.process import ProcessBeat, Role
from core.store import cameras, processes, sessions, stations
from core.store.moves import IllegalMove

TWO = Camera(
    "Pit_2",
    "rtsps://10.0.0.2:322/main",
    name="Box 2, left",
    location="pit lane",
    transport=Transport.UDP,
    substream_url="rtsps://10.0.0.2:322/sub",
    ca_file="/etc/team.pem",
    fps=25.0,
    calibration={"mm_per_px": 1.5},
    pit_box=((0.1, 0.2), (0.9, 0.2), (0.5, 0.8)),
    enabled=False,
)


def test_a_camera_comes_back_as_it_was_added_and_is_found_in_any_case(do):
    added = do(cameras.add, TWO)
    assert do(cameras.get, "pit_2") == added == replace(TWO, revision=added.revision)
    assert [camera.id for camera in do(cameras.every)] == ["Pit_1", "Pit_2"]
    assert do(cameras.every, revision=added.revision - 1) == [added]


@pytest.mark.parametrize("id", ["", "../up", "a b", "-x", "COM1", "nul", "x" * 101, "Pit_1", "PIT_1"])
def test_an_id_that_is_no_slug_or_taken_in_any_case_is_refused(do, id):
    with pytest.raises(UsageError):
        do(cameras.add, replace(TWO, id=id))
    assert len(do(cameras.every)) == 1


@pytest.mark.parametrize(
    "url", ["http://h/x", "rtsp://", "file:///etc/passwd", "rtsp://ann:hush@h/x", "rtsp://[::1/x", "rtsp://h:x/", ""]
)
def test_a_url_that_is_no_camera_or_holds_a_password_is_refused_and_not_repeated(do, url):
    for camera in (replace(TWO, url=url), replace(TWO, substream_url=url)):
        with pytest.raises(UsageError) as refused:
            do(cameras.add, camera)
        assert "hush" not in str(refused.value) + refused.value.hint


def test_a_camera_is_changed_removed_and_comes_back_under_its_own_name_only(do):
    do(cameras.add, TWO)
    assert do(cameras.update, replace(TWO, name="New", enabled=True)).name == "New"
    do(cameras.report, CameraStatus("Pit_2", CameraState.LIVE))
    before = do(cameras.revision)
    do(cameras.remove, "pit_2")
    assert do(cameras.revision) > before
    assert [camera.id for camera in do(cameras.every)] == ["Pit_1"]
    assert do(cameras.statuses) == []
    for act in (
        lambda tx: cameras.get(tx, "Pit_2"),
        lambda tx: cameras.update(tx, TWO),
        lambda tx: cameras.remove(tx, "Pit_2"),
        lambda tx: cameras.report(tx, CameraStatus("Pit_2", CameraState.LIVE)),
    ):
        with pytest.raises(CameraUnknown):
            do(act)
    with pytest.raises(UsageError, match="Pit_2"):
        do(cameras.add, replace(TWO, id="PIT_2"))
    assert do(cameras.add, TWO).id == "Pit_2"


def test_what_a_feed_says_replaces_what_it_said_before(do):
    found = CameraFound("h264", 1280, 720, 25.0, None, ClockSource.RTCP)
    do(cameras.report, CameraStatus("Pit_1", CameraState.CONNECTING, reason="connecting"))
    live = CameraStatus("Pit_1", CameraState.LIVE, epoch=2, fps=24.9, captured_u_ns=10**6, ring_s=9.5, found=found)
    do(cameras.report, live)
    (said,) = do(cameras.statuses)
    assert said == replace(live, revision=said.revision) and said.revision > 0


def test_there_is_one_current_session_at_most(do):
    assert do(sessions.current) is None
    first = do(sessions.create, "2026", "Monza", "FP1", "Europe/Rome")
    second = do(sessions.create, " 2026 ", "Monza", "FP2", "Europe/Rome")
    assert (first.current, second.current, second.label) == (True, False, "2026 · Monza · FP2")
    assert do(sessions.switch, second.id).current
    assert do(sessions.switch, second.id).current
    assert do(sessions.current).id == second.id
    assert [session.current for session in do(sessions.every)] == [True, False]
    do(sessions.close, second.id)
    assert do(sessions.current) is None
    for act in (lambda tx: sessions.switch(tx, second.id), lambda tx: sessions.close(tx, second.id)):
        with pytest.raises(IllegalMove):
            do(act)
    with pytest.raises(NotFound):
        do(sessions.switch, "none")


@pytest.mark.parametrize(
    "names,zone", [(("26", "e", "n"), "Mars/Base"), (("26", "e", "n"), "../x"), (("", " ", ""), "UTC")]
)
def test_a_session_without_a_name_or_a_known_zone_is_refused(do, names, zone):
    with pytest.raises(UsageError):
        do(sessions.create, *names, zone)


def a_beat(now_ns: int, id: str = "w", role: Role = Role.WORKER) -> ProcessBeat:
    return ProcessBeat(id, role, 123, now_ns, now_ns, "0.1.0")


def test_six_seconds_of_silence_are_absence(do, clock):
    do(processes.beat, a_beat(clock.utc_ns()))
    clock.advance(5 * 10**9)
    assert [beat.id for beat in do(processes.present, Role.WORKER)] == ["w"]
    assert do(processes.present, Role.GUI) == []
    clock.advance(2 * 10**9)
    assert do(processes.present, Role.WORKER, clock.utc_ns()) == []
    do(processes.beat, a_beat(clock.utc_ns()))
    assert len(do(processes.present, Role.WORKER)) == 1
    do(processes.leave, "w")
    assert do(processes.present, Role.WORKER) == []


def test_a_silent_worker_whose_process_runs_is_not_taken_for_dead(do, clock):
    here = psutil.Process()
    do(processes.beat, replace(a_beat(int(here.create_time() * 1e9)), pid=here.pid))
    assert do(processes.present, Role.WORKER, time.time_ns() + 60 * 10**9) == []
    assert [beat.id for beat in do(processes.running, Role.WORKER, time.time_ns() + 60 * 10**9)] == ["w"]
    before = int(here.create_time() * 1e9) - 3600 * 10**9  # the number of a worker that died was given to us
    do(processes.leave, "w")
    do(processes.beat, replace(a_beat(before), pid=here.pid))
    assert do(processes.running, Role.WORKER, time.time_ns()) == []


def test_a_beat_does_not_undo_what_others_asked_of_the_process(do, clock):
    do(processes.beat, a_beat(clock.utc_ns()))
    do(processes.beat, a_beat(clock.utc_ns(), "g", Role.GUI))
    assert do(processes.ask_stop, "asked") == 1
    do(processes.beat, a_beat(clock.utc_ns()))
    assert do(processes.stop_asked, "w")
    assert not do(processes.stop_asked, "g")
    assert not do(processes.stop_asked, "unknown")
    assert do(processes.present, Role.WORKER)[0].stop_reason == "asked"


def test_rows_of_the_long_dead_are_forgotten(do, clock):
    do(processes.beat, a_beat(clock.utc_ns(), "old", Role.GUI))
    clock.advance(2 * 3600 * 10**9)
    do(processes.beat, a_beat(clock.utc_ns(), "new", Role.GUI))
    assert [window.id for window in do(processes.every, Role.GUI)] == ["new"]


def test_a_dead_workers_row_waits_for_recovery_however_long_that_takes(do, clock):
    do(processes.beat, a_beat(clock.utc_ns(), "dead"))
    clock.advance(12 * 3600 * 10**9)
    do(processes.beat, a_beat(clock.utc_ns(), "window", Role.GUI))
    assert [worker.id for worker in do(processes.every, Role.WORKER)] == ["dead"]


def test_the_windows_wishes_reach_the_worker_as_revisions(do):
    settings = do(stations.settings_revision)
    do(stations.bump_settings)
    assert do(stations.settings_revision) > settings
    wish = do(stations.wake)
    assert do(stations.wake_revision) == wish > do(stations.wake_served)
    do(stations.set_wake_served, wish)
    assert do(stations.wake_served) == wish
    assert not do(stations.sync_paused)
    do(stations.set_sync_paused, True)
    assert do(stations.sync_paused)
    do(stations.set_first_run_done)
    assert do(stations.first_run_done)
    assert do(stations.revision) >= wish
