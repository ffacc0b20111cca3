"""Opening a data folder: made once, migrated with a snapshot, refused with a clear word, and never harmed."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from core.clock import SystemClock
from core.errors import (
    DataFolderCorrupt,
    DataFolderForeign,
    DataFolderLocked,
    DataFolderNewer,
    DataFolderUnwritable,
)
from core.job import JobState
from core.paths import DataFolder
from core.store import jobs, sessions, stations
from core.store.database import open_database
from core.store.jobs import JobFilter
from core.store.migrating import bring_up_to_date, scripts

INITIAL = scripts()
GOOD = "ALTER TABLE sessions ADD COLUMN track TEXT;"
BROKEN = "UPDATE sessions SET name = 'lost'; DROP TABLE early_cancels; ALTER TABLE nowhere ADD COLUMN x;"


@pytest.fixture
def used(folder: DataFolder) -> DataFolder:
    """A folder in use: one session, database closed."""
    database = open_database(folder)
    with database.write() as tx:
        sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
    database.close()
    return folder


def names(folder: DataFolder) -> list[str]:
    with closing(sqlite3.connect(folder.database)) as plain:
        return [name for (name,) in plain.execute("SELECT name FROM sessions")]


def test_a_new_folder_and_its_database_carry_one_uuid(folder):
    database = open_database(folder)
    with database.read() as tx:
        assert stations.identity(tx) == folder.identity_file.read_text().strip()
        assert stations.created_at_ns(tx) > 0
        assert not stations.first_run_done(tx)
    database.close()


def test_processes_that_open_a_fresh_folder_at_once_make_one_station(folder):
    code = (
        "import sys; from pathlib import Path; from core.paths import DataFolder; from core.store import stations;"
        "from core.store.database import open_database; sys.stdin.read();"
        "db = open_database(DataFolder(Path(sys.argv[1])));\n"
        "with db.read() as tx: print(stations.identity(tx))\n"
        "db.close()"
    )
    command = [sys.executable, "-c", code, str(folder.root)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        assert process.stdin
        process.stdin.close()  # all go at once, when they have imported
        process.stdin = None
    told = {process.communicate(timeout=30)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 3
    assert told == {folder.identity_file.read_text()}


def test_threads_that_open_a_fresh_folder_at_the_same_moment_make_one_station(tmp_path):
    for number in range(5):
        folder = DataFolder(tmp_path / str(number))
        start = threading.Barrier(6)

        def opened(folder: DataFolder = folder, start: threading.Barrier = start) -> str:
            start.wait()
            database = open_database(folder)
            with database.read() as tx:
                identity = stations.identity(tx)
            database.close()
            return identity

        with ThreadPoolExecutor(6) as pool:
            told = {future.result() for future in [pool.submit(opened) for _ in range(6)]}
        assert told == {folder.identity_file.read_text().strip()}


def test_an_opening_that_was_cut_short_is_taken_up(folder):
    folder.create()
    folder.identity_file.write_text("the-first-try\n")
    folder.database.touch()
    database = open_database(folder)
    with database.read() as tx:
        assert stations.identity(tx) == "the-first-try"
    database.close()


def test_a_database_of_another_folder_is_foreign_and_not_touched(used, tmp_path):
    other = DataFolder(tmp_path / "other")
    open_database(other).close()
    shutil.copy(used.database, other.database)
    before = other.database.read_bytes()
    with pytest.raises(DataFolderForeign) as foreign:
        open_database(other)
    assert "different stations" in foreign.value.title and "Nothing in it was changed" in foreign.value.hint
    assert other.database.read_bytes() == before


def test_a_database_without_its_folders_id_is_foreign(used, tmp_path):
    other = DataFolder(tmp_path / "other")
    other.create()
    shutil.copy(used.database, other.database)
    with pytest.raises(DataFolderForeign):
        open_database(other)
    assert not other.identity_file.exists()


def test_another_programs_database_is_foreign(folder):
    folder.create()
    with closing(sqlite3.connect(folder.database)) as theirs:
        theirs.execute("CREATE TABLE songs (title)")
    with pytest.raises(DataFolderForeign, match="no database of TrackShift"):
        open_database(folder)


def test_a_newer_database_is_refused_and_not_touched(used):
    with closing(sqlite3.connect(used.database)) as newer:
        newer.execute("PRAGMA user_version = 999")
    with pytest.raises(DataFolderNewer, match="newer"):
        open_database(used)
    assert names(used) == ["FP1"]


def test_a_database_of_noise_is_corrupt_and_the_last_snapshot_is_named(used):
    snapshot = used.root / "station.db.before-7"
    shutil.copy(used.database, snapshot)
    used.database.write_bytes(b"\x5a" * 8192)
    with pytest.raises(DataFolderCorrupt) as corrupt:
        open_database(used)
    assert str(snapshot) in corrupt.value.hint
    assert used.database.read_bytes() == b"\x5a" * 8192


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(used):
    (used.frames / "kept.jpg").write_bytes(b"a frame")
    used.database.unlink()
    with pytest.raises(DataFolderCorrupt, match="gone"):
        open_database(used)
    assert not used.database.exists()


def test_a_database_held_by_another_program_is_locked(used):
    with closing(sqlite3.connect(used.database, isolation_level=None)) as stranger:
        stranger.execute("PRAGMA locking_mode = EXCLUSIVE")
        stranger.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataFolderLocked, match="Another program") as locked:
            open_database(used, busy_s=0.1)
        stranger.execute("ROLLBACK")
    assert "Close programs" in locked.value.hint
    open_database(used).close()


def test_a_file_where_the_folder_should_be_is_unwritable(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataFolderUnwritable, match="may not write"):
        open_database(DataFolder(tmp_path / "file" / "station"))


def test_a_folder_where_the_database_should_be_is_told(folder):
    folder.create()
    folder.identity_file.write_text("id")
    folder.database.mkdir()
    with pytest.raises(DataFolderUnwritable):
        open_database(folder)


def test_a_migration_keeps_the_rows_and_a_snapshot_from_before(used):
    bring_up_to_date(used, SystemClock(), INITIAL | {len(INITIAL) + 1: GOOD})
    with closing(sqlite3.connect(used.database)) as plain:
        assert plain.execute("SELECT name, track FROM sessions").fetchall() == [("FP1", None)]
        assert plain.execute("PRAGMA user_version").fetchone() == (len(INITIAL) + 1,)
    with closing(sqlite3.connect(used.root / f"station.db.before-{len(INITIAL) + 1}")) as snapshot:
        assert snapshot.execute("PRAGMA user_version").fetchone() == (len(INITIAL),)
        assert snapshot.execute("SELECT name FROM sessions").fetchall() == [("FP1",)]


@pytest.mark.parametrize(
    "scripts_after",
    [[BROKEN], [GOOD, BROKEN], ["INSERT INTO jobs SELECT * FROM jobs; COMMIT; " + BROKEN]],
    ids=["broken", "broken after a good one", "broken after it committed by itself"],
)
def test_a_broken_migration_is_put_back_and_the_old_version_still_works(used, scripts_after):
    later = dict(enumerate(scripts_after, start=len(INITIAL) + 1))
    with pytest.raises(sqlite3.OperationalError, match="nowhere") as failed:
        bring_up_to_date(used, SystemClock(), INITIAL | later)
    assert "put back" in failed.value.__notes__[0]
    assert names(used) == ["FP1"]
    database = open_database(used)
    assert database.integrity_check() == []
    with database.read() as tx:
        assert sessions.current(tx) is not None
    database.close()


def test_a_migration_that_leaves_loose_references_is_put_back(used):
    loose = {
        len(INITIAL)
        + 1: "INSERT INTO camera_statuses VALUES ('gone', 'live', '', '', 0, 0, 0, NULL, 0, NULL, NULL, 1);"
    }
    with pytest.raises(sqlite3.IntegrityError, match="name no other row"):
        bring_up_to_date(used, SystemClock(), INITIAL | loose)
    open_database(used).close()


def test_jobs_of_the_first_version_are_kept_ordered_and_found_by_their_words(folder):
    bring_up_to_date(folder, SystemClock(), {1: INITIAL[1]})
    job = (
        "INSERT INTO jobs (id, kind, state, params, name, priority, attempt, tries, tries_left, created_at_ns, "
        "last_updated_ns, progress, stage, message, batch_id, is_batch, summary, revision) "
        "VALUES (?, 'capture', 'pending', '{}', ?, 100, 0, 3, 3, ?, 1, 0, '', '', ?, ?, '{}', 1)"
    )
    with closing(sqlite3.connect(folder.database)) as plain:
        plain.execute(job, ("second", "Rear wing", 2, None, 0))
        plain.execute(job, ("batch", "Front wing", 1, None, 1))
        plain.execute(job, ("child", "", 1, "batch", 0))
        plain.commit()
    database = open_database(folder)
    with database.read() as tx:
        found = jobs.page(tx, JobFilter(text="wing")).items
        assert [(job.id, job.correlation_id) for job in found] == [("second", "second"), ("batch", "batch")]
        assert [job.correlation_id for job in jobs.children(tx, "batch")] == ["batch"]
        assert jobs.counts(tx)[JobState.PENDING] == 2
    with database.write() as tx:
        jobs.cancel(tx, "batch")
        assert jobs.counts(tx)[JobState.PENDING] == 1
    assert database.integrity_check() == []
    database.close()
