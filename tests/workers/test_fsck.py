"""The folder check finds every kind of disagreement between rows and files, and mends what it can."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.job import JobKind
from core.store import frames, results, uploads
from core.store.database import Database
from tests.workers.jobs.media_files import write_frame
from tests.workers.station_parts import CAMERA, StationParts
from workers.fsck import Finding, check, repair


def kinds(station: StationParts) -> list[str]:
    return [found.kind for found in check(station.folder, station.database)]


def mend(station: StationParts) -> list[Finding]:
    return repair(station.folder, station.database, check(station.folder, station.database))


def test_a_whole_folder_is_clean(station: StationParts):
    station.captured()
    assert kinds(station) == []


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("missing", lambda file: file.unlink()),
        ("size", lambda file: file.write_bytes(b"shorter")),
        ("sha256", lambda file: file.write_bytes(b"b picture")),
    ],
)
def test_a_file_that_is_not_what_its_row_says_is_found(
    station: StationParts, kind: str, damage: Callable[[Path], object]
):
    path = station.captured(b"a picture")
    damage(station.folder.absolute(path))
    [found] = check(station.folder, station.database)
    assert (found.kind, found.path) == (kind, path)
    assert found.message


def test_a_missing_file_that_was_verified_says_from_then_on_that_it_is_gone(station: StationParts):
    path = station.captured()
    with station.database.write() as tx:
        upload = uploads.claim_next(tx, "worker-1")
        assert upload is not None
        uploads.verified(tx, upload, "etag", "etag")
    station.folder.absolute(path).unlink()
    mend(station)
    [frame] = station.all_frames()
    assert frame.file_gone_at_ns is not None and frame.deleted_at_ns is None
    assert kinds(station) == []


def test_a_missing_file_that_was_never_sent_is_hidden_and_not_sent(station: StationParts):
    path = station.captured()
    station.folder.absolute(path).unlink()
    mend(station)
    with station.database.read() as tx:
        frame = frames.by_path(tx, path)
    assert frame is not None and frame.deleted_at_ns is not None
    with station.database.write() as tx:
        assert uploads.claim_next(tx, "worker-1") is None
    assert kinds(station) == []


def test_a_damaged_file_is_left_for_the_operator_to_look_at(station: StationParts):
    path = station.captured(b"a picture")
    station.folder.absolute(path).write_bytes(b"b picture")
    assert mend(station) == []
    assert kinds(station) == ["sha256"]
    assert station.folder.absolute(path).read_bytes() == b"b picture"


def test_a_half_written_file_is_removed(station: StationParts):
    path = station.captured()
    station.folder.absolute(f"{path}.part").write_bytes(b"half")
    assert [found.kind for found in mend(station)] == ["half_written"]
    assert station.media_files() == [path]


def test_a_whole_file_without_a_row_is_taken_in(station: StationParts, tmp_path: Path):
    data = write_frame(tmp_path / "a.jpg").read_bytes()
    path = station.captured(data, row=False)
    assert kinds(station) == ["no_row"]
    assert [found.kind for found in mend(station)] == ["no_row"]
    [frame] = station.all_frames()
    assert (frame.path, frame.camera_id, frame.id) == (path, CAMERA, Path(path).stem)
    assert abs(frame.captured_at_ns - station.clock.utc_ns()) < frame.captured_u_ns
    assert kinds(station) == []


def test_what_can_not_be_decoded_or_lies_elsewhere_is_left_and_told(station: StationParts):
    path = station.captured(b"no picture", row=False)
    (station.folder.clips / "note.txt").write_text("by hand")
    assert mend(station) == []
    assert kinds(station) == ["no_row", "no_row"]
    assert path in station.media_files()


def test_files_of_a_drive_that_comes_back_are_taken_back_and_sent(station: StationParts):
    path = station.captured()
    file = station.folder.absolute(path)
    away = file.rename(station.folder.root / "away")
    mend(station)
    assert station.all_frames() == []
    away.rename(file)
    assert [found.kind for found in mend(station)] == ["returned"]
    [frame] = station.all_frames()
    assert (frame.path, frame.file_gone_at_ns) == (path, None)
    with station.database.write() as tx:
        assert uploads.claim_next(tx, "worker-1") is not None
    assert kinds(station) == []


def test_what_the_operator_deleted_stays_hidden_and_is_for_retention_to_remove(station: StationParts):
    path = station.captured()
    with station.database.write() as tx:
        frame = frames.by_path(tx, path)
        assert frame is not None
        frames.delete(tx, [frame.id])
    with station.database.write() as tx:
        frames.mark_file_gone(tx, frame.id)  # and then the worker was killed
    assert [found.kind for found in mend(station)] == ["returned"]
    assert (station.media_files(), station.all_frames(), kinds(station)) == ([path], [], [])
    with station.database.read() as tx:
        assert [each.path for each in frames.expired_deletions(tx, tx.now_ns)] == [path]


def test_another_file_in_the_place_of_one_that_went_is_left_and_told(station: StationParts):
    path = station.captured(b"a picture")
    file = station.folder.absolute(path)
    file.unlink()
    mend(station)
    file.write_bytes(b"b picture")
    assert mend(station) == []
    assert (kinds(station), file.read_bytes()) == (["returned"], b"b picture")


def test_a_frame_without_an_upload_gets_one(station: StationParts):
    path = station.captured()
    forget_uploads(station.database)
    assert kinds(station) == ["no_upload"]
    mend(station)
    with station.database.read() as tx:
        assert [upload.path for upload in uploads.every(tx)] == [path]


def forget_uploads(database: Database) -> None:
    with database.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM uploads")


def test_a_result_is_checked_and_taken_back_like_a_frame(station: StationParts):
    job = station.enqueue(JobKind.TRACK)
    path = station.folder.absolute(f"results/{job.id}/1/tracks.txt")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"1,1,0,0,5,5")
    (path.parent.with_name("2.part")).mkdir()
    (path.parent.with_name("2.part") / "tracks.txt").write_bytes(b"half")
    assert sorted(kinds(station)) == ["half_written", "no_row"]
    assert len(mend(station)) == 2 and kinds(station) == []
    with station.database.read() as tx:
        [result] = results.for_job(tx, job.id)
    assert (result.camera_id, result.bytes) == (CAMERA, 11)
    path.write_bytes(b"1,1,0,0,5,6")
    assert kinds(station) == ["sha256"]
