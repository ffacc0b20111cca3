"""What the operator does to runs: stop, resume, ask again for what failed, delete whole; each off the main thread."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from core.run import STOPPED, Run
from core.store import runs
from core.store.database import Writing
from gui import theme
from gui.analysis.budget_dialog import BudgetDialog
from gui.analysis.words import assets_text, run_title
from gui.background import write_in_background
from gui.moves import move_in_background
from gui.station import Station
from gui.toast import show_notice


class RunActions(QObject):
    """`done()` is called after each. A run that went on by itself meanwhile is left alone."""

    def __init__(self, station: Station, done: Callable[[], object], page: QWidget) -> None:
        super().__init__(page)
        self._station, self._done, self._page = station, done, page

    def stop(self, run: Run) -> None:
        """Nothing new of it begins; what is under way ends and is kept."""
        self._write(lambda tx: runs.hold(tx, run.id), f"{run_title(run)} is stopped. Its findings so far are kept.")

    def resume(self, run: Run) -> None:
        """Go on; a run that its budget holds asks for another one first."""
        budget_usd = run.budget_usd or self._station.settings.gemini.budget_usd
        if not budget_usd or run.held_because in (None, STOPPED):
            self._write(lambda tx: runs.resume(tx, run.id))
            return
        dialog = BudgetDialog(run, budget_usd, self._page)
        dialog.chosen.connect(lambda budget_usd: self._resume_within(run, budget_usd))
        dialog.open()

    def _resume_within(self, run: Run, budget_usd: float) -> None:
        self._write(lambda tx: runs.resume(tx, run.id, budget_usd=budget_usd))

    def retry_failed(self, run: Run) -> None:
        """Ask again for every asset that failed; what completed is not asked twice."""
        failed = assets_text(run.failed)
        said = f"{failed} {'is' if run.failed == 1 else 'are'} asked for again."
        self._write(lambda tx: runs.retry_failed(tx, run.id), said)

    def load_into_bigquery(self, run: Run) -> None:
        """By a job; what is there already is not sent again."""
        said = f"A job loads {run_title(run)} into BigQuery; the jobs panel shows how far it is."
        self._write(lambda tx: runs.load_into_bigquery(tx, run.id), said)

    def ask_delete(self, run: Run) -> QMessageBox:
        """Ask first: it can't be undone. The question doesn't block."""
        box = QMessageBox(self._page)
        box.setWindowTitle("Delete a run")
        box.setText(f"Delete {run_title(run)} with all its findings?")
        box.setInformativeText(
            f"{assets_text(run.assets)}, {run.completed:,} answered. This can't be undone. "
            "The frames stay in the library."
        )
        everywhere = QCheckBox("Remove its files from object storage, and its rows from BigQuery, too", box)
        box.setCheckBox(everywhere)
        yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        theme.set_role(yes, role="danger")
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        yes.clicked.connect(lambda: self._delete(run, everywhere=everywhere.isChecked()))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def _delete(self, run: Run, *, everywhere: bool) -> None:
        said = f"{run_title(run)} is deleted."

        def done(deleted: runs.Deleted) -> None:
            self._done()
            rest = " A job removes the rest as soon as there is a network." if deleted.teardown_job_id else ""
            show_notice(self._page, said + rest, "ok")

        write_in_background(
            self._station.database,
            lambda tx: runs.delete_whole(tx, run.id, objects=everywhere, bigquery=everywhere),
            then=done,
            parent=self._page,
        )

    def _write(self, change: Callable[[Writing], object], said: str = "") -> None:
        def done(changed: bool) -> None:
            self._done()
            if changed and said:
                show_notice(self._page, said, "ok")

        move_in_background(self._station.database, change, then=done, parent=self._page)
