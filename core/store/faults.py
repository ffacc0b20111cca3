"""What SQLite complains of, in the operator's words; anything it blames on us stays a bug."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from core.errors import DatabaseBusy, DataFolderCorrupt, DataFolderLocked, DataFolderUnwritable, DiskFull, KnownError
from core.paths import DataFolder

SNAPSHOT_NAME = "station.db.before-"


@contextmanager
def told(folder: DataFolder, *, opening: bool = False, reading: bool = False) -> Iterator[None]:
    """Raise a KnownError in place of SQLite's own where the world is to blame; the rest passes through.

    reading: whoever writes then is a bug of ours, not a folder that may not be written.
    """
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(original, "sqlite_errorcode", None)
        known = None
        if code is not None and not (reading and code == sqlite3.SQLITE_READONLY):
            known = _known(code & 0xFF, folder, opening)
        if known is None:
            raise
        raise known from error


def _known(code: int, folder: DataFolder, opening: bool) -> KnownError | None:
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED if opening:
            return DataFolderLocked(
                f"Another program holds the database in {folder.root}",
                hint="Close programs that have station.db open (a backup, a virus scanner, a database browser).",
                folder=folder.root,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseBusy(folder=folder.root)
        case sqlite3.SQLITE_FULL:
            return DiskFull(folder=folder.root)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return corrupt(folder)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return DataFolderUnwritable(folder=folder.root)
        case sqlite3.SQLITE_IOERR:
            return DataFolderUnwritable(
                f"The disk of {folder.root} failed to read or write the database",
                hint="Check the drive and its cable; then run `trackshift doctor`.",
                folder=folder.root,
            )
    return None


def corrupt(folder: DataFolder, message: str = "") -> DataFolderCorrupt:
    """The database is damaged or gone; says where the last snapshot is, if there is one."""
    snapshots = sorted(folder.root.glob(f"{SNAPSHOT_NAME}*"), key=lambda path: path.stat().st_mtime_ns)
    if snapshots:
        where = f"The last snapshot is {snapshots[-1]}: copy the folder, put it back as station.db"
        hint = f"{where}, then run `trackshift fsck --repair`, which takes in the files that it does not know."
    else:
        hint = "There is no snapshot. The frames and clips are files of their own and are not touched: copy the folder."
    return DataFolderCorrupt(message, hint=hint, folder=folder.root, snapshot=snapshots[-1] if snapshots else None)
