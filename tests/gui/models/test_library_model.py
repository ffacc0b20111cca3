"""The model is tried through its page in tests/gui/library; here, what a page can't show."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt

from core.store import frames
from core.store.library import LibraryItem
from gui.models.library_model import PAGE_SIZE, LibraryModel
from tests.gui.models.filled_station import add_cameras, add_many_frames


@pytest.fixture
def owner(qapp) -> Iterator[QObject]:
    """Holds the model as long as the test runs."""
    made = QObject()
    yield made
    made.deleteLater()


def opened(qtbot, station, owner: QObject, count: int) -> LibraryModel:
    add_cameras(station.database, "Haas_Pit_1")
    add_many_frames(station, "Haas_Pit_1", count, ())
    model = LibraryModel(station, owner)
    with qtbot.waitSignal(model.counted):
        model.refresh_now()
    return model


def test_what_is_not_read_yet_is_a_placeholder_and_comes_when_it_is_looked_at(qtbot, station, owner):
    model = opened(qtbot, station, owner, 3 * PAGE_SIZE + 5)
    last = model.count - 1
    assert model.item(0) is not None
    assert model.item(last) is None
    assert model.data(model.at(last), Qt.ItemDataRole.AccessibleTextRole) == "Loading"
    with qtbot.waitSignal(model.dataChanged):
        model.look_at(last - 3, last)
    assert model.item(last) is not None
    assert model.item(last + 1) is None
    assert model.item(PAGE_SIZE) is None  # nobody looked there


def test_fetch_hands_over_rows_that_were_never_looked_at_in_their_order(qtbot, station, owner):
    model = opened(qtbot, station, owner, 3 * PAGE_SIZE)
    fetched: list[LibraryItem] = []
    model.fetch([(1, 2), (PAGE_SIZE - 1, 2 * PAGE_SIZE)], fetched.extend)
    qtbot.waitUntil(lambda: bool(fetched))
    assert len(fetched) == 2 + PAGE_SIZE + 2
    places = [item.place for item in fetched]
    assert places == sorted(set(places), reverse=True)


def test_a_star_changes_its_cell_and_resets_nothing(qtbot, station, owner):
    model = opened(qtbot, station, owner, 50)
    touched, resets = [], []
    model.dataChanged.connect(lambda first, last, _roles: touched.append((model.position(first), model.position(last))))
    model.modelReset.connect(lambda: resets.append(1))
    model.layoutChanged.connect(lambda: resets.append(1))
    station.changed.connect(model.refresh)
    item = model.item(7)
    assert item is not None
    with station.database.write() as tx:
        frames.star(tx, item.id, True)
    qtbot.waitUntil(lambda: getattr(model.item(7), "starred", False))
    assert (7, 7) in touched and not resets
