"""The window's process, from its first line to its exit code."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from core.credentials import Credentials
from core.errors import KnownError
from core.logs import configure
from core.paths import DataFolder
from core.settings import Settings, load
from core.store.database import Database, open_database
from gui import background, theme, window_state
from gui.errors import ErrorSink
from gui.main_window import MainWindow
from gui.presence import Presence
from gui.single_instance import SingleInstance
from gui.station import Station


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened off the main thread."""

    settings: Settings
    database: Database
    credentials: Credentials
    window_state: dict[str, Any]


def main(folder: DataFolder, close_after_s: float | None = None) -> int:
    """Open the window on this data folder; returns the exit code when it was closed.

    If the folder has a window already, that one comes to the front and this one returns 0.
    """
    app = application()
    try:
        folder.create()
    except KnownError as refused:
        return _refuse(refused)
    instance = SingleInstance(folder)
    if not instance.take():
        return 0
    run = _Run(folder, instance, app, close_after_s)
    background.run_in_background(lambda: open_folder(folder), then=run.show, failed=run.refuse, parent=run)
    code = app.exec()
    run.end()
    return code


def application() -> QApplication:
    """The one QApplication of this process, with our look."""
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("trackshift-station")
    app.setApplicationDisplayName("TrackShift Station")
    app.setDesktopFileName("trackshift-station")
    app.setQuitOnLastWindowClosed(False)
    theme.apply(app, "dark")
    app.setWindowIcon(theme.app_icon())
    return app


def open_folder(folder: DataFolder) -> Opened:
    """Open settings, database and secrets. Raises KnownError; not for the main thread."""
    settings = load(folder)
    configure(folder, "gui", settings.log.level)
    return Opened(settings, open_database(folder), Credentials(folder), window_state.read(folder))


class _Run(QObject):
    """One window's life."""

    def __init__(
        self, folder: DataFolder, instance: SingleInstance, app: QApplication, close_after_s: float | None
    ) -> None:
        super().__init__()
        self._folder, self._instance, self._app, self._close_after_s = folder, instance, app, close_after_s
        self._sink = ErrorSink(folder.logs, self)
        self._sink.install()
        self._station: Station | None = None
        self._presence: Presence | None = None
        self._window: MainWindow | None = None
        self._signals: list[tuple[signal.Signals, Any]] = []

    def show(self, opened: Opened) -> None:
        theme.apply(self._app, opened.settings.station.theme)
        self._station = Station(self._folder, opened.database, opened.credentials, opened.settings)
        self._station.start()
        self._presence = Presence(opened.database)
        self._presence.start()
        self._window = MainWindow(self._station, opened.window_state)
        self._window.closed.connect(self._app.quit)
        self._instance.raise_wanted.connect(self._window.raise_up)
        self._window.show()
        self._window.top_bar.start_worker_if_absent()
        self._leave_on_signals(self._window.close_now)
        if self._close_after_s is not None:
            QTimer.singleShot(int(self._close_after_s * 1000), self._window.close_now)

    def refuse(self, error: KnownError) -> None:
        self._app.exit(_refuse(error))

    def end(self) -> None:
        """After the event loop: threads end, the row goes, the database closes."""
        for name, before in self._signals:
            signal.signal(name, before)
        background.finish()
        if self._presence is not None:
            self._presence.stop()
        if self._station is not None:
            self._station.close()
        self._instance.release()
        self._sink.uninstall()
        if self._window is not None:
            self._window.deleteLater()

    def _leave_on_signals(self, leave: Callable[[], None]) -> None:
        names = [signal.SIGINT, signal.SIGTERM]
        for name in names:
            self._signals.append((name, signal.signal(name, lambda *_: QTimer.singleShot(0, leave))))
        # Python looks at its signals only when Python runs; Qt alone would sleep through them.
        waker = QTimer(self, interval=500)
        waker.timeout.connect(lambda: None)
        waker.start()


def _refuse(error: KnownError) -> int:
    """Say why the window can't open, on the screen and, for who started it there, in the terminal."""
    print(f"{error.title}\n  {error.hint}", file=sys.stderr)
    if os.environ.get("QT_QPA_PLATFORM") not in ("offscreen", "minimal"):
        box = QMessageBox()
        box.setWindowTitle("TrackShift Station can't open")
        box.setText(error.title)
        box.setInformativeText(error.hint)
        box.exec()
    return 1
