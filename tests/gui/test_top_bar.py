"""The top bar: the session, and the worker that is there, is not, or died and is started again."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from core.process import ProcessBeat, Role
from core.store import processes, sessions
from gui import top_bar
from gui.toast import Notice
from gui.top_bar import TopBar

NO_PID = 2**31 - 1
"""No system gives a process this number."""
MINUTE_NS = 60 * 10**9


@pytest.fixture
def started(monkeypatch) -> list[object]:
    """The folders whose worker was started; none is."""
    folders: list[object] = []
    monkeypatch.setattr(top_bar, "start_worker", folders.append)
    monkeypatch.setattr(top_bar, "_STARTING_S", 0.0)
    return folders


@pytest.fixture
def bar(qtbot, station) -> TopBar:
    made = TopBar(station, QWidget())
    qtbot.addWidget(made)
    made.show()
    return made


def beat(station, age_ns: int = 0) -> None:
    at_ns = time.time_ns() - age_ns
    with station.database.write() as tx:
        processes.beat(tx, ProcessBeat("w", Role.WORKER, NO_PID, at_ns, at_ns, "0"))


def test_the_session_that_work_belongs_to_is_chosen(qtbot, station, bar):
    with station.database.write() as tx:
        first = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        second = sessions.create(tx, "2026", "Monza", "FP2", "Europe/Rome")
    qtbot.waitUntil(lambda: bar.chooser.currentText() == first.label)
    bar.chooser.activated.emit(bar.chooser.findData(second.id))
    qtbot.waitUntil(lambda: bar.chooser.currentText() == second.label)
    with station.database.read() as tx:
        assert [session.id for session in sessions.every(tx) if session.current] == [second.id]
    with qtbot.waitSignal(bar.sessions_wanted):
        bar.chooser.activated.emit(bar.chooser.count() - 1)


def test_the_worker_is_said_to_be_there_or_not_with_start(qtbot, station, bar, started):
    qtbot.waitUntil(lambda: "not running" in bar.worker_label.text())
    assert bar.start_button.isVisible()
    beat(station)
    qtbot.waitUntil(lambda: bar.worker_label.text() == "● Worker running")
    assert not bar.start_button.isVisible()


def test_a_worker_that_died_is_started_again_but_not_for_ever(qtbot, station, bar, started):
    beat(station)
    qtbot.waitUntil(lambda: bar.worker_label.text() == "● Worker running")
    beat(station, MINUTE_NS)
    qtbot.waitUntil(lambda: started == [station.folder] * 3, timeout=15_000)
    state = bar._read()
    bar._show(state)
    assert state.worker_died and len(started) == 3
    assert [notice.text for notice in bar.findChildren(Notice)] == [
        "The worker had died and is started again. What was saved is safe."
    ]
    qtbot.mouseClick(bar.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(started) > 4, timeout=15_000)  # the operator's own, and again when that one dies


def test_a_worker_that_died_before_the_window_opened_did_not_die_under_it(qtbot, station, bar, started):
    beat(station, MINUTE_NS)
    qtbot.waitUntil(lambda: "not running" in bar.worker_label.text())
    bar._show(bar._read())
    assert started == [] and not bar.findChildren(Notice)
    bar.start_worker_if_absent()
    qtbot.waitUntil(lambda: started == [station.folder])
