"""Asks the installed command what it finds of a service, as the worker would: the window itself has no network."""

import json

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

from core.paths import DataFolder
from core.worker_process import worker_command

_LIMIT_MS = 90_000


class StoreTest(QObject):
    """`ended(level, what was found)`: "ok", "warn" or "bad". `only` names the check, if it is not the store's."""

    ended = Signal(str, str)

    def __init__(self, folder: DataFolder, parent: QObject, limit_ms: int = _LIMIT_MS, *, only: str = "") -> None:
        super().__init__(parent)
        self._folder = folder
        self._only = only
        self._process: QProcess | None = None
        self._deadline = QTimer(self, singleShot=True, interval=limit_ms)
        self._deadline.timeout.connect(self._give_up)

    def start(self) -> None:
        if self._process is not None:
            return
        command, *arguments = worker_command()
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        asked = ["--json", "doctor", *(("--only", self._only) if self._only else ())]
        self._process.start(command, [*arguments, "--data", str(self._folder.root), *asked])
        self._deadline.start()

    def _give_up(self) -> None:
        process = self._process
        if process is None:
            return
        # It ends in a moment, perhaps after this page: nobody waits for it.
        process.finished.disconnect()
        process.errorOccurred.disconnect()
        process.setParent(QCoreApplication.instance())
        process.finished.connect(process.deleteLater)
        process.kill()
        self._process = None
        self.ended.emit("bad", f"{'Gemini' if self._only else 'The store'} gave no answer in time. See the logs.")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._tell("bad", "The installed command could not be started. Install the station again.")

    def _finished(self) -> None:
        if self._process is None:
            return
        printed = self._process.readAllStandardOutput().toStdString()
        self._tell(*read_storage_check(printed, self._only or "storage"))

    def _tell(self, level: str, said: str) -> None:
        self._deadline.stop()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.ended.emit(level, said)


def read_storage_check(printed: str, part: str = "storage") -> tuple[str, str]:
    """Level and words of one part of `trackshift --json doctor`."""
    try:
        document = json.loads(printed)
    except ValueError:
        return "bad", "The test was cut short. See `trackshift doctor` and the logs."
    for check in document.get("checks", ()):
        if check["name"] == part or (check["name"] == "settings" and check["verdict"] == "fail"):
            level = {"ok": "ok", "warn": "warn"}.get(check["verdict"], "bad")
            return level, f"{check['message']} {check['hint']}".strip()
    return "bad", " ".join(str(document[key]) for key in ("message", "hint") if key in document)
