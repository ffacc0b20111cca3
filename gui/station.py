"""The station as the window sees it: data folder, database, settings and secrets, and word that something changed."""

import threading
from collections.abc import Callable

from core.credentials import Credentials
from core.settings import Settings, load
from core.store.changes import Changes
from core.store.database import Database
from PySide6.QtCore import QObject, Signal

from core.errors import DatabaseBusy
from core.paths import DataFolder
from core.store import stations

POLL_S = 0.1


class Station(QObject):
    """Owns the thread that watches the database; `close()` ends it and closes the database."""

    changed = Signal()
    """Something in the database changed. Emitted at most ten times a second; received on the main thread."""
    settings_changed = Signal()

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
        self._load: Callable[[], Settings] = lambda: load(folder)

    def start(self) -> None:
        """Begin to watch."""
        self._watcher = threading.Thread(target=self._watch, name="gui-changes", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=6)
        self.database.close()

    def _watch(self) -> None:
        changes = Changes(self.folder)
        try:
            revision = self._settings_revision()
            while not self._stopping.wait(POLL_S):
                if not changes.changed():
                    continue
                newest = self._settings_revision()
                if newest is not None and newest != revision:
                    revision = newest
                    self.settings = self._load()
                    self.settings_changed.emit()
                self.changed.emit()
        finally:
            changes.close()

    def _settings_revision(self) -> int | None:
        try:
            with self.database.read() as tx:
                return stations.settings_revision(tx)
        except DatabaseBusy:
            return None  # looked at again with the next change
