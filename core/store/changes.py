"""Tells that something in the database changed; what changed, its revisions tell."""

import sqlite3

from core.paths import DataFolder
from core.store.faults import told
from core.store.migrating import connect


class Changes:
    """An idle connection asked for `PRAGMA data_version`: 6 µs a poll. For one thread; opens at the first poll."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    def changed(self) -> bool:
        """True if anyone committed since the last call; the first call is True, so that a reader starts by reading."""
        with told(self._folder):
            if self._connection is None:
                self._connection = connect(self._folder.database)
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        changed, self._seen = version != self._seen, version
        return changed

    def close(self) -> None:
        """From the thread that polled."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
