"""What the operator does to jobs: try again, cancel, run next, capture now; each one write off the main thread."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.store import jobs
from core.store.database import Writing
from gui.background import write_in_background
from gui.jobs.reading import captured_now
from gui.moves import move_in_background
from gui.station import Station
from gui.toast import show_notice


class JobActions(QObject):
    """`done()` is called after each. A job that went on by itself meanwhile is left alone."""

    def __init__(self, station: Station, done: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._station, self._done, self._page = station, done, parent

    def retry(self, id: str) -> None:
        """Refill the tries of a failed job, or of a batch's failed ones, and queue them again."""
        self._write(lambda tx: jobs.retry(tx, id))

    def cancel(self, id: str) -> None:
        """A batch with its open jobs."""
        self._write(lambda tx: jobs.cancel(tx, id))

    def run_next(self, id: str) -> None:
        """Before all others that wait."""
        self._write(lambda tx: jobs.run_next(tx, id))

    def capture_now(self, id: str) -> None:
        """The same capture once more, of what the camera sees now."""
        self._write(lambda tx: jobs.enqueue(tx, captured_now(jobs.get(tx, id), time.time_ns())))

    def retry_all_failed(self) -> None:
        def done(number: int) -> None:
            self._done()
            said = "1 failed job is" if number == 1 else f"{number:,} failed jobs are"
            show_notice(self._page, f"{said} tried again.", "ok")

        write_in_background(self._station.database, jobs.retry_all_failed, then=done, parent=self._page)

    def _write(self, change: Callable[[Writing], object]) -> None:
        # What ended by itself meanwhile is shown so by the panel and the list.
        move_in_background(self._station.database, change, then=lambda _: self._done(), parent=self._page)
