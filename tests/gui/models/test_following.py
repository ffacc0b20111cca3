import threading

import pytest
from PySide6.QtWidgets import QWidget

from core.errors import DatabaseBusy, KnownError
from core.store import stations
from gui.models.following import Following


@pytest.fixture
def read_on() -> list[threading.Thread]:
    return []


def follow(station, widget, read_on, shown) -> Following:
    def read() -> int:
        read_on.append(threading.current_thread())
        with station.database.read() as tx:
            return stations.revision(tx)

    return Following(station, widget, read, shown.append, rest_ms=1)


def test_a_change_is_read_off_the_main_thread_and_shown_on_it(qtbot, station, read_on):
    widget = QWidget()
    shown: list[int] = []
    qtbot.addWidget(widget)
    follow(station, widget, read_on, shown)
    widget.show()
    qtbot.waitUntil(lambda: bool(shown))
    with station.database.write() as tx:
        revision = tx.revision()
    qtbot.waitUntil(lambda: shown[-1] == revision)
    assert threading.main_thread() not in read_on


def test_a_hidden_widget_reads_nothing_and_catches_up_when_it_is_shown(qtbot, station, read_on):
    widget = QWidget()
    shown: list[int] = []
    qtbot.addWidget(widget)
    follow(station, widget, read_on, shown)
    with qtbot.waitSignal(station.changed), station.database.write() as tx:
        tx.revision()
    assert not read_on
    widget.show()
    qtbot.waitUntil(lambda: bool(shown))


def test_a_database_that_is_busy_for_once_is_read_again_at_the_next_change(qtbot, station, read_on):
    widget = QWidget()
    shown: list[str] = []
    failures: list[KnownError] = []
    qtbot.addWidget(widget)

    def read() -> str:
        if not read_on:
            read_on.append(threading.current_thread())
            raise DatabaseBusy(folder="here")
        return "read"

    follower = Following(station, widget, read, shown.append, rest_ms=1, failed=failures.append)
    widget.show()
    qtbot.waitUntil(lambda: bool(failures))
    follower.ask()
    qtbot.waitUntil(lambda: shown == ["read"])
