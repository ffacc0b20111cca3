"""The library: every frame and clip, newest first; filter, open, star, show, delete and undo, import."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.camera import Camera
from core.session import Session
from core.store import cameras, sessions
from core.store.library import LibraryFilter
from gui import theme
from gui.library.actions import LibraryActions
from gui.library.empty_state import EmptyState
from gui.library.facts import local_day
from gui.library.filter_bar import FilterBar
from gui.library.grid import ThumbnailGrid
from gui.library.importing import FILE_FILTER, ask_and_import
from gui.library.thumbnail_delegate import ThumbnailDelegate
from gui.library.thumbnails import Thumbnails
from gui.library.viewer import Viewer
from gui.models.following import Following
from gui.models.library_model import LibraryModel
from gui.station import Station

THUMBNAIL = QSize(256, 160)


@dataclass(frozen=True, slots=True)
class _Around:
    cameras: list[Camera]
    sessions: list[Session]
    zones: dict[str, ZoneInfo]
    """Session id to its zone."""


class LibraryPage(QWidget):
    job_wanted = Signal(str)
    """The operator wants to see the job that made a frame or clip."""
    analysis_wanted = Signal(list)
    """Ids of frames that the operator wants to have analysed."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAcceptDrops(True)
        self._station = station
        self._around = _Around([], [], {})
        self.acts = LibraryActions(station, self._acted, self)
        self.viewer: Viewer | None = None
        self.model = LibraryModel(station, self)
        self.grid = ThumbnailGrid(self.model, self)
        self.thumbnails = Thumbnails(THUMBNAIL, self)
        self._delegate = ThumbnailDelegate(self.thumbnails, station.folder, self.grid)
        self.grid.setItemDelegate(self._delegate)
        self.filter = FilterBar(self)
        self._count = QLabel(self)
        self._day = QLabel(self)
        self.new_ones = QPushButton(self)
        self._lay_out()
        self._connect()
        self._follow = Following(station, self, self._read_around, self._show_around, rest_ms=1000)
        self._chosen_changed()

    # building

    def _lay_out(self) -> None:
        title = QLabel("Library", self)
        theme.set_role(title, role="title")
        theme.set_role(self._count, role="muted")
        theme.set_role(self._day, role="muted")
        theme.set_role(self.new_ones, role="primary")
        self.new_ones.hide()
        self.import_button = QPushButton("Import…", self)
        theme.set_icon(self.import_button, "import")
        menu = QMenu(self.import_button)
        menu.addAction("Files…", self.choose_files)
        menu.addAction("A folder…", self.choose_folder)
        self.import_button.setMenu(menu)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self.new_ones)
        head.addWidget(self.import_button)
        self._open = self._action("Open", self.open_chosen, "search", "Enter")
        self._star = self._action("Star", self.star_chosen, "star", "S")
        self._show = self._action("Show file", self.reveal_chosen, "folder", "")
        self._analyse = self._action("Analyse…", self.analyse_chosen, "analysis", "A")
        self._delete = self._action("Delete", self.delete_chosen, "trash", "Del")
        theme.set_role(self._delete, role="danger")
        theme.set_icon(self._delete, "trash", "bad")
        foot = QHBoxLayout()
        foot.addWidget(self._day)
        foot.addStretch(1)
        for button in (self._open, self._star, self._show, self._analyse, self._delete):
            foot.addWidget(button)
        self._body = QStackedWidget(self)
        self._body.addWidget(self.grid)
        self.empty = EmptyState(self, ("Import files…", self.choose_files), ("Show everything", self.filter.clear))
        self._body.addWidget(self.empty)
        layout = QVBoxLayout(self)
        edge = theme.space("l")
        layout.setContentsMargins(edge, theme.space("m"), edge, theme.space("s"))
        layout.setSpacing(theme.space("s"))
        layout.addLayout(head)
        layout.addWidget(self.filter)
        layout.addWidget(self._body, 1)
        layout.addLayout(foot)

    def _action(self, text: str, do: Callable[[], None], icon: str, keys: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(f"{text} ({keys})" if keys else "Open the folder that the file lies in")
        button.clicked.connect(do)
        theme.set_icon(button, icon)
        return button

    def _connect(self) -> None:
        self.model.may_move = self._may_move
        self.model.counted.connect(self._counted)
        self.model.held.connect(self._held)
        self._came = QTimer(self, singleShot=True, interval=0)  # a page comes as hundreds of changed cells
        self._came.timeout.connect(self._say_day)
        self.model.dataChanged.connect(lambda *_: self._came.start())
        self.grid.looked_at.connect(self._looked_at)
        self.grid.opened.connect(self.open_at)
        self.grid.chosen_changed.connect(self._chosen_changed)
        self.grid.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.thumbnails.ready.connect(lambda _key: self.grid.viewport().update())
        theme.changed.connect(self.grid.viewport().update)
        self.filter.changed.connect(self._filtered)
        self.new_ones.clicked.connect(self._show_new)
        self._station.changed.connect(self._changed)
        for keys, do in (
            (QKeySequence("S"), self.star_chosen),
            (QKeySequence("A"), self.analyse_chosen),
            (QKeySequence.StandardKey.Delete, self.delete_chosen),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.grid)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)
        undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self)
        undo.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        undo.activated.connect(self.acts.undo)

    # following the station

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.refresh_now()

    def _changed(self) -> None:
        if self.isVisible():
            self.model.refresh()

    def _read_around(self) -> _Around:
        with self._station.database.read() as tx:
            found = sessions.every(tx)
            return _Around(cameras.every(tx), found, {session.id: ZoneInfo(session.time_zone) for session in found})

    def _show_around(self, around: _Around) -> None:
        if around == self._around:
            return
        self._around = around
        labels = {camera.id: camera.label for camera in around.cameras}
        self.model.labels = self._delegate.labels = labels
        self._delegate.zones = around.zones
        self.filter.show_choices(around.cameras, around.sessions)
        self.grid.viewport().update()

    def _may_move(self) -> bool:
        return self.viewer is None and self.grid.verticalScrollBar().value() == 0 and not self.grid.chosen_runs()

    def _counted(self, count: int) -> None:
        self._count.setText(f"{count:,} {'file' if count == 1 else 'files'}")
        open_filter = self.model.wanted == LibraryFilter()
        if open_filter:
            said = (
                "Press Space on the wall to capture what the cameras see, or drop frames, clips or whole folders here."
            )
            self.empty.say("Nothing here yet", said)
        else:
            self.empty.say("Nothing fits the filter", "No frame or clip is of this camera, session, day and kind.")
        for button, shown in zip(self.empty.buttons, (open_filter, not open_filter), strict=True):
            button.setVisible(shown)
        self._body.setCurrentIndex(0 if count else 1)
        self._chosen_changed()
        self._say_day()

    def _held(self, held: bool, more: int) -> None:
        self.new_ones.setText(f"Show {more:,} new" if more > 0 else "Show what changed")
        self.new_ones.setVisible(held)

    def _show_new(self) -> None:
        self.grid.choose_nothing()
        self.grid.scrollToTop()
        self.model.show_changes()

    def _scrolled(self, value: int) -> None:
        if value == 0 and not self.new_ones.isHidden() and self._may_move():
            self.model.show_changes()

    def _filtered(self) -> None:
        self.grid.choose_nothing()
        self.grid.scrollToTop()
        self.model.set_filter(self.filter.wanted())

    def _looked_at(self, first: int, last: int) -> None:
        self.model.look_at(first, last)
        on_screen = (self.model.item(position) for position in range(first, last + 1))
        self.thumbnails.keep_wishes({item.id for item in on_screen if item is not None})
        self._say_day()

    def _say_day(self) -> None:
        seen = self.grid.on_screen()
        item = self.model.item(seen.start) if seen else None
        zone = self._delegate.zones.get(item.session_id or "") if item else None
        chosen = self.grid.chosen_count()
        day = local_day(item.captured_at_ns, zone) if item else ""
        self._day.setText(f"{chosen:,} chosen" if chosen else day)

    def _chosen_changed(self) -> None:
        chosen = self.grid.chosen_count()
        for button in (self._star, self._analyse, self._delete):
            button.setEnabled(chosen > 0)
        for button in (self._open, self._show):
            button.setEnabled(chosen == 1)
        self._say_day()
        if not chosen and not self.new_ones.isHidden() and self._may_move():
            self.model.show_changes()

    # what the operator does

    def open_chosen(self) -> None:
        at = self.grid.current()
        if at is not None:
            self.open_at(at)

    def open_at(self, position: int) -> None:
        """Open the viewer there; ← and → go on from it."""
        self.viewer = Viewer(self._station, self.model, position, lambda item: self.acts.star([item]), self)
        self.viewer.job_wanted.connect(self.job_wanted)
        self.viewer.finished.connect(self._viewer_closed)
        self.viewer.open()

    def _viewer_closed(self) -> None:
        if self.viewer is not None:
            self.grid.choose(self.viewer.position)
            self.viewer.deleteLater()
            self.viewer = None
            self.grid.setFocus()

    def star_chosen(self) -> None:
        self.model.fetch(self.grid.chosen_runs(), self.acts.star)

    def reveal_chosen(self) -> None:
        at = self.grid.current()
        item = None if at is None else self.model.item(at)
        if item is not None:
            folder = self._station.folder.absolute(item.path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def analyse_chosen(self) -> None:
        """The frames of what is chosen."""
        self.model.fetch(self.grid.chosen_runs(), lambda items: self.acts.analyse(items, self.analysis_wanted.emit))

    def delete_chosen(self) -> None:
        self.model.fetch(self.grid.chosen_runs(), self.acts.delete)

    def _acted(self, is_gone: bool) -> None:
        if is_gone:
            self.grid.choose_nothing()
            self.model.show_changes()
        else:
            self.model.refresh_now()

    # import

    def choose_files(self) -> None:
        self._choose(QFileDialog.FileMode.ExistingFiles)

    def choose_folder(self) -> None:
        self._choose(QFileDialog.FileMode.Directory)

    def _choose(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, "Import", "", FILE_FILTER)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(self.import_paths)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def import_paths(self, paths: list[str]) -> None:
        """Ask for the camera and queue the import."""
        preferred = self.filter.wanted().camera_id
        self.import_dialog = ask_and_import(self._station, self._around.cameras, paths, preferred, self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.import_paths([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
