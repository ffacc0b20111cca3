"""Brings station.db up to this version's tables: made once, by one process; snapshot first, put back on failure."""

import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout

from core.clock import Clock
from core.errors import DataFolderForeign, DataFolderLocked, DataFolderNewer
from core.paths import DataFolder, write_durably
from core.store.faults import SNAPSHOT_NAME, corrupt, told

BUSY_S = 5.0
_OPENING_TIMEOUT_S = 60.0
_APPLICATION_ID = 0x54535354  # "TSST": tells our database from any other program's


def scripts() -> dict[int, str]:
    """The migrations by number, each the SQL that leads to that `user_version`."""
    found = files("core.store").joinpath("migrations").iterdir()
    return {int(script.name[:4]): script.read_text("utf-8") for script in found if script.name.endswith(".sql")}


def bring_up_to_date(
    folder: DataFolder, clock: Clock, migrations: Mapping[int, str] | None = None, *, busy_s: float = BUSY_S
) -> None:
    """Make or migrate the database of a folder, and check that the two belong together.

    Any number of processes may call this at once. Raises DataFolderForeign, DataFolderNewer, DataFolderCorrupt,
    DataFolderLocked, DataFolderUnwritable, DiskFull. A script that fails is a bug and raises SQLite's own error,
    after the snapshot was put back.
    """
    migrations = scripts() if migrations is None else migrations
    newest = max(migrations)
    folder.create()
    with told(folder, opening=True):
        if folder.database.exists() and folder.identity_file.exists() and _checked(folder, newest, busy_s) == newest:
            return
        with _alone(folder):
            _migrate(folder, clock, migrations, newest, busy_s)


@contextmanager
def _alone(folder: DataFolder) -> Iterator[None]:
    lock = FileLock(folder.root / "station.db.opening", timeout=_OPENING_TIMEOUT_S)
    try:
        lock.acquire()
    except Timeout as held:
        raise DataFolderLocked(
            f"Another program has been preparing the database in {folder.root} for a minute", folder=folder.root
        ) from held
    try:
        yield
    finally:
        lock.release()


def connect(path: Path, *, create: bool = False, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """A plain connection without implicit transactions; a missing file raises unless it may be created."""
    mode = "rwc" if create else "rw"
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=busy_s, isolation_level=None)


def _checked(folder: DataFolder, newest: int, busy_s: float) -> int:
    """The version of an existing database, 0 if nothing was committed to it yet."""
    with closing(connect(folder.database, busy_s=busy_s)) as connection:
        version = _pragma(connection, "user_version")
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            return 0
        if _pragma(connection, "application_id") != _APPLICATION_ID:
            raise DataFolderForeign(f"{folder.database} is no database of TrackShift Station", folder=folder.root)
        if version > newest:
            raise DataFolderNewer(folder=folder.root)
        row = connection.execute("SELECT uuid FROM station").fetchone()
    if row is None:
        raise corrupt(folder)
    if row[0] != _identity(folder):
        raise DataFolderForeign(folder=folder.root)
    return version


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _identity(folder: DataFolder) -> str | None:
    try:
        return folder.identity_file.read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        return None


def _migrate(folder: DataFolder, clock: Clock, migrations: Mapping[int, str], newest: int, busy_s: float) -> None:
    version = _checked(folder, newest, busy_s) if folder.database.exists() else 0
    if version == newest:
        return
    if version == 0:
        _prepare_identity(folder)
    with closing(connect(folder.database, create=True, busy_s=busy_s)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        if version == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            _run(connection, folder, clock, migrations, version)
        else:
            with closing(connect(folder.root / f"{SNAPSHOT_NAME}{newest}", create=True)) as snapshot:
                connection.backup(snapshot)
                try:
                    _run(connection, folder, clock, migrations, version)
                except sqlite3.Error as failed:
                    connection.rollback()
                    snapshot.backup(connection)
                    failed.add_note(f"The database was put back as it was before version {newest}.")
                    raise


def _prepare_identity(folder: DataFolder) -> None:
    # The file is durable before any row exists: a crash between the two leaves an id that the next try takes up,
    # while a database without its file can only have been copied from elsewhere.
    if folder.identity_file.exists():
        if any(path.is_file() for kept in (folder.frames, folder.clips, folder.results) for path in kept.rglob("*")):
            raise corrupt(folder, f"The database of {folder.root} is gone, but its files are there")
        return
    write_durably(folder.identity_file, f"{uuid.uuid4()}\n".encode("ascii"))


def _run(
    connection: sqlite3.Connection, folder: DataFolder, clock: Clock, migrations: Mapping[int, str], version: int
) -> None:
    for number in sorted(number for number in migrations if number > version):
        connection.executescript(f"BEGIN IMMEDIATE;\n{migrations[number]}\nPRAGMA user_version = {number};")
        if number == 1:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(
                "INSERT INTO station VALUES (1, ?, ?, 1, 1, 1, 0, 0)", (_identity(folder), clock.utc_ns())
            )
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError(f"migration {number} leaves rows that name no other row")
        connection.commit()
