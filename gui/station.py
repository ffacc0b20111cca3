"""The station as the window sees it: data folder, database, settings and secrets, and word that something changed."""

import threading
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from core.credentials import Credentials
from core.errors import KnownError
from core.job import JobKind, NewJob
from core.paths import DataFolder
from core.settings import Settings, load
from core.store import stations
from core.store.changes import Changes
from core.store.database import Database

POLL_S = 0.1
TROUBLE_S = 5.0


class Station(QObject):
    """Owns the thread that watches the database; `close()` ends it and closes the database."""

    changed = Signal()
    """Something in the database changed. Emitted at most ten times a second; received on the main thread."""
    settings_changed = Signal()
    trouble = Signal(object)
    """A KnownError that kept the window from reading."""

    def __init__(
        self,
        folder: DataFolder,
        database: Database,
        credentials: Credentials,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.database = database
        self.credentials = credentials
        self.settings = settings
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._watcher = threading.Thread(target=self._watch, name="gui-changes", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=6)
        self.database.close()

    def new_job(self, kind: JobKind, params: Mapping[str, object]) -> NewJob:
        """A job that this station's team and operator ask for."""
        said = self.settings.station
        return NewJob(
            kind,
            dict(params),
            tenant_id=said.tenant_id or None,
            operator=said.operator or None,
            tries=self.settings.jobs.max_attempts,
        )

    def _watch(self) -> None:
        changes = Changes(self.folder)
        revision: int | None = None
        try:
            while not self._stopping.wait(POLL_S):
                try:
                    if changes.changed():
                        revision = self._follow_settings(revision)
                        self.changed.emit()
                except KnownError as trouble:  # told, and looked at again: a busy database or a typo in the file passes
                    self.trouble.emit(trouble)
                    self._stopping.wait(TROUBLE_S)
        finally:
            changes.close()

    def _follow_settings(self, seen: int | None) -> int:
        with self.database.read() as tx:
            newest = stations.settings_revision(tx)
        if newest != seen:  # at the first look too: they may have been saved since they were loaded
            loaded = load(self.folder)
            if loaded != self.settings:
                self.settings = loaded
                self.settings_changed.emit()
        return newest
