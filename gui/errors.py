"""The window's one error sink: the world's faults are told in a notice, our own in a dialog that can be copied."""

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import KnownError
from core.redaction import clean
from gui.toast import show_notice

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """What a piece of work ended with instead of a value."""

    error: Exception


def caught(work: Callable[[], T]) -> T | Failure:
    """Run `work` off the main thread and hand back its value, or its exception for the main thread to show."""
    try:
        return work()
    except Exception as error:  # the window's one broad except: whatever it was, it reaches the operator
        return Failure(error)


def show_failure(error: Exception, parent: QWidget | None) -> None:
    """Tell a KnownError in a notice; hand anything else to the sink. Main thread only."""
    if isinstance(error, KnownError):
        show_notice(parent, told(error), "bad")
    else:
        report(error)


def told(error: KnownError) -> str:
    """A known error as the operator reads it: what happened, and what to do."""
    return f"{error}. {error.hint}".strip()


def report(error: BaseException) -> None:
    """Hand a bug to whoever listens: the window's dialog, or the test that runs us."""
    sys.excepthook(type(error), error, error.__traceback__)


class ErrorSink(QObject):
    """Takes what nobody caught, from any thread; logs it, and shows it on the main thread."""

    _arrived = Signal(object)

    def __init__(self, logs_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._logs_folder = logs_folder
        self.dialog: ErrorDialog | None = None
        """The newest that was shown."""
        self._arrived.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        sys.excepthook = self._take
        threading.excepthook = self._take_of_thread

    def uninstall(self) -> None:
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        from core import logs  # late: the start has no time for the libraries of the log

        if isinstance(error, KnownError):
            logs.get("gui").info("told", error=error.slug)
        else:
            logs.get("gui").error("unexpected error in the window", exc_info=(kind, error, trace))
        self._arrived.emit(error.with_traceback(trace))

    def _take_of_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._take(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(self, error: BaseException) -> None:
        if isinstance(error, KnownError):
            show_notice(None, told(error), "bad")
            return
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.add(error)  # a fault that repeats must not bury the screen in dialogs
            return
        self.dialog = ErrorDialog(error, self._logs_folder, QApplication.activeWindow())
        self.dialog.open()


class ErrorDialog(QDialog):
    """A bug of ours, said plainly: what happened, what is safe, and the details to send us."""

    def __init__(self, error: BaseException, logs_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.resize(720, 420)
        title = QLabel("TrackShift Station made a mistake", self)
        title.setProperty("role", "title")
        said = QLabel(
            "What you asked for just now may not have been done. Frames, clips and jobs that were saved are safe, and "
            "the worker goes on. Please copy the details and send them to whoever looks after this station.",
            self,
        )
        said.setWordWrap(True)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setProperty("role", "code")
        self._details.setAccessibleName("Details of the error")
        copy = QPushButton("Copy details", self)
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details.toPlainText()))
        folder = QPushButton("Open logs", self)
        folder.setAutoDefault(False)
        folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(logs_folder))))
        close = QPushButton("Go on", self)
        close.setProperty("role", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addWidget(folder)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addWidget(said)
        layout.addWidget(self._details, 1)
        layout.addLayout(buttons)
        self.add(error)

    def add(self, error: BaseException) -> None:
        """Append one more error's redacted details."""
        self._details.appendPlainText(clean("".join(traceback.format_exception(error))))
