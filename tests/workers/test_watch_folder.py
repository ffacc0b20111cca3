"""Files that appear in the watched folder are imported once, when they have stopped growing."""

from pathlib import Path

import pytest

from core.job import PRIORITY_SCHEDULED, Job, JobKind
from core.settings import Settings
from core.store import jobs
from tests.workers.station_parts import CAMERA, StationParts
from workers.watch_folder import WatchFolder


def watching(folder: Path, camera: str = CAMERA) -> Settings:
    return Settings.model_validate({"imports": {"watch_folder": str(folder), "watch_camera": camera}})


def queued(station: StationParts) -> list[Job]:
    with station.database.read() as tx:
        return list(jobs.page(tx, jobs.JobFilter(kinds={JobKind.IMPORT})).items)


def test_a_file_is_taken_when_it_has_stopped_growing(station: StationParts, tmp_path: Path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    watch, settings = WatchFolder(station.database), watching(inbox)
    growing = inbox / "IMG_1.jpg"
    for size in (1, 2, 3):
        growing.write_bytes(b"x" * size)
        assert watch.poll(settings) == 0
    assert watch.poll(settings) == 1
    [job] = queued(station)
    assert (job.params["paths"], job.priority, job.camera_id) == ([str(growing)], PRIORITY_SCHEDULED, CAMERA)
    assert watch.poll(settings) == 0, "once"


def test_a_file_is_one_job_even_across_a_restart(station: StationParts, tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    for _ in range(2):
        watch = WatchFolder(station.database)
        watch.poll(watching(tmp_path / "."))
        watch.poll(watching(tmp_path / "."))
    [job] = [job for job in queued(station) if "a.jpg" in job.name]
    assert job.task_id is not None and job.task_id.startswith("watch-")


def test_a_file_that_changed_is_taken_again(station: StationParts, tmp_path: Path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    watch, settings = WatchFolder(station.database), watching(inbox)
    for data in (b"x", b"longer"):
        (inbox / "a.jpg").write_bytes(data)
        watch.poll(settings)
        assert watch.poll(settings) == 1
    assert len(queued(station)) == 2


def test_hidden_empty_and_unfinished_files_are_left_alone(station: StationParts, tmp_path: Path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in (".hidden.jpg", "a.jpg.part", "b.crdownload"):
        (inbox / name).write_bytes(b"x")
    (inbox / "empty.jpg").touch()
    watch = WatchFolder(station.database)
    assert [watch.poll(watching(inbox)) for _ in range(3)] == [0, 0, 0]


def test_a_folder_that_is_not_there_is_waited_for(station: StationParts, tmp_path: Path):
    watch, settings = WatchFolder(station.database), watching(tmp_path / "usb")
    assert watch.poll(settings) == 0
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb" / "a.jpg").write_bytes(b"x")
    assert [watch.poll(settings), watch.poll(settings)] == [0, 1]


@pytest.mark.allow_warnings
def test_an_unknown_camera_is_told_once_and_nothing_is_lost(
    station: StationParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.jpg").write_bytes(b"x")
    watch = WatchFolder(station.database)
    for _ in range(3):
        assert watch.poll(watching(inbox, "nobody")) == 0
    assert len(caplog.records) == 1
    assert watch.poll(watching(inbox)) == 1
