"""What a job made is published with its completion, whole, or is not there at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.job import JobKind, JobState
from core.store import jobs, results, uploads
from core.store.jobs import StaleAttempt
from core.upload import UploadState
from tests.workers.station_parts import CAMERA, StationParts
from workers.computing import Computing
from workers.jobs.results import ResultFolder
from workers.runner import JobContext, Outcome


@pytest.fixture
def context(station: StationParts) -> Iterator[JobContext]:
    station.enqueue(JobKind.TRACK)
    unused = Computing(1)
    yield station.context(station.claim(), unused)
    unused.close()


def published(station: StationParts, context: JobContext, outcome: Outcome) -> None:
    assert outcome.publish is not None
    with station.database.write() as tx:
        outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)


def result_files(station: StationParts) -> list[Path]:
    return [path for path in station.folder.results.rglob("*") if path.is_file()]


def test_rows_and_uploads_come_with_the_completion(station: StationParts, context: JobContext):
    with ResultFolder(context) as made:
        made.path("tracks.txt").write_text("1,1,0,0,5,5\n")
        made.path("tracks.json").write_text("{}")
        outcome = made.outcome({"tracks": 1})
    published(station, context, outcome)
    job = station.job(context.job.id)
    with station.database.read() as tx:
        files = results.for_job(tx, job.id)
        waiting = {upload.path for upload in uploads.every(tx) if upload.state is UploadState.WAITING}
    assert (job.state, job.summary) == (JobState.COMPLETED, {"tracks": 1})
    assert [file.name for file in files] == ["tracks.json", "tracks.txt"]
    assert waiting == set(outcome.files) == {f"results/{job.id}/1/{name}" for name in ("tracks.json", "tracks.txt")}
    assert all(station.folder.absolute(file.path).stat().st_size == file.bytes for file in files)
    assert {file.camera_id for file in files} == {CAMERA}


def test_an_error_leaves_nothing_behind(station: StationParts, context: JobContext):
    with pytest.raises(ZeroDivisionError), ResultFolder(context) as made:
        made.path("tracks.txt").write_text("half of it")
        raise ZeroDivisionError
    assert list(station.folder.results.iterdir()) == []


def test_a_cancel_that_comes_last_publishes_nothing(station: StationParts, context: JobContext):
    with ResultFolder(context) as made:
        made.path("tracks.txt").write_text("whole")
        outcome = made.outcome({})
    station.cancel(context.job.id)
    with pytest.raises(StaleAttempt):
        published(station, context, outcome)
    with station.database.read() as tx:
        assert results.for_job(tx, context.job.id) == []
    assert [station.folder.relative(path) for path in result_files(station)] == list(outcome.files)


def test_an_empty_text_is_one_line_end_so_that_it_can_be_proven(station: StationParts, context: JobContext):
    with ResultFolder(context) as made:
        made.path("tracks.txt").touch()
        published(station, context, made.outcome({}))
    with station.database.read() as tx:
        assert [file.bytes for file in results.for_job(tx, context.job.id)] == [1]


def test_a_name_stays_in_its_folder(context: JobContext):
    with ResultFolder(context) as made:
        for name in ("../tracks.txt", "a/b.txt", "", ".hidden", "noextension"):
            with pytest.raises(ValueError, match="plain name"):
                made.path(name)
