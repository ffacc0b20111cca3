"""The main window: the rail of pages at the left, session and worker above, jobs and sync at the foot."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from core.errors import KnownError
from core.paths import write_durably
from gui import theme
from gui.background import run_in_background
from gui.cameras.cameras_page import CamerasPage
from gui.closing import ClosingDialog, GoesOn, ask_worker_to_stop, what_goes_on
from gui.errors import show_failure
from gui.first_run import FirstRunPage
from gui.jobs.jobs_panel import JobsPanel
from gui.rail import Rail
from gui.shortcuts import ShortcutsDialog
from gui.station import Station
from gui.sync.sync_bar import SyncBar
from gui.toast import NoticeArea
from gui.top_bar import TopBar
from gui.wall.wall_page import WallPage

PAGES = (
    ("wall", "Wall"),
    ("library", "Library"),
    ("sessions", "Sessions"),
    ("cameras", "Cameras"),
    ("settings", "Settings"),
)


class MainWindow(QMainWindow):
    """Makes a page when it is first looked at, and remembers where it stood and what was shown."""

    closed = Signal()

    def __init__(self, station: Station, state: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.station = station
        self._pages: dict[str, QWidget] = {}
        self._wall = WallPage(station)
        self._may_close = False
        self.setWindowTitle("TrackShift Station")
        self.setWindowIcon(theme.app_icon())
        self.setMinimumSize(900, 560)
        self.resize(1440, 900)
        self._build()
        self._keys()
        station.settings_changed.connect(self._follow_settings)
        station.trouble.connect(lambda error: show_failure(error, self))
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
            page = self._factories()[key]()
            page.setObjectName("page")
            self._pages[key] = page
            self.stack.addWidget(page)
        page = self._pages[key]
        self.stack.setCurrentWidget(page)
        self.rail.check(key)
        self._show_tools()
        _focus_into(page)
        self._place_jobs()
        return page

    def _factories(self) -> Mapping[str, Callable[[], QWidget]]:
        from gui.library.library_page import LibraryPage
        from gui.sessions.sessions_page import SessionsPage
        from gui.settings.settings_page import SettingsPage

        return {
            "wall": self._wall_or_first_run,
            "library": lambda: LibraryPage(self.station, self),
            "sessions": lambda: SessionsPage(self.station, self),
            "cameras": lambda: CamerasPage(self.station, self),
            "settings": lambda: SettingsPage(self.station, self),
        }

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
        self.top_bar = TopBar(self.station, self._wall.tools, self)
        self.top_bar.sessions_wanted.connect(lambda: self.show_page("sessions"))
        self.stack = QStackedWidget(self)
        self.sync_bar = SyncBar(self.station, self)
        self.sync_bar.storage_wanted.connect(self.show_storage)
        self._foot = QFrame(self)
        self._foot.setProperty("role", "bar")
        self._jobs_room = QWidget(self._foot)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(0)
        foot.addWidget(self.sync_bar, 1)
        foot.addWidget(self._jobs_room)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.top_bar)
        right.addWidget(self.stack, 1)
        right.addWidget(self._foot)
        self._whole = whole = QWidget(self)
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(right, 1)
        self.setCentralWidget(whole)
        self.jobs_panel = JobsPanel(self.station, whole)
        self.jobs_panel.installEventFilter(self)
        self._notices = NoticeArea(self)
        self._notices.hide()

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

    def show_storage(self) -> None:
        """Settings ▸ Storage."""
        from gui.settings.settings_page import SettingsPage

        page = self.show_page("settings")
        if isinstance(page, SettingsPage):
            page.show_section("storage")

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

    def _follow_settings(self) -> None:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self.station.settings.station.theme)

    # The jobs panel stands on the foot's right end and grows upwards over the page.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.jobs_panel and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._place_jobs()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_jobs()

    def _place_jobs(self) -> None:
        panel, whole = self.jobs_panel, self._whole
        wanted = panel.sizeHint()
        width = min(max(wanted.width(), panel.minimumWidth()), whole.width() - self.rail.width())
        height = min(wanted.height(), whole.height() - self.top_bar.height())
        self._jobs_room.setFixedWidth(width)
        panel.setGeometry(whole.width() - width, whole.height() - height, width, height)
        panel.raise_()
        self._notices.foot_px = self._foot.height() + (72 if self._wall.isVisible() else 0)

    # Closing, and what is remembered

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            self._wall.close_eyes()
            self.first_run.stop_demo()
            self.closed.emit()
            return
        event.ignore()
        database = self.station.database
        run_in_background(
            lambda: what_goes_on(database), then=self._ask, failed=lambda _: self.close_now(), parent=self
        )

    def close_now(self) -> None:
        """Close without asking; what is open goes on in the worker."""
        self._may_close = True
        state, folder = json.dumps(self._state()).encode(), self.station.folder
        self.hide()
        run_in_background(
            lambda: write_durably(folder.root / "window.json", state),
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
        geometry = base64.b64encode(self.saveGeometry().data()).decode("ascii")
        return {"geometry": geometry, "page": self.page, "wall": self._wall.window_state()}

    def _restore(self, state: Mapping[str, Any]) -> None:
        if isinstance(state.get("geometry"), str):
            self.restoreGeometry(QByteArray(base64.b64decode(state["geometry"], validate=False)))
        if isinstance(state.get("wall"), dict):
            self._wall.restore(state["wall"])
        if state.get("page") in {key for key, _ in PAGES}:
            self.show_page(str(state["page"]))


def _focus_into(page: QWidget) -> None:
    """Give the keyboard to the page: to its own choice, or else to its first control."""
    page.setFocus()
    if page.focusProxy() is None and not page.hasFocus():
        controls = (child for child in page.findChildren(QWidget) if child.isVisibleTo(page) and child.isEnabled())
        first = next((child for child in controls if child.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
        if first is not None:
            first.setFocus()
