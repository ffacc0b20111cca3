"""The main window: the rail of pages at the left, session and worker above, jobs and sync at the foot."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from core.errors import KnownError
from gui import theme, window_state
from gui.alerts.alert_bar import AlertBar
from gui.alerts.notifier import Notifier
from gui.background import run_in_background
from gui.cameras.cameras_page import CamerasPage
from gui.closing import ClosingDialog, GoesOn, ask_worker_to_stop, what_goes_on
from gui.errors import show_failure
from gui.first_run import FirstRunPage
from gui.foot import Foot
from gui.pages import PAGE_FOOT_PX, PAGES, KeepsState, focus_into, make_page
from gui.rail import Rail
from gui.shortcuts import ShortcutsDialog
from gui.station import Station
from gui.toast import NoticeArea
from gui.top_bar import TopBar
from gui.wall.wall_page import WallPage


class MainWindow(QMainWindow):
    """Makes a page when it is first looked at, and remembers where it stood and what was shown."""

    closed = Signal()

    def __init__(self, station: Station, state: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.station = station
        self._pages: dict[str, QWidget] = {}
        self._kept: dict[str, Any] = {}
        self._wall = WallPage(station)
        self._may_close = False
        self.setWindowTitle("TrackShift Station")
        self.setWindowIcon(theme.app_icon())
        self.setMinimumSize(900, 560)
        self.resize(1440, 900)
        self._build()
        self._keys()
        station.settings_changed.connect(self._follow_settings)
        # A method of a QObject, never a lambda: the watcher's thread emits, and this must run on ours.
        station.trouble.connect(self._tell_trouble)
        self.show_page("wall")
        if state:
            self._restore(state)

    # Pages

    @property
    def page(self) -> str:
        """The key of the page that is shown."""
        return next(key for key, page in self._pages.items() if page is self.stack.currentWidget())

    @property
    def wall(self) -> WallPage:
        return self._wall

    def show_page(self, key: str) -> QWidget:
        """Show a page of PAGES; raises KeyError for another key."""
        if key not in self._pages:
            page = self._wall_or_first_run() if key == "wall" else self._other_page(key)
            page.setObjectName("page")
            self._pages[key] = page
            self.stack.addWidget(page)
        page = self._pages[key]
        self.stack.setCurrentWidget(page)
        self.rail.check(key)
        self._show_tools()
        focus_into(page)
        self.foot.place()
        return page

    def _other_page(self, key: str) -> QWidget:
        page = make_page(key, self.station, self.show_job, self, self.show_page)
        if isinstance(page, KeepsState) and isinstance(self._kept.get(key), dict):
            page.restore(self._kept[key])
        return page

    def _wall_or_first_run(self) -> QWidget:
        both = QStackedWidget(self)
        self.first_run = FirstRunPage(self.station, both)
        both.addWidget(self._wall)
        both.addWidget(self.first_run)
        both.setFocusProxy(self._wall.view)

        def choose(none: bool) -> None:
            if none == (both.currentWidget() is self._wall):
                both.setCurrentWidget(self.first_run if none else self._wall)
                self._show_tools()

        self._wall.no_cameras.connect(choose)
        self.first_run.add_wanted.connect(self._add_camera)
        self.station.changed.connect(self._wall.look_for_cameras)
        return both

    def _show_tools(self) -> None:
        self._wall.tools.setVisible(self.page == "wall" and not self._wall.isHidden())

    def _add_camera(self) -> None:
        page = self.show_page("cameras")
        if isinstance(page, CamerasPage):
            page.add().stored.connect(lambda _: self.show_page("wall"))

    # Making

    def _build(self) -> None:
        self.rail = Rail(PAGES, self)
        self.rail.page_wanted.connect(self.show_page)
        self.rail.help_wanted.connect(self.show_shortcuts)
        self.rail.logs_wanted.connect(lambda: self._open_folder(str(self.station.folder.logs)))
        self.rail.data_wanted.connect(lambda: self._open_folder(str(self.station.folder.root)))
        self.rail.about_wanted.connect(self.show_about)
        self.rail.alerts_wanted.connect(self.show_alerts)
        self.top_bar = TopBar(self.station, self._wall.tools, self)
        self.top_bar.sessions_wanted.connect(lambda: self.show_page("sessions"))
        self.alert_bar = AlertBar(self.station, self)
        self.alert_bar.all_wanted.connect(self.show_alerts)
        self.notifier = Notifier(self.station, self)
        self.notifier.pressed.connect(self.raise_up)
        self.stack = QStackedWidget(self)
        whole = QWidget(self)
        self.foot = Foot(self.station, whole)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.top_bar)
        right.addWidget(self.alert_bar)
        right.addWidget(self.stack, 1)
        right.addWidget(self.foot)
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(right, 1)
        self.setCentralWidget(whole)
        self._notices = NoticeArea(self)
        self._notices.foot_px = self.foot.keep_clear_px = self._foot_px
        self._notices.side_px = self.foot.side_px
        self.foot.placed = self._notices.place
        self.notifier.told_elsewhere = self._wall.tells

    def _keys(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "F1": self.show_shortcuts,
            "?": self.show_shortcuts,
            "F11": self._toggle_full_screen,
            "Ctrl+Q": self.close,
        }
        for number, (key, _) in enumerate(PAGES, 1):
            keys[f"Ctrl+{number}"] = partial(self.show_page, key)
        for key, do in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(do)

    def show_shortcuts(self) -> None:
        dialog = ShortcutsDialog(self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_job(self, job_id: str) -> None:
        """The job's details, on the jobs page."""
        from gui.jobs.history_page import HistoryPage

        page = self.show_page("jobs")
        if isinstance(page, HistoryPage):
            page.show_job(job_id)

    def show_alerts(self) -> None:
        """Every alert of late, with when it was over."""
        from gui.alerts.alerts_dialog import AlertsDialog

        dialog = AlertsDialog(self.station, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_about(self) -> None:
        from gui.about.about_dialog import AboutDialog

        dialog = AboutDialog(self.station, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def raise_up(self) -> None:
        """Come to the front: somebody launched us again."""
        self.setWindowState((self.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def _open_folder(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _tell_trouble(self, error: KnownError) -> None:
        show_failure(error, self)

    def _follow_settings(self) -> None:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self.station.settings.station.theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.foot.place()

    def _foot_px(self) -> int:
        page_px = self._wall.capture_bar.height() if self._wall.isVisible() else PAGE_FOOT_PX
        return self.foot.height() + page_px

    # Closing, and what is remembered

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            self._wall.close_eyes()
            self.first_run.stop_demo()
            self.closed.emit()
            return
        event.ignore()
        database, settings = self.station.database, self.station.settings
        run_in_background(
            lambda: what_goes_on(database, settings), then=self._ask, failed=lambda _: self.close_now(), parent=self
        )

    def close_now(self) -> None:
        """Close without asking; what is open goes on in the worker."""
        self._may_close = True
        state, folder = self._state(), self.station.folder
        self.hide()
        run_in_background(
            lambda: window_state.write(folder, state),
            then=lambda _: self.close(),
            failed=self._close_unsaved,
            parent=self,
        )

    def _close_unsaved(self, _: KnownError) -> None:
        self.close()

    def _ask(self, goes_on: GoesOn) -> None:
        if not goes_on.anything:
            self.close_now()
            return
        dialog = ClosingDialog(goes_on, self)
        database = self.station.database

        def go() -> None:
            if dialog.stop_worker:
                run_in_background(
                    lambda: ask_worker_to_stop(database),
                    then=lambda _: self.close_now(),
                    parent=self,
                )
            else:
                self.close_now()

        dialog.accepted.connect(go)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _state(self) -> dict[str, Any]:
        return {
            "geometry": window_state.geometry_of(self),
            "page": self.page,
            "wall": self._wall.window_state(),
            "demo": self.first_run.demo_runs,
            "pages": self._kept
            | {k: page.window_state() for k, page in self._pages.items() if isinstance(page, KeepsState)},
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        window_state.restore_geometry(self, state.get("geometry"))
        if isinstance(state.get("wall"), dict):
            self._wall.restore(state["wall"])
        if isinstance(state.get("pages"), dict):
            self._kept = state["pages"]
        if state.get("demo") is True:
            self.first_run.start_demo(again=True)
        if state.get("page") in {key for key, _ in PAGES}:
            self.show_page(str(state["page"]))
