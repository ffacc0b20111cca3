"""The library's one order over frames and clips."""

from core.camera import Camera
from core.store import cameras, clips, frames, library, sessions, uploads
from core.store.library import LibraryFilter, LibraryItem
from core.upload import ItemKind, UploadState
from tests.core.store.conftest import a_clip, a_frame

NS = 10**9


def everything(tx, wanted: LibraryFilter, page_size: int) -> list[LibraryItem]:
    outline = library.outline(tx, wanted, page_size)
    found = []
    for number, first in enumerate(outline.starts):
        until = outline.starts[number + 1] if number + 1 < len(outline.starts) else None
        found += library.page(tx, wanted, first, until, page_size)
    assert len(found) == outline.count
    return found


def test_pages_hold_every_frame_and_clip_once_newest_first(db):
    with db.write() as tx:
        made = [frames.add(tx, a_frame(n), station_id="s").id for n in range(20)]
        at_ns = a_frame(7).captured_at_ns  # the same instant as a frame's
        made.append(clips.add(tx, a_clip(captured_at_ns=at_ns), station_id="s").id)
    with db.read() as tx:
        for page_size in (2, 3, 7, 21, 100):
            found = everything(tx, LibraryFilter(), page_size)
            assert sorted(item.id for item in found) == sorted(made)
            assert [item.place for item in found] == sorted((item.place for item in found), reverse=True)


def test_an_empty_library_has_no_pages(db):
    with db.read() as tx:
        assert library.outline(tx, LibraryFilter(), 10) == library.Outline(0, 10, ())


def test_the_library_filter_asks_camera_session_days_kind_and_star(db):
    with db.write() as tx:
        cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/two"))
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        old = frames.add(tx, a_frame(0), station_id="s")
        new = frames.add(tx, a_frame(100, session_id=session.id, starred=True), station_id="s")
        other = frames.add(tx, a_frame(50, camera_id="Pit_2"), station_id="s")
        clip = clips.add(tx, a_clip(captured_at_ns=a_frame(200).captured_at_ns), station_id="s")
        hidden = frames.add(tx, a_frame(300), station_id="s")
        frames.delete(tx, [hidden.id])

    def found(**wanted) -> set[str]:
        with db.read() as tx:
            return {item.id for item in everything(tx, LibraryFilter(**wanted), 10)}

    assert found() == {old.id, new.id, other.id, clip.id}
    assert found(camera_id="pit_2") == {other.id}
    assert found(session_id=session.id) == {new.id}
    assert found(starred=True) == {new.id}
    assert found(kind=ItemKind.CLIP) == {clip.id}
    assert found(from_ns=other.captured_at_ns, to_ns=new.captured_at_ns) == {other.id}


def test_an_item_of_the_library_tells_its_uploads_state_and_its_length(db):
    with db.write() as tx:
        frame = frames.add(tx, a_frame(), station_id="s")
        clip = clips.add(tx, a_clip(captured_at_ns=frame.captured_at_ns + NS), station_id="s")
        upload = uploads.claim_next(tx, "worker")
        assert upload is not None
        uploads.verified(tx, upload, "etag", "etag")
    with db.read() as tx:
        first, second = everything(tx, LibraryFilter(), 10)
    assert (first.kind, first.duration_ns, first.upload_state) == (ItemKind.CLIP, clip.duration_ns, UploadState.WAITING)
    assert (second.kind, second.duration_ns, second.upload_state) == (ItemKind.FRAME, None, UploadState.VERIFIED)


def test_files_are_counted_by_session_without_the_deleted_ones(db):
    with db.write() as tx:
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        kept, gone = (frames.add(tx, a_frame(n, session_id=session.id), station_id="s") for n in range(2))
        clips.add(tx, a_clip(session_id=session.id), station_id="s")
        frames.delete(tx, [gone.id])
    with db.read() as tx:
        assert library.counts_by_session(tx) == {session.id: 2}
        assert library.newest_revision(tx) >= kept.revision


def test_the_library_reads_its_pages_from_indexes_alone(db):
    with db.write() as tx:
        frames.add(tx, a_frame(), station_id="s")
    seen: list[str] = []
    with db.read() as tx:
        place = a_frame().captured_at_ns, "0"
        for wanted in (LibraryFilter(), LibraryFilter(camera_id="Pit_1"), LibraryFilter(starred=True)):
            statement = library.page_statement(ItemKind.FRAME, wanted, place, None, 240)
            text = str(statement.compile(tx.connection, compile_kwargs={"literal_binds": True}))
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            seen.append(" ".join(row.detail for row in plan))
    assert all("USING INDEX frames_" in plan and "TEMP B-TREE" not in plan for plan in seen), seen
