"""One way to read and one to write: snapshots, durability, and what the world can do to a transaction."""

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from core.camera import Camera
from core.errors import DatabaseBusy, DataFolderCorrupt, DiskFull
from core.job import JobKind, NewJob
from core.paths import DataFolder
from core.store import cameras, frames, jobs, stations
from core.store.database import Database, open_database
from tests.core.store.conftest import a_frame


def pragma(tx, name):
    return tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_every_connection_waits_syncs_and_checks_references(db):
    for transaction in (db.read(), db.write()):
        with transaction as tx:
            assert pragma(tx, "journal_mode") == "wal"
            assert pragma(tx, "synchronous") == 2
            assert pragma(tx, "foreign_keys") == 1
            assert pragma(tx, "busy_timeout") == 200


def test_only_the_workers_writer_checkpoints(db, folder):
    with db.write() as tx:
        assert pragma(tx, "wal_autocheckpoint") > 0
    with db.read() as tx:
        assert pragma(tx, "wal_autocheckpoint") == 0
    others = open_database(folder)
    with others.write() as tx:
        assert pragma(tx, "wal_autocheckpoint") == 0
    others.close()


def test_a_reader_sees_one_moment_whatever_is_committed_meanwhile(db):
    with db.read() as before:
        assert len(cameras.every(before)) == 1
        with db.write() as tx:
            cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/two"))
        assert len(cameras.every(before)) == 1
    with db.read() as after:
        assert len(cameras.every(after)) == 2


def test_writing_in_a_reading_fails(db):
    with pytest.raises(OperationalError, match="readonly"), db.read() as tx:
        cameras.remove(_as_writing(tx), "Pit_1")


def _as_writing(tx):
    tx.revision = lambda: 99
    return tx


def test_what_raises_leaves_nothing_behind(db):
    with pytest.raises(ZeroDivisionError), db.write() as tx:
        frames.add(tx, a_frame(), station_id="s")
        jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}))
        raise ZeroDivisionError
    with db.read() as tx:
        assert frames.count(tx, frames.FrameFilter()) == 0
        assert sum(jobs.counts(tx).values()) == 0


def test_rows_of_one_transaction_share_a_revision_and_a_later_one_has_a_greater(db):
    with db.write() as tx:
        first = [jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {})).revision for _ in range(2)]
    with db.write() as tx:
        later = jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {})).revision
    assert first[0] == first[1] < later


def test_a_transaction_that_changes_nothing_draws_no_revision(db):
    with db.read() as tx:
        before = stations.revision(tx)
    with db.write() as tx:
        jobs.claim(tx, worker_id="w", kinds_free=dict.fromkeys(JobKind, 1))
    with db.read() as tx:
        assert stations.revision(tx) == before


def test_another_program_that_holds_the_database_makes_it_busy_and_nothing_is_lost(db, folder):
    with closing(sqlite3.connect(folder.database, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy) as busy, db.write():
            pass
        stranger.execute("ROLLBACK")
    assert "busy" in busy.value.title and busy.value.hint
    with db.write() as tx:
        jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}))


def test_a_thread_that_holds_the_turn_too_long_makes_the_others_busy(db):
    with db.write():
        seen = []

        def other():
            try:
                with db.write():
                    pass
            except DatabaseBusy as busy:
                seen.append(busy)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(seen) == 1


def test_writers_of_many_threads_take_turns(db):
    def write():
        for _ in range(10):
            with db.write() as tx:
                jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as tx:
        assert sum(jobs.counts(tx).values()) == 40
        found = jobs.changed(tx, revision=0)
    assert len({job.revision for job in found}) == 40


def test_a_full_disk_is_told_and_what_was_committed_stands(db):
    with db.write() as tx:
        kept = frames.add(tx, a_frame(), station_id="s")
        pages = pragma(tx, "page_count")
        pragma(tx, f"max_page_count = {pages}")
    with pytest.raises(DiskFull) as full, db.write() as tx:
        for number in range(1, 1000):
            frames.add(tx, a_frame(number), station_id="s")
    assert "safe" in full.value.hint
    with db.write() as tx:
        pragma(tx, "max_page_count = 1000000")
        assert frames.get(tx, kept.id) == kept
        assert frames.count(tx, frames.FrameFilter()) == 1
        frames.add(tx, a_frame(1), station_id="s")


def test_damage_met_while_reading_is_told(folder: DataFolder, tmp_path):
    database = open_database(folder)
    with database.write() as tx:
        for number in range(300):
            frames.add(_with_camera(tx), a_frame(number), station_id="s")
    database.close()
    whole = folder.database.read_bytes()
    kept = len(whole) // 4096 * 3 // 4 * 4096
    folder.database.write_bytes(whole[:kept] + b"\xa5" * (len(whole) - kept))
    database = open_database(folder)
    with pytest.raises(DataFolderCorrupt, match="damaged"), database.read() as tx:
        list(frames.every_path(tx))
        frames.page(tx, frames.FrameFilter(), limit=300)
        list(jobs.changed(tx, revision=0))
        tx.connection.exec_driver_sql("SELECT sum(length(path)), max(metadata) FROM uploads").all()
    database.close()


def _with_camera(tx):
    if not cameras.every(tx):
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/one"))
    return tx


def test_an_error_text_does_not_repeat_the_values_of_a_row(db: Database):
    with pytest.raises(Exception, match="CHECK constraint") as wrong, db.write() as tx:
        frames.add(tx, a_frame(path="elsewhere/hush.jpg"), station_id="s")
    assert "hush" not in str(wrong.value)
