"""Result files: one row a file, made with its upload, hidden and had back, found with every other file."""

from core.clip import Clip
from core.frame import Frame
from core.ids import new_id
from core.result import ResultFile, media_type_of, result_path
from core.store import clips, files, results, sessions, uploads
from core.upload import ItemKind
from tests.core.store.conftest import a_clip

_DAY_NS = 86_400 * 10**9


def a_result(name: str = "tracks.txt", **fields: object) -> ResultFile:
    known = {"job_id": "job", "media_type": media_type_of(name), "bytes": 12, "sha256": f"{7:064x}"}
    return ResultFile(id=new_id(), name=name, path=result_path("job", 1, name), **known | fields)  # type: ignore[arg-type]


def test_a_result_comes_back_as_it_was_added_and_its_upload_says_what_it_is(db, do):
    session = do(sessions.create, "2026", "Monza", "FP1", "Europe/Rome")
    added = do(results.add, a_result(camera_id="Pit_1", session_id=session.id, tenant_id="team"), station_id="s1")
    with db.read() as tx:
        assert results.get(tx, added.id) == added == results.by_path(tx, "results/job/1/tracks.txt")
        assert results.for_job(tx, "job") == [added]
        upload = uploads.of_item(tx, ItemKind.RESULT, added.id)
    assert added.media_type == "text/plain" and added.revision and added.created_at_ns
    assert upload is not None and (upload.path, upload.bytes, upload.sha256) == (added.path, 12, added.sha256)
    assert upload.metadata | {"created_timestamp": ""} == {
        "camera_id": "Pit_1",
        "job_id": "job",
        "created_timestamp": "",
        "original_filename": "tracks.txt",
        "sha256": added.sha256,
        "session": "2026 · Monza · FP1",
        "tenant_id": "team",
        "station_id": "s1",
    }


def test_a_hidden_result_is_held_back_and_goes_when_its_days_are_over(db, clock, do):
    added = do(results.add, a_result(), station_id="s1")
    do(results.delete, [added.id])
    with db.read() as tx:
        assert results.for_job(tx, "job") == []
        assert uploads.summary(tx).held == 1
        assert files.expired_deletions(tx, clock.utc_ns()) == []
        assert [item.id for item in files.expired_deletions(tx, clock.utc_ns() + _DAY_NS)] == [added.id]
    do(results.undelete, [added.id])
    with db.read() as tx:
        assert [file.id for file in results.for_job(tx, "job")] == [added.id]


def test_every_file_is_found_by_its_path_whatever_its_kind(db, do, keep):
    frame, clip, result = (
        keep(),
        do(clips.add, a_clip(), station_id="s"),
        do(results.add, a_result(), station_id="s"),
    )
    with db.read() as tx:
        assert {stored.path for stored in files.every_path(tx)} == {frame.path, clip.path, result.path}
        found = [files.by_path(tx, item.path) for item in (frame, clip, result)]
        assert [type(item) for item in found] == [Frame, Clip, ResultFile]
        assert [files.kind_of(item) for item in found if item] == list(ItemKind)
        assert files.by_path(tx, "results/none/1/x.txt") is None
    for item in (frame, clip, result):
        do(files.mark_file_gone, item)
    with db.read() as tx:
        assert list(files.every_path(tx)) == []


def test_the_upload_of_a_result_carries_its_jobs_correlation(db, do):
    from core.job import JobKind, NewJob
    from core.store import jobs

    job = do(jobs.enqueue, NewJob(JobKind.TRACK, {}, correlation_id="request-1"))
    added = do(results.add, a_result(job_id=job.id), station_id="s1")
    with db.read() as tx:
        upload = uploads.of_item(tx, ItemKind.RESULT, added.id)
        assert upload is not None
        assert uploads.correlations(tx, [upload.id]) == {upload.id: "request-1"}
