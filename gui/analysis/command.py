"""Runs the installed command for what the window may not do itself: write a file of findings."""

import json
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QProcess, Signal

from core.paths import DataFolder
from core.worker_process import worker_command


class Command(QObject):
    """`ended(done, document)`: what it printed as JSON; where it failed, with `message` and `hint`.

    Closing the window while it runs ends it; a file that is half written is then not left behind.
    """

    ended = Signal(bool, object)

    def __init__(self, folder: DataFolder, parent: QObject) -> None:
        super().__init__(parent)
        self._folder = folder
        self._process: QProcess | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None

    def start(self, arguments: Sequence[str]) -> None:
        """One at a time; asking for a second while one runs does nothing."""
        if self._process is not None:
            return
        command, *before = worker_command()
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._process.start(command, [*before, "--data", str(self._folder.root), "--json", *arguments])

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._tell(False, {"message": "The installed command could not be started.", "hint": "Install it again."})

    def _finished(self, code: int) -> None:
        if self._process is None:
            return
        printed = self._process.readAllStandardOutput().toStdString()
        self._tell(code == 0, read_document(printed))

    def _tell(self, done: bool, document: Mapping[str, object]) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.ended.emit(done, document)


def read_document(printed: str) -> Mapping[str, object]:
    """What a command printed with --json; words of our own where it was cut short."""
    try:
        read = json.loads(printed)
    except ValueError:
        return {"message": "The command was cut short.", "hint": "See the logs."}
    return read if isinstance(read, dict) else {}
