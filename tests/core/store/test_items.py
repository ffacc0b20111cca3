"""Frames and clips: one row a file, made with its upload, hidden and had back."""

from dataclasses import replace

import pytest

from core.camera import Camera, Gap
from core.errors import NotFound
from core.store import cameras, clips, frames, sessions, uploads
from core.store.frames import FrameFilter
from core.upload import ItemKind, UploadState
from tests.core.store.conftest import a_clip, a_frame


def test_a_frame_comes_back_as_it_was_added_with_every_field(db, clock):
    with db.write() as tx:
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        frame = a_frame(
            session_id=session.id,
            job_id="job",
            epoch=3,
            pts=90_000,
            timestamp_ref="lap 12",
            location="box",
            camera_angle="45°",
            exposure=0.004,
            sensor_info="IMX",
            meta={"tyre": ["soft", 3]},
            exif={"Make": "Canon"},
            original_filename="IMG_1.jpg",
            request_id="r1",
            operator="Ann",
            tenant_id="team",
            starred=True,
        )
        added = frames.add(tx, frame, station_id="station-1")
    with db.read() as tx:
        assert frames.get(tx, frame.id) == added == frames.by_path(tx, frame.path)
        upload = uploads.of_item(tx, ItemKind.FRAME, frame.id)
    assert added == replace(frame, created_at_ns=clock.utc_ns(), revision=added.revision)
    assert upload is not None
    assert (upload.path, upload.bytes, upload.sha256, upload.starred) == (frame.path, frame.bytes, frame.sha256, True)
    assert upload.metadata == {
        "camera_id": "Pit_1",
        "request_id": "r1",
        "capture_timestamp": "2026-11-21T13:04:05.000000Z",
        "original_filename": "IMG_1.jpg",
        "sha256": frame.sha256,
        "session": "2026 · Monza · FP1",
        "tenant_id": "team",
        "station_id": "station-1",
    }


def test_a_clip_keeps_its_gaps(db):
    clip = a_clip(gaps=(Gap("Pit_1", 1, 2, "the camera was silent"),))
    with db.write() as tx:
        added = clips.add(tx, clip, station_id="s")
    with db.read() as tx:
        assert clips.get(tx, clip.id) == added
        assert clips.page(tx, clips.ClipFilter()).items == [added]
        assert added.gaps == clip.gaps
        upload = uploads.of_item(tx, ItemKind.CLIP, clip.id)
        assert upload is not None and upload.path == clip.path


def test_a_second_attempt_makes_no_second_row(db, keep):
    first = keep(0, job_id="job")
    again = keep(5, job_id="job", ordinal=0)
    assert again == first
    assert keep(1, job_id="job", ordinal=1).id != first.id
    assert keep(2, job_id="other", ordinal=0).id != first.id
    with db.read() as tx:
        assert [frame.ordinal for frame in frames.for_job(tx, "job")] == [0, 1]
        assert uploads.summary(tx).waiting == 3


def test_frames_of_several_cameras_in_one_job_stand_beside_each_other(db, keep):
    with db.write() as tx:
        cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/two"))
    assert keep(0, job_id="job").id != keep(0, job_id="job", camera_id="Pit_2").id


def test_pages_are_by_capture_time_and_pass_over_nothing(db, keep):
    made = [keep(number % 3).id for number in range(8)]
    seen, cursor = [], None
    with db.read() as tx:
        while True:
            page = frames.page(tx, FrameFilter(), cursor, 3)
            seen += page.items
            cursor = page.next
            if cursor is None:
                break
    times = [frame.captured_at_ns for frame in seen]
    assert sorted(frame.id for frame in seen) == sorted(made)
    assert times == sorted(times, reverse=True)


def test_the_library_is_filtered_and_counted(db, keep):
    with db.write() as tx:
        cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/two"))
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
    one = keep(1)
    two = keep(2, camera_id="Pit_2", session_id=session.id, starred=True)
    hidden = keep(3)
    with db.write() as tx:
        frames.delete(tx, [hidden.id])
    with db.read() as tx:
        for wanted, expected in (
            (FrameFilter(), [two, one]),
            (FrameFilter(camera_id="Pit_1"), [one]),
            (FrameFilter(camera_id="pit_2", session_id=session.id), [two]),
            (FrameFilter(starred=True), [two]),
            (FrameFilter(from_ns=two.captured_at_ns), [two]),
            (FrameFilter(to_ns=two.captured_at_ns), [one]),
        ):
            assert frames.page(tx, wanted).items == expected
            assert frames.count(tx, wanted) == len(expected)


def test_the_same_bytes_are_found_again_unless_hidden(db, keep):
    first = keep(7)
    keep(7)
    with db.write() as tx:
        assert frames.by_hash(tx, first.sha256) == first
        assert frames.by_hash(tx, first.sha256, "Pit_1") == first
        assert frames.by_hash(tx, first.sha256, "Pit_2") is None
        frames.delete(tx, [first.id])
        found = frames.by_hash(tx, first.sha256)
    assert found is not None and found.id != first.id


def test_hiding_holds_the_upload_and_undo_clears_it(db, keep):
    frame = keep()
    with db.write() as tx:
        assert frames.delete(tx, [frame.id]) == 1
        assert frames.delete(tx, [frame.id]) == 0
        assert uploads.claim_next(tx, "w") is None
        summary = uploads.summary(tx)
    assert (summary.held, summary.waiting, summary.safe_to_leave) == (1, 0, True)
    with db.write() as tx:
        assert frames.undelete(tx, [frame.id]) == 1
        assert frames.undelete(tx, [frame.id]) == 0
        assert uploads.claim_next(tx, "w") is not None


def test_the_file_of_a_deletion_goes_when_it_expires_and_is_then_past_undo(db, keep, clock):
    frame, other = keep(1), keep(2)
    with db.write() as tx:
        frames.delete(tx, [frame.id])
        hidden_at = tx.now_ns
    with db.write() as tx:
        assert frames.expired_deletions(tx, hidden_at) == []
        assert [expired.id for expired in frames.expired_deletions(tx, hidden_at + 1)] == [frame.id]
        frames.mark_file_gone(tx, frame.id)
        assert frames.expired_deletions(tx, hidden_at + 1) == []
        assert frames.undelete(tx, [frame.id]) == 0
        assert [stored.id for stored in frames.every_path(tx)] == [other.id]
        assert frames.get(tx, frame.id).file_gone_at_ns == tx.now_ns


def test_a_star_sends_first_and_a_missing_item_is_told(db, keep):
    first, second = keep(1), keep(2)
    with db.write() as tx:
        frames.star(tx, second.id, True)
        assert frames.get(tx, second.id).starred
        taken = [uploads.claim_next(tx, "w"), uploads.claim_next(tx, "w")]
        assert [upload.item_id for upload in taken if upload] == [second.id, first.id]
        for act in (lambda: frames.star(tx, "none", True), lambda: frames.mark_file_gone(tx, "none")):
            with pytest.raises(NotFound):
                act()


def test_every_change_of_an_item_is_seen_by_its_revision(db, keep):
    frame, other = keep(1), keep(2)
    with db.read() as tx:
        assert [changed.id for changed in frames.changed(tx, 0)] == [frame.id, other.id]
    seen = other.revision
    for act in (
        lambda tx: frames.star(tx, frame.id, True),
        lambda tx: frames.delete(tx, [frame.id]),
        lambda tx: frames.undelete(tx, [frame.id]),
        lambda tx: frames.mark_file_gone(tx, frame.id),
    ):
        with db.write() as tx:
            act(tx)
        with db.read() as tx:
            (changed,) = frames.changed(tx, seen)
            assert changed.id == frame.id and changed.revision > seen
            seen = changed.revision
            assert max(upload.revision for upload in uploads.every(tx)) <= seen


def test_what_fsck_needs_is_all_there(db, keep):
    frame = keep()
    with db.write() as tx:
        clip = clips.add(tx, a_clip(), station_id="s")
    with db.read() as tx:
        assert list(frames.every_path(tx)) == [(frame.id, frame.path, frame.bytes, frame.sha256)]
        assert list(clips.every_path(tx)) == [(clip.id, clip.path, clip.bytes, clip.sha256)]
        assert {(upload.item_kind, upload.item_id) for upload in uploads.every(tx)} == {
            (ItemKind.FRAME, frame.id),
            (ItemKind.CLIP, clip.id),
        }
        assert {upload.state for upload in uploads.every(tx)} == {UploadState.WAITING}
