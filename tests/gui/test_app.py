"""The window as it is started: a process of its own, on a real X server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core.process import Role
from core.store import processes
from core.store.database import open_database
from core.worker_process import worker_command
from gui.single_instance import SingleInstance


@contextlib.contextmanager
def window(folder, environment):
    """A window's process, killed if the test did not end it."""
    process = subprocess.Popen(
        worker_command(),
        env={**environment, "TRACKSHIFT_DATA": str(folder.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(reached, within_s=30.0):
    deadline = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, "it did not come in time"
        with contextlib.suppress(psutil.Error):
            psutil.Process().wait(0.05)


def present(database, role):
    with database.read() as tx:
        return processes.present(tx, role, time.time_ns())


@pytest.fixture
def database(folder):
    made = open_database(folder)
    yield made
    with made.write() as tx:
        processes.ask_stop(tx, "the test is over")
    until(lambda: not present(made, Role.WORKER))
    made.close()


@pytest.mark.xvfb
def test_a_window_starts_its_worker_and_a_second_launch_leaves_to_the_first(folder, database, xvfb):
    with window(folder, xvfb.environment) as first:
        until(lambda: present(database, Role.GUI) and present(database, Role.WORKER))
        second = subprocess.run(
            worker_command(),
            env={**xvfb.environment, "TRACKSHIFT_DATA": str(folder.root)},
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert second.returncode == 0
        assert len(present(database, Role.GUI)) == 1
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0
    assert present(database, Role.GUI) == []
    assert present(database, Role.WORKER)  # closing the window stops no work
    assert json.loads((folder.root / "window.json").read_text("utf-8"))["page"] == "wall"


@pytest.mark.xvfb
def test_a_worker_that_is_killed_under_its_window_is_started_again(folder, database, xvfb):
    with window(folder, xvfb.environment) as opened:
        until(lambda: present(database, Role.GUI) and present(database, Role.WORKER))
        (killed,) = present(database, Role.WORKER)
        os.kill(killed.pid, signal.SIGKILL)
        until(lambda: {worker.pid for worker in present(database, Role.WORKER)} - {killed.pid})
        opened.send_signal(signal.SIGTERM)
        assert opened.wait(20) == 0


def test_the_splash_waits_for_no_database_and_no_video_library():
    heavy = ("sqlalchemy", "cv2", "av", "core.store.database")
    asked = f"import gui.app, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_a_data_folder_of_a_newer_station_is_refused_in_words(folder, tmp_path):
    made = open_database(folder)
    with made.write() as tx:
        tx.connection.exec_driver_sql("PRAGMA user_version = 9999")
    made.close()
    with window(folder, {**os.environ, "QT_QPA_PLATFORM": "offscreen"}) as process:
        said = process.communicate(timeout=30)[0].decode()
        assert process.returncode == 1
    assert "newer" in said
    assert "Traceback" not in said


def test_a_folder_that_can_not_be_made_is_refused_in_words(tmp_path):
    from core.paths import DataFolder

    (tmp_path / "file").write_text("in the way", "utf-8")
    with window(DataFolder(tmp_path / "file" / "data"), {**os.environ, "QT_QPA_PLATFORM": "offscreen"}) as process:
        said = process.communicate(timeout=30)[0].decode()
        assert process.returncode == 1
    assert "may not write" in said
    assert "Traceback" not in said


def test_a_second_instance_asks_the_first_to_come_to_the_front(folder, qtbot):
    first = SingleInstance(folder)
    assert first.take()
    second = SingleInstance(folder)
    with qtbot.waitSignal(first.raise_wanted):
        assert not second.take()
    first.release()
    assert second.take()
    second.release()


def test_two_data_folders_have_a_window_each(folder, tmp_path):
    from core.paths import DataFolder

    other = DataFolder(tmp_path / "other")
    other.create()
    one, two = SingleInstance(folder), SingleInstance(other)
    assert one.take()
    assert two.take()
    one.release()
    two.release()
