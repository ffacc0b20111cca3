"""The window's presence: a beat every 2 s, so that a `--while-needed` worker stays for as long as somebody looks."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version

from core.errors import KnownError
from core.ids import new_id
from core.process import BEAT_S, ProcessBeat, Role
from core.store import processes
from core.store.database import Database, Writing


class Presence:
    """Beats on a thread of its own: it may wait for the database, the window may not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = new_id()
        self._started_at_ns = time.time_ns()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gui-presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Beat no more and take the row away. Waits for at most one beat."""
        self._stopping.set()
        self._thread.join(timeout=6)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try(lambda tx: processes.beat(tx, self._beat()))
            self._stopping.wait(BEAT_S)
        self._try(lambda tx: processes.leave(tx, self._id))

    def _beat(self) -> ProcessBeat:
        return ProcessBeat(
            id=self._id,
            role=Role.GUI,
            pid=os.getpid(),
            started_at_ns=self._started_at_ns,
            beat_at_ns=time.time_ns(),
            version=version("trackshift-station"),
        )

    def _try(self, write: Callable[[Writing], None]) -> None:
        # A missed beat is made up for by the next; the pages tell what is wrong with the database.
        with suppress(KnownError), self._database.write() as tx:
            write(tx)
