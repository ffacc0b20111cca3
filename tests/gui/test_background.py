"""The one way off the main thread and the one way back."""

import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.errors import DiskFull, KnownError
from gui.background import Refresh, run_in_background
from gui.toast import Notice


def test_work_runs_off_the_main_thread_and_its_value_comes_back_on_it(qtbot):
    seen: list[tuple[int, int]] = []
    parent = QObject()
    run_in_background(
        threading.get_ident, then=lambda worker: seen.append((worker, threading.get_ident())), parent=parent
    )
    qtbot.waitUntil(lambda: bool(seen))
    worker, main = seen[0]
    assert main == threading.get_ident() != worker


def test_a_value_for_a_parent_that_is_gone_is_dropped(qtbot):
    seen: list[int] = []
    parent, go = QObject(), threading.Event()
    after = QObject()
    run_in_background(lambda: go.wait(5), then=lambda _: seen.append(1), parent=parent)
    parent.deleteLater()
    with qtbot.waitSignal(parent.destroyed):
        pass
    go.set()
    run_in_background(lambda: 2, then=seen.append, parent=after)
    qtbot.waitUntil(lambda: 2 in seen)
    assert seen == [2]


def test_a_known_error_is_told_in_the_parents_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def full() -> None:
        raise DiskFull(folder="/data")

    run_in_background(full, parent=window)
    qtbot.waitUntil(lambda: bool(window.findChildren(Notice)))
    assert "/data is full" in window.findChildren(Notice)[0].text
    assert "safe" in window.findChildren(Notice)[0].text


def test_a_known_error_goes_to_whoever_asked_for_it(qtbot):
    parent = QObject()
    told: list[KnownError] = []

    def full() -> None:
        raise DiskFull(folder="/data")

    run_in_background(full, failed=told.append, parent=parent)
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told[0], DiskFull)


def test_a_bug_reaches_the_sink_even_if_its_parent_is_gone(qtbot):
    parent = QObject()
    go = threading.Event()

    def broken() -> None:
        go.wait(5)
        raise ZeroDivisionError("ours")

    with qtbot.captureExceptions() as caught:
        run_in_background(broken, parent=parent)
        parent.deleteLater()
        go.set()
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError


def test_a_refresh_that_is_asked_for_during_a_read_reads_once_more(qtbot):
    parent = QObject()
    go = threading.Event()
    reads: list[int] = []
    shown: list[int] = []

    def read() -> int:
        reads.append(1)
        go.wait(5)
        return len(reads)

    refresh = Refresh(read, shown.append, parent)
    for _ in range(5):
        refresh.ask()
    qtbot.waitUntil(lambda: bool(reads))
    go.set()
    qtbot.waitUntil(lambda: shown == [1, 2])
    assert len(reads) == 2


@pytest.fixture(autouse=True)
def _look(look):
    """Notices are drawn in it."""
