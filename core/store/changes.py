"""Tells that something worth a look changed in the database; what changed, its revisions tell."""

import sqlite3

from core.paths import DataFolder
from core.store.database import NEWEST
from core.store.faults import told
from core.store.migrating import connect


class Changes:
    """An idle connection asked for `PRAGMA data_version`: 6 µs a poll. For one thread; opens at the first poll.

    Every process beats every two seconds; as no beat draws a revision, none makes anybody read.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._version: int | None = None
        self._revision: int | None = None

    def changed(self) -> bool:
        """True if the revision grew since the last call; the first call is True, so that a reader starts by reading."""
        with told(self._folder):
            if self._connection is None:
                self._connection = connect(self._folder.database)
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            version = self._asked("PRAGMA data_version")
            if version == self._version:
                return False
            revision = self._asked(f"SELECT {NEWEST}")
        changed, self._version, self._revision = revision != self._revision, version, revision
        return changed

    def _asked(self, query: str) -> int:
        assert self._connection is not None
        return int(self._connection.execute(query).fetchone()[0])

    def close(self) -> None:
        """From the thread that polled."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
