"""The window's parts against a real data folder and database; what they left off the main thread ends."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from core.credentials import Credentials
from core.paths import DataFolder
from core.settings import load
from core.store.database import open_database
from gui import background, theme
from gui.station import Station


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> QApplication:
    """The application in its dark look."""
    theme.apply(qapp, "dark")
    return qapp


@pytest.fixture(autouse=True)
def nothing_in_the_background(look: QApplication) -> Iterator[None]:
    """Widgets that a test let go are deleted, and work it left off the main thread has ended, before the next one."""
    yield
    assert background.finish(), "work is still running off the main thread"
    look.processEvents()
    look.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def folder(tmp_path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


@pytest.fixture
def station(folder: DataFolder) -> Iterator[Station]:
    """A running Station on an empty data folder."""
    made = Station(folder, open_database(folder), Credentials(folder), load(folder))
    made.start()
    yield made
    background.finish()
    made.close()
