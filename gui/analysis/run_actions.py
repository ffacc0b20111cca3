"""What the operator does to runs: stop, resume, ask again for what failed, delete whole; each off the main thread."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QMessageBox, QWidget

from core.run import Run
from core.store import runs
from core.store.database import Writing
from core.store.moves import IllegalMove
from gui import theme
from gui.analysis.words import assets_text, run_title
from gui.background import run_in_background
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
        if run.budget_usd is None or run.cost_usd <= 0:
            self._write(lambda tx: runs.resume(tx, run.id))
            return
        box = QMessageBox(self._page)
        box.setWindowTitle("Resume")
        box.setText(f"{run_title(run)} has cost US$ {run.cost_usd:,.2f} of its budget of US$ {run.budget_usd:,.2f}.")
        box.setInformativeText("It goes on until it would cost more than:")
        budget = QDoubleSpinBox(box)
        budget.setRange(0.01, 1_000_000)
        budget.setPrefix("US$ ")
        budget.setValue(max(run.budget_usd, round(run.cost_usd * 2, 2)))
        budget.setAccessibleName("Budget in US dollars")
        theme.pad(budget)
        _put_under_text(box, budget)
        go = box.addButton("Resume", QMessageBox.ButtonRole.AcceptRole)
        theme.set_role(go, role="primary")
        box.addButton("Leave it", QMessageBox.ButtonRole.RejectRole)
        go.clicked.connect(lambda: self._write(lambda tx: runs.resume(tx, run.id, budget_usd=budget.value())))
        box.finished.connect(box.deleteLater)
        box.open()

    def retry_failed(self, run: Run) -> None:
        """Ask again for every asset that failed; what completed is not asked twice."""
        failed = assets_text(run.failed)
        said = f"{failed} {'is' if run.failed == 1 else 'are'} asked for again."
        self._write(lambda tx: runs.retry_failed(tx, run.id), said)

    def ask_delete(self, run: Run) -> QMessageBox:
        """Ask first: it can't be undone. The question doesn't block."""
        box = QMessageBox(self._page)
        box.setWindowTitle("Delete a run")
        box.setText(f"Delete {run_title(run)} with all its findings?")
        box.setInformativeText(
            f"{assets_text(run.assets)}, {run.completed:,} answered. This can't be undone. "
            "The frames stay in the library."
        )
        objects = QCheckBox("Remove its files from object storage, and its rows from BigQuery, too", box)
        box.setCheckBox(objects)
        yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        theme.set_role(yes, role="danger")
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        yes.clicked.connect(lambda: self._delete(run, with_objects=objects.isChecked()))
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def _delete(self, run: Run, *, with_objects: bool) -> None:
        said = f"{run_title(run)} is deleted."
        if with_objects:
            said += " Its objects and rows go as soon as there is a network; the job panel shows it."
        self._write(lambda tx: runs.delete_whole(tx, run.id), said)

    def _write(self, change: Callable[[Writing], object], said: str = "") -> None:
        database = self._station.database

        def work() -> bool:
            with database.write() as tx:
                try:
                    change(tx)
                except IllegalMove:
                    return False  # it ended or went on by itself meanwhile; the list shows how
            return True

        def done(changed: bool) -> None:
            self._done()
            if changed and said:
                show_notice(self._page, said, "ok")

        run_in_background(work, then=done, parent=self._page)


def _put_under_text(box: QMessageBox, widget: QWidget) -> None:
    layout = box.layout()
    if layout is not None:
        layout.addWidget(widget)
