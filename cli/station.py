"""The opened data folder that a subcommand works on: database, settings, credentials."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.credentials import Credentials
from core.logs import configure
from core.paths import DataFolder
from core.settings import Settings, load
from core.store.database import Database, open_database


@dataclass(frozen=True, slots=True)
class Station:
    folder: DataFolder
    database: Database
    settings: Settings
    credentials: Credentials


@contextmanager
def open_station(folder: DataFolder) -> Iterator[Station]:
    """Open (and at first use make) the data folder. Raises DataFolderError or SettingsError."""
    folder.create()
    settings = load(folder)
    configure(folder, "command", settings.log.level)
    database = open_database(folder)
    try:
        yield Station(folder, database, settings, Credentials(folder))
    finally:
        database.close()
