"""The one way off the main thread and the one way back."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from core.errors import KnownError
from gui.errors import Failure, caught, report, show_failure

if TYPE_CHECKING:  # the splash must not wait for SQLAlchemy
    from core.store.database import Database, Writing

T = TypeVar("T")


def run_in_background(
    work: Callable[[], T],
    *,
    then: Callable[[T], object] | None = None,
    failed: Callable[[KnownError], object] | None = None,
    parent: QObject,
) -> None:
    """Run `work` on a pool thread, then `then(value)` on the main thread.

    A KnownError goes to `failed`, or to a notice in `parent`'s window; any other error to the error sink. If
    `parent` is gone by then, a value is dropped; an unexpected error is still reported. Main thread only.
    """

    def back(outcome: T | Failure) -> None:
        alive = isValid(parent)
        if not isinstance(outcome, Failure):
            if alive and then is not None:
                then(outcome)
        elif not isinstance(outcome.error, KnownError):
            report(outcome.error)
        elif alive and failed is not None:
            failed(outcome.error)
        elif alive:
            show_failure(outcome.error, parent if isinstance(parent, QWidget) else None)

    _desk().start(work, back)


def write_in_background(
    database: "Database",
    change: "Callable[[Writing], T]",
    *,
    then: Callable[[T], object] | None = None,
    failed: Callable[[KnownError], object] | None = None,
    parent: QObject,
) -> None:
    """The same for one transaction that writes."""

    def work() -> T:
        with database.write() as tx:
            return change(tx)

    run_in_background(work, then=then, failed=failed, parent=parent)


def finish(timeout_ms: int = 8000) -> bool:
    """Wait for work that is under way (at closing, and between tests). False if some is still running."""
    return _desk().pool.waitForDone(timeout_ms)


class Refresh(QObject, Generic[T]):
    """Reads off the main thread and shows on it, at most one read at a time; asking during a read means once more."""

    def __init__(
        self,
        read: Callable[[], T],
        show: Callable[[T], object],
        parent: QObject,
        failed: Callable[[KnownError], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self._read, self._show, self._failed = read, show, failed
        self._running = self._again = False

    def ask(self) -> None:
        if self._running:
            self._again = True
            return
        self._running, self._again = True, False
        run_in_background(self._read, then=self._came, failed=self._did_not, parent=self)

    def _came(self, value: T) -> None:
        self._running = False
        if self._again:
            self.ask()
        self._show(value)

    def _did_not(self, error: KnownError) -> None:
        self._running = False
        if self._failed is not None:
            self._failed(error)
        else:
            parent = self.parent()
            show_failure(error, parent if isinstance(parent, QWidget) else None)


@dataclass(slots=True)
class _Errand:
    """What a pool thread was asked, and what came of it."""

    work: Callable[[], Any]
    back: Callable[[Any], None]
    outcome: object = None


class _Desk(QObject):
    """The pool, and the signal that says on the main thread that an errand is done.

    Work and outcomes (an error's traceback too) may hold widgets, and a widget that dies on a pool thread takes the
    process with it: so errands lie here, on the main thread, until they are delivered, and threads only borrow them.
    """

    _done = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.pool = QThreadPool()
        self.pool.setMaxThreadCount(4)
        self._errands: dict[int, _Errand] = {}
        self._numbers = count()
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(self, work: Callable[[], Any], back: Callable[[Any], None]) -> None:
        number = next(self._numbers)
        self._errands[number] = _Errand(work, back)
        self.pool.start(_Runnable(self, number))

    def run(self, number: int) -> None:
        """On a pool thread."""
        self._errands[number].outcome = caught(self._errands[number].work)
        self._done.emit(number)

    def _deliver(self, number: int) -> None:
        errand = self._errands.pop(number)
        errand.back(errand.outcome)


class _Runnable(QRunnable):
    def __init__(self, desk: _Desk, number: int) -> None:
        super().__init__()
        self._desk, self._number = desk, number

    def run(self) -> None:
        self._desk.run(self._number)


_the_desk: _Desk | None = None


def _desk() -> _Desk:
    global _the_desk
    if _the_desk is None:
        _the_desk = _Desk()
    return _the_desk
