"""The worker's presence: the row it beats, and what others ask of it by that row."""

import os
from importlib.metadata import version

from core.clock import Clock
from core.ids import new_id
from core.process import ProcessBeat, Role
from core.store import processes
from core.store.database import Database


class Presence:
    """One life of one worker. Its id is the owner of every attempt and upload that this life makes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.id = new_id()
        self._database = database
        self._started_at_ns = clock.utc_ns()

    def beat(self) -> None:
        """Say that we live. Raises DatabaseBusy."""
        with self._database.write() as tx:
            processes.beat(
                tx,
                ProcessBeat(
                    id=self.id,
                    role=Role.WORKER,
                    pid=os.getpid(),
                    started_at_ns=self._started_at_ns,
                    beat_at_ns=tx.now_ns,
                    version=version("trackshift-station"),
                ),
            )

    def stop_asked(self) -> bool:
        """Whether somebody asked us by the row to leave."""
        with self._database.read() as tx:
            return processes.stop_asked(tx, self.id)

    def somebody_needs_us(self) -> bool:
        """Whether a window or a waiting command is there."""
        with self._database.read() as tx:
            return bool(processes.present(tx, Role.GUI) or processes.present(tx, Role.COMMAND))

    def leave(self) -> None:
        with self._database.write() as tx:
            processes.leave(tx, self.id)
