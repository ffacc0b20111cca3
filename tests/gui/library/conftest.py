"""The library page on a station with two cameras, shown at the smallest size that is supported."""

from collections.abc import Callable

import pytest

from gui.library.library_page import LibraryPage
from gui.station import Station
from tests.gui.models.filled_station import add_cameras


@pytest.fixture
def cameras(station: Station) -> None:
    add_cameras(station.database, "Haas_Pit_1", "Haas_Pit_2")


@pytest.fixture
def shown(qtbot, station: Station, cameras: None) -> Callable[[], LibraryPage]:
    """Make the page and show it, once its first page was read."""

    def show() -> LibraryPage:
        page = LibraryPage(station)
        qtbot.addWidget(page)
        page.resize(928, 520)
        with qtbot.waitSignal(page.model.counted, timeout=20_000):
            page.show()
        return page

    return show
