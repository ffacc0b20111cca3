"""Findings as a file: asks where, has the installed command write it, and says what came of it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from core.finding_export import ExportFormat
from core.paths import DataFolder
from gui.analysis.command import Command
from gui.toast import show_notice

FORMATS = {
    ExportFormat.CSV: "CSV, for spreadsheets",
    ExportFormat.PARQUET: "Parquet, with its types",
    ExportFormat.JSONL: "JSON lines",
}


class Exporting(QObject):
    """One file at a time; `changed` when one begins and when it ended."""

    changed = Signal()

    def __init__(self, folder: DataFolder, page: QWidget, command: Command | None = None) -> None:
        super().__init__(page)
        self._page = page
        self._command = command or Command(folder, self)
        self._command.ended.connect(self._ended)
        self._file = Path()

    @property
    def runs(self) -> bool:
        return self._command.runs

    def ask(self, run_id: str, pack_name: str, format: ExportFormat) -> QFileDialog:
        """Ask for the file; the dialog doesn't block."""
        dialog = QFileDialog(self._page, f"Export as {FORMATS[format]}", f"{pack_name}.{format}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(str(format))
        dialog.fileSelected.connect(lambda path: self.start(run_id, format, path))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def start(self, run_id: str, format: ExportFormat, path: str) -> None:
        """Write the file, whole or not at all."""
        if not self.runs:
            self._file = Path(path)
            self._command.start(["runs", "export", run_id, "--format", str(format), "--out", path])
            self.changed.emit()

    def _ended(self, done: bool, document: dict[str, object]) -> None:
        self.changed.emit()
        if not done:
            said = " ".join(str(document[key]) for key in ("message", "hint") if document.get(key))
            show_notice(self._page, said or "The file could not be written. See the logs.", "bad")
            return
        rows = document.get("rows")
        said = f"{rows:,} findings are in {self._file}." if isinstance(rows, int) else f"{self._file} is written."
        show_notice(self._page, said, "ok", ("Open folder", _opener(self._file.parent)))


def _opener(folder: Path) -> Callable[[], None]:
    def open_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    return open_folder
