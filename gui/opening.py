"""Opening a data folder, off the main thread: settings, database, secrets, and where the window stood."""

from dataclasses import dataclass
from typing import Any

from core.credentials import Credentials
from core.logs import configure
from core.paths import DataFolder
from core.settings import Settings, load
from core.store.database import Database, open_database
from gui import window_state


@dataclass(frozen=True, slots=True)
class Opened:
    settings: Settings
    database: Database
    credentials: Credentials
    window_state: dict[str, Any]


def open_folder(folder: DataFolder) -> Opened:
    """Open it, made or migrated first if need be. Raises KnownError."""
    settings = load(folder)
    configure(folder, "gui", settings.log.level)
    return Opened(settings, open_database(folder), Credentials(folder), window_state.read(folder))
