"""The one way to read station.db and the one way to write it."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    QueuePool,
    RowMapping,
    create_engine,
    event,
)
from sqlalchemy.engine import URL

from core.clock import Clock, SystemClock
from core.errors import DatabaseBusy
from core.paths import DataFolder
from core.store.faults import told
from core.store.migrating import BUSY_S, bring_up_to_date

_READERS_KEPT = 4
_CHECKPOINT_PAGES = 4000
_LOG_LIMIT_BYTES = 64 * 2**20
NEWEST = "max((SELECT number FROM counters WHERE name = 'revision'), (SELECT ifnull(max(revision), 0) FROM jobs))"
"""The newest revision: the counter's, unless a job's own transaction drew one since and left the counter alone."""
_DRAW = f"UPDATE counters SET number = {NEWEST} + 1 WHERE name = 'revision' RETURNING number"


class Reading:
    """One snapshot of the database: what others commit meanwhile is not seen."""

    def __init__(self, connection: Connection, driver: sqlite3.Connection, now_ns: int) -> None:
        self.connection = connection
        self._driver = driver
        self.now_ns = now_ns
        """UTC at the start of the transaction."""

    def execute(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, rows)

    def execute_compiled(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """For core.store.prepared alone: on what `connection` stands."""
        return self._driver.execute(sql, values)

    def rows(self, statement: Executable) -> Sequence[RowMapping]:
        return self.execute(statement).mappings().all()

    def row(self, statement: Executable) -> RowMapping | None:
        return self.execute(statement).mappings().first()

    def scalar(self, statement: Executable) -> Any:
        return self.execute(statement).scalar()


class Writing(Reading):
    """The one writer's transaction: all of it is committed, or nothing."""

    def __init__(self, connection: Connection, driver: sqlite3.Connection, now_ns: int) -> None:
        super().__init__(connection, driver, now_ns)
        self.drawn: int | None = None
        """Its revision, once it has one: told by whoever draws it otherwise, as jobs do within their own statements."""

    def revision(self) -> int:
        """This transaction's number from the one counter; every row it changes carries it."""
        if self.drawn is None:
            cursor = self.execute_compiled(_DRAW, ())
            self.drawn = int(cursor.fetchone()[0])
            cursor.close()
        return self.drawn


class Database:
    """The connections of one process to one station.db. Usable from any thread; close() ends it."""

    def __init__(self, folder: DataFolder, clock: Clock, *, checkpoints: bool, busy_s: float) -> None:
        self.folder = folder
        self._clock = clock
        self._busy_s = busy_s
        self._writing = threading.Lock()
        # One writer at a time is SQLite's own rule; a lock hands the turn over at once, its busy handler polls.
        self._writer = self._engine(kept=1, pragmas={"wal_autocheckpoint": checkpoints * _CHECKPOINT_PAGES})
        self._written_by: tuple[Connection, sqlite3.Connection] | None = None
        self._readers = self._engine(kept=_READERS_KEPT, pragmas={"wal_autocheckpoint": 0, "query_only": 1})

        @event.listens_for(self._readers, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    def _engine(self, *, kept: int, pragmas: Mapping[str, int]) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self.folder.database)),
            poolclass=QueuePool,
            pool_size=kept,
            max_overflow=-1,
            pool_reset_on_return=None,  # every transaction ends before its connection goes back
            hide_parameters=True,
            # No implicit transactions: pysqlite's own begin too late, and deferred.
            connect_args={"timeout": self._busy_s, "check_same_thread": False, "isolation_level": None},
        )
        settings = {"foreign_keys": 1, "synchronous": 2, "journal_size_limit": _LOG_LIMIT_BYTES, **pragmas}

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: object) -> None:
            for name, value in settings.items():
                connection.execute(f"PRAGMA {name} = {value:d}")

        return engine

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A snapshot, from the first statement on; writing in it fails. Raises DatabaseBusy, DataFolderError."""
        with told(self.folder, reading=True), self._readers.begin() as connection:
            yield Reading(connection, _driver_of(connection), self._clock.utc_ns())

    @contextmanager
    def write(self) -> Iterator[Writing]:
        """A transaction, committed durably when the block ends well, rolled back when it raises.

        Raises DatabaseBusy after `busy_s` of waiting for another writer, DiskFull, DataFolderError.
        """
        if not self._writing.acquire(timeout=self._busy_s):
            raise DatabaseBusy(folder=self.folder.root)
        try:
            with told(self.folder):
                if self._written_by is None:
                    opened = self._writer.connect()
                    self._written_by = opened, _driver_of(opened)
                # SQLite's own words for it: SQLAlchemy's book-keeping around them costs as much as a commit.
                connection, driver = self._written_by
                driver.execute("BEGIN IMMEDIATE")
                try:
                    yield Writing(connection, driver, self._clock.utc_ns())
                    driver.execute("COMMIT")
                finally:
                    if driver.in_transaction:
                        driver.execute("ROLLBACK")
                    if connection.in_transaction():
                        connection.rollback()  # SQLAlchemy's idea of it, which touches nothing any more
        finally:
            self._writing.release()

    def integrity_check(self) -> list[str]:
        """What SQLite finds wrong with the whole file and its references; empty if nothing."""
        with self.read() as tx:
            found = [str(line) for (line,) in tx.connection.exec_driver_sql("PRAGMA integrity_check")]
            stray = tx.connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [line for line in found if line != "ok"] + [f"{row[0]} row {row[1]} names no {row[2]}" for row in stray]

    def close(self) -> None:
        if self._written_by is not None:
            self._written_by[0].close()
        self._readers.dispose()
        self._writer.dispose()


def _driver_of(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return cast(sqlite3.Connection, driver)


def open_database(
    folder: DataFolder, *, clock: Clock | None = None, checkpoints: bool = False, busy_s: float = BUSY_S
) -> Database:
    """Open a folder's database, made or migrated first if need be. Only the worker passes `checkpoints`.

    Raises DataFolderForeign, DataFolderNewer, DataFolderCorrupt, DataFolderLocked, DataFolderUnwritable, DiskFull.
    """
    clock = clock or SystemClock()
    bring_up_to_date(folder, clock, busy_s=busy_s)
    return Database(folder, clock, checkpoints=checkpoints, busy_s=busy_s)
