"""What the operator does to stops: nudge, lock, note, take away and have back, the dossier and the CSV."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from core.errors import KnownError, UsageError
from core.job import Job, JobKind
from core.stop import Mark, Moment, Stop
from core.stop_jobs import ask_report
from core.stop_table import write_csv
from core.store import stops
from core.store.database import Writing
from gui.background import run_in_background, write_in_background
from gui.errors import show_failure
from gui.jobs.awaited_files import AwaitedFiles
from gui.station import Station
from gui.toast import show_notice

T = TypeVar("T")


class StopActs(QObject):
    """Each runs off the main thread; `changed()` is called when it is done."""

    def __init__(self, station: Station, changed: Callable[[], object], page: QWidget) -> None:
        super().__init__(page)
        self._station, self._changed, self._page = station, changed, page
        self._awaited = AwaitedFiles(station, page)

    def set_mark(self, stop: Stop, moment: Moment, mark: Mark | None) -> None:
        operator = self._operator()
        self._write(lambda tx: stops.set_mark(tx, stop.id, moment, mark, operator=operator))

    def lock(self, stop: Stop, locked: bool) -> None:
        operator = self._operator()
        self._write(lambda tx: stops.lock(tx, stop.id, locked, operator=operator))

    def annotate(self, stop: Stop, *, remark: str, car_number: str) -> None:
        operator = self._operator()
        self._write(
            lambda tx: stops.annotate(tx, stop.id, remark=remark, car_number=car_number, operator=operator),
        )

    def delete(self, stop: Stop) -> None:
        """Hide it; the notice has it back."""

        def done(_: object) -> None:
            self._changed()
            undo = ("Undo", lambda: self._write(lambda tx: stops.undelete(tx, stop.id)))
            show_notice(self._page, "The stop was taken out of the table. Its clip stays.", "info", undo)

        self._write(lambda tx: stops.delete(tx, stop.id), done)

    def dossier(self, stop: Stop) -> None:
        """Queue the one-page report of a stop."""
        new = self._station.new_job(JobKind.REPORT, {"stop": stop.id})

        def asked(job: Job) -> None:
            show_notice(self._page, "The dossier is being made.", "info")
            self._awaited.wait_for(job.id, ".pdf", "The dossier is made.")

        self._write(lambda tx: ask_report(tx, new), asked)

    def ask_where_and_export(self, found: Sequence[Stop], sessions: Mapping[str, str], name: str) -> QFileDialog:
        """Ask for a file and write the stops there."""
        dialog = QFileDialog(self._page, "Export stops", f"{name}.csv", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda path: self.export(Path(path), found, sessions))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def export(self, target: Path, found: Sequence[Stop], sessions: Mapping[str, str]) -> None:
        """Write the stops as CSV, whole or not at all."""

        def write() -> int:
            try:
                return write_csv(target, found, sessions)
            except OSError as refused:
                raise UsageError(
                    f"{target} can't be written: {refused.strerror}", hint="Choose a folder that you may write to."
                ) from None

        def done(rows: int) -> None:
            show_notice(self._page, f"{rows} {'stop' if rows == 1 else 'stops'} written to {target.name}.", "ok")

        run_in_background(write, then=done, parent=self._page)

    def _operator(self) -> str | None:
        return self._station.settings.station.operator or None

    def _write(self, change: Callable[[Writing], T], then: Callable[[T], object] | None = None) -> None:
        def failed(error: KnownError) -> None:
            self._changed()
            show_failure(error, self._page)

        database, done = self._station.database, then or (lambda _: self._changed())
        write_in_background(database, change, then=done, failed=failed, parent=self._page)
