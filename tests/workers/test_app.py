"""The worker as a whole: one a data folder, there while it is needed, gone in good order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.camera import Camera, CameraState
from core.capture import ImportParams
from core.clock import SystemClock
from core.errors import DataFolderForeign
from core.ids import new_id
from core.job import JobKind, JobState, NewJob
from core.paths import DataFolder
from core.process import ProcessBeat, Role
from core.settings import Settings, save
from core.store import cameras, jobs, processes, stations
from core.store.database import open_database
from core.worker_process import start_worker, worker_is_present
from tests.conftest import eventually
from tests.real.child import free_port
from tests.workers.jobs.media_files import write_frame
from tests.workers.station_parts import CAMERA, StationParts
from workers.app import Mode, Worker, run_worker

ROOT = Path(__file__).resolve().parents[2]


class RunningWorker:
    """`run_worker` in a thread of the test."""

    def __init__(self, folder: DataFolder, mode: Mode, idle_s: float) -> None:
        self.code: int | None = None

        def run() -> None:
            self.code = run_worker(folder, mode=mode, idle_s=idle_s)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def left(self, within_s: float = 15.0) -> bool:
        self._thread.join(within_s)
        return not self._thread.is_alive() and self.code == 0


@pytest.fixture
def station(tmp_path: Path) -> Iterator[StationParts]:
    """Without a camera that anything could connect to: the feed of this one finds nobody."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    database = open_database(folder)
    with database.write() as tx:
        cameras.add(tx, Camera(id=CAMERA, url=f"rtsp://127.0.0.1:{free_port()}/cam"))
    yield StationParts(folder, database, SystemClock(), Settings())
    database.close()


@pytest.fixture
def start(station: StationParts) -> Iterator[Callable[..., RunningWorker]]:
    switch_s = sys.getswitchinterval()
    made: list[RunningWorker] = []

    def start(mode: Mode = Mode.FOREVER, idle_s: float = 60.0) -> RunningWorker:
        made.append(RunningWorker(station.folder, mode, idle_s))
        return made[-1]

    yield start
    ask_to_stop(station)
    assert all(worker.left() for worker in made)
    sys.setswitchinterval(switch_s)


def ask_to_stop(station: StationParts) -> None:
    with station.database.write() as tx:
        processes.ask_stop(tx, "the test ends")


def gui_beats(station: StationParts, gui_id: str) -> None:
    with station.database.write() as tx:
        processes.beat(tx, ProcessBeat(gui_id, Role.GUI, os.getpid(), tx.now_ns, tx.now_ns, "1"))


def present(station: StationParts) -> bool:
    return worker_is_present(station.database)


def test_the_worker_is_present_and_leaves_when_asked(station: StationParts, start: Callable[..., RunningWorker]):
    worker = start()
    assert eventually(lambda: present(station))
    asked = time.monotonic()
    ask_to_stop(station)
    assert worker.left()
    assert time.monotonic() - asked < 5
    assert not present(station)


def test_a_second_worker_of_a_folder_leaves_at_once(station: StationParts, start: Callable[..., RunningWorker]):
    start()
    assert eventually(lambda: present(station))
    assert start().left(5)
    assert present(station)


def test_an_import_is_done_and_a_worker_until_idle_leaves_after_it(
    station: StationParts, start: Callable[..., RunningWorker], tmp_path: Path
):
    job = station.enqueue_import(write_frame(tmp_path / "a.png"))
    # No store is chosen, so that uploads wait and don't keep it.
    assert start(Mode.UNTIL_IDLE).left(20)
    assert station.job(job.id).state is JobState.COMPLETED
    assert len(station.all_frames()) == 1


def test_a_job_that_is_being_claimed_when_the_worker_is_told_to_leave_ends_in_good_order(
    station: StationParts, tmp_path: Path
):
    switch_s = sys.getswitchinterval()
    worker = Worker(station.folder, station.settings)
    running = threading.Thread(target=lambda: worker.run(Mode.FOREVER, 60.0))
    with station.database.write() as tx:
        due_at_ns = tx.now_ns + 2_000_000_000
        params = ImportParams(camera_id=CAMERA, paths=(str(write_frame(tmp_path / "a.png")),))
        job = jobs.enqueue(tx, NewJob(kind=JobKind.IMPORT, params=params.model_dump(mode="json"), camera_id=CAMERA))
        tx.connection.exec_driver_sql("UPDATE jobs SET not_before_ns = ?", (due_at_ns,))
    running.start()
    assert eventually(lambda: present(station))
    with station.database.write():  # from before its time on: the claim waits for us
        assert eventually(lambda: time.time_ns() > due_at_ns + 300_000_000)
        worker.stop()
        running.join(0.3)
    running.join(20)
    sys.setswitchinterval(switch_s)
    assert not running.is_alive()
    ended = station.job(job.id)
    assert (ended.state in (JobState.COMPLETED, JobState.PENDING), ended.error) == (True, None)


def test_it_stays_while_a_window_is_there_and_leaves_some_time_after(
    station: StationParts, start: Callable[..., RunningWorker]
):
    gui_id = new_id()
    gui_beats(station, gui_id)
    worker = start(Mode.WHILE_NEEDED, 0.5)
    assert eventually(lambda: present(station))
    assert not worker.left(1.5)
    with station.database.write() as tx:
        processes.leave(tx, gui_id)
    assert worker.left(5)


def test_settings_are_read_again_when_the_window_says_so(
    station: StationParts, start: Callable[..., RunningWorker], tmp_path: Path
):
    start()
    assert eventually(lambda: present(station))
    inbox = tmp_path / "in"
    write_frame(inbox / "a.png")
    save(station.folder, {"imports.watch_folder": str(inbox), "imports.watch_camera": CAMERA})
    with station.database.write() as tx:
        stations.bump_settings(tx)
    assert eventually(lambda: len(station.all_frames()) == 1, 15)


@pytest.mark.allow_warnings
def test_settings_that_can_not_be_read_leave_the_former_in_force(
    station: StationParts, start: Callable[..., RunningWorker], tmp_path: Path
):
    start()
    assert eventually(lambda: present(station))
    station.folder.settings_file.write_text("nonsense = [")
    with station.database.write() as tx:
        stations.bump_settings(tx)
    station.enqueue_import(write_frame(tmp_path / "a.png"))
    assert eventually(lambda: len(station.all_frames()) == 1, 15)


def test_a_new_camera_is_connected_and_its_state_told(station: StationParts, start: Callable[..., RunningWorker]):
    start()
    assert eventually(lambda: present(station))
    with station.database.write() as tx:
        cameras.add(tx, Camera(id="Box_2", url=f"rtsp://127.0.0.1:{free_port()}/cam"))

    def told() -> bool:
        with station.database.read() as tx:
            states = {status.camera_id: status for status in cameras.statuses(tx)}
        return "Box_2" in states and states["Box_2"].state is CameraState.OFFLINE and bool(states["Box_2"].reason)

    assert eventually(told, 10)
    with station.database.write() as tx:
        cameras.remove(tx, "Box_2")


def test_a_cancelled_import_stops_within_two_seconds_and_keeps_what_is_whole(
    station: StationParts, start: Callable[..., RunningWorker], tmp_path: Path
):
    for number in range(60):
        write_frame(tmp_path / "in" / f"{number}.png", number, (400, 300))
    start()
    job = station.enqueue_import(tmp_path / "in")
    assert eventually(lambda: len(station.all_frames()) >= 2, 20)
    station.cancel(job.id)
    never = threading.Event()
    never.wait(2.0)
    whole = station.all_frames()
    assert len(whole) < 60
    never.wait(0.5)
    assert station.all_frames() == whole
    assert sorted(frame.path for frame in whole) == station.media_files()
    assert station.job(job.id).state is JobState.CANCELLED


def test_a_job_under_way_goes_back_to_the_queue_when_the_worker_leaves(
    station: StationParts, start: Callable[..., RunningWorker], tmp_path: Path
):
    for number in range(150):
        write_frame(tmp_path / "in" / f"{number}.bmp", number, (1200, 900))
    worker = start()
    job = station.enqueue_import(tmp_path / "in")
    assert eventually(lambda: len(station.all_frames()) >= 1, 20)
    ask_to_stop(station)
    assert worker.left()
    back = station.job(job.id)
    assert (back.state, back.tries_left) == (JobState.PENDING, 3)
    station.cancel(job.id)


def test_a_signal_ends_the_worker_in_good_order(station: StationParts):
    arguments = [sys.executable, "-P", "-m", "trackshift", "--data", str(station.folder.root), "worker"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert eventually(lambda: present(station), 40)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=15)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, b"")
    assert not present(station)


def test_whoever_misses_the_worker_starts_one_that_lives_on_its_own(station: StationParts):
    first = start_worker(station.folder)
    assert eventually(lambda: present(station), 20)
    with station.database.read() as tx:
        [worker] = processes.present(tx, Role.WORKER)
    assert os.getsid(worker.pid) == worker.pid, "a session of its own"
    printed = station.folder.logs / "worker.out"
    assert printed.stat().st_mode & 0o777 == 0o600
    ask_to_stop(station)
    assert eventually(lambda: first.poll() is not None, 20)
    second = start_worker(station.folder, mode="--until-idle")
    assert eventually(lambda: present(station), 20)
    assert second.wait(20) == 0


@pytest.mark.allow_warnings
def test_a_database_of_another_station_is_told_in_the_log_and_the_lock_is_let_go(tmp_path: Path):
    folder = DataFolder(tmp_path / "data")
    folder.create()
    open_database(folder).close()
    folder.identity_file.write_text("00000000-0000-4000-8000-000000000000")
    for _ in range(2):
        with pytest.raises(DataFolderForeign):
            run_worker(folder, mode=Mode.UNTIL_IDLE)
    assert "belong to different stations" in (folder.logs / "worker.log").read_text()
