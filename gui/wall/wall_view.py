"""The grid of tiles: which cameras are on screen, which are chosen, and the one timer that shows new pictures."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent, QWindow
from PySide6.QtWidgets import QGridLayout, QWidget

from core.mailbox import Picture
from core.paths import DataFolder
from gui import theme
from gui.wall.eye import Eye
from gui.wall.tile import Tile
from gui.wall.tile_words import TileWords

GRIDS = (1, 4, 9, 16)
LOOK_MS = 33
"""Each look paints all tiles with a new picture in one go; more looks would cost more than the eye gains."""
WISH_MS = 1000
AGE_MS = 200


class WallView(QWidget):
    """Shows `grid` cameras a page, or one alone; asks for pictures only of what is really on screen."""

    shown_changed = Signal()
    """Other cameras are on screen, or others are chosen."""

    def __init__(self, folder: DataFolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._followed: QWindow | None = None
        self.grid = 4
        self.page = 0
        self.alone: str | None = None
        self._tiles: dict[str, Tile] = {}
        self._eyes: dict[str, Eye] = {}
        self._looked_at: list[tuple[Eye, Tile]] = []
        """What is on screen, ready for the timer."""
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.space("xs"))
        self._look_timer = self._timer(LOOK_MS, self._look)
        self._look_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._wish_timer = self._timer(WISH_MS, self._wish)
        self._age_timer = self._timer(AGE_MS, self._refresh_ages)
        self.setAccessibleName("Live wall")

    # What is on it

    def show_cameras(self, cameras: Sequence[tuple[str, TileWords]]) -> None:
        """The cameras in their order, each with what its tile says."""
        ids = [camera_id for camera_id, _ in cameras]
        changed = ids != list(self._tiles)
        for gone in set(self._tiles) - set(ids):
            self._eyes.pop(gone).close()
            tile = self._tiles.pop(gone)
            tile.setParent(None)
            tile.deleteLater()
        self._tiles = {camera_id: self._tiles.get(camera_id) or self._new_tile(camera_id) for camera_id in ids}
        for camera_id, words in cameras:
            self._tiles[camera_id].show_words(words)
        if changed:
            if self.alone not in self._tiles:
                self.alone = None
            self._arrange()

    def tile(self, camera_id: str) -> Tile:
        return self._tiles[camera_id]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self._tiles) // self.grid))

    @property
    def on_screen(self) -> list[str]:
        """The cameras whose tiles are laid out now, in order."""
        if self.alone is not None:
            return [self.alone]
        return list(self._tiles)[self.page * self.grid : (self.page + 1) * self.grid]

    @property
    def chosen(self) -> list[str]:
        return [camera_id for camera_id, tile in self._tiles.items() if tile.chosen]

    @property
    def targets(self) -> list[str]:
        """What a press captures: the chosen cameras, or else all that are on screen."""
        return self.chosen or self.on_screen

    def picture_of(self, camera_id: str) -> Picture | None:
        """The picture that is on screen for this camera right now."""
        return self._tiles[camera_id].picture if camera_id in self.on_screen else None

    # What the operator does

    def set_grid(self, grid: int) -> None:
        """1, 4, 9 or 16 tiles a page."""
        self.grid, self.alone, self.page = grid, None, 0
        self._arrange()

    def turn(self, pages: int) -> None:
        self.page = (self.page + pages) % self.pages
        self.alone = None
        self._arrange()

    def show_alone(self, camera_id: str | None) -> None:
        """One camera alone; the same again, or None, shows the grid."""
        self.alone = None if camera_id == self.alone else camera_id
        self._arrange()
        if camera_id is not None:
            self._tiles[camera_id].setFocus()

    def toggle(self, camera_id: str) -> None:
        tile = self._tiles[camera_id]
        tile.set_chosen(not tile.chosen)
        self.shown_changed.emit()

    def toggle_number(self, number: int) -> None:
        """Toggle the camera that shows this number, 1-9."""
        if 1 <= number <= len(self._tiles):
            self.toggle(list(self._tiles)[number - 1])

    def choose_none(self) -> None:
        for tile in self._tiles.values():
            tile.set_chosen(False)
        self.shown_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        shown = self.on_screen
        if event.key() in steps and shown:
            at = next((n for n, camera_id in enumerate(shown) if self._tiles[camera_id].hasFocus()), 0)
            to = at + steps[Qt.Key(event.key())]
            if 0 <= to < len(shown):
                self._tiles[shown[to]].setFocus()
        else:
            super().keyPressEvent(event)

    # Showing

    def showEvent(self, event: QShowEvent) -> None:
        handle = self.window().windowHandle()
        if handle is not None and handle is not self._followed:
            self._followed = handle
            handle.windowStateChanged.connect(self._follow_visibility)
        self._follow_visibility()

    def hideEvent(self, event: QHideEvent) -> None:
        self._follow_visibility()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.update()
        super().changeEvent(event)

    def close_eyes(self) -> None:
        """Stop looking for good; called when the window closes."""
        for timer in (self._look_timer, self._wish_timer, self._age_timer):
            timer.stop()
        for eye in self._eyes.values():
            eye.close()

    @property
    def looking(self) -> bool:
        return self._look_timer.isActive()

    def _follow_visibility(self) -> None:
        looks = self.isVisible() and not self.window().isMinimized()
        for timer in (self._look_timer, self._wish_timer, self._age_timer):
            if looks and not timer.isActive():
                timer.start()
            elif not looks:
                timer.stop()
        if looks:
            self._wish()
        else:
            for eye in self._eyes.values():
                eye.look_away()

    def _look(self) -> None:
        for eye, tile in self._looked_at:
            picture = eye.newest()
            if picture is not None:
                tile.show_picture(picture)

    def _wish(self) -> None:
        for camera_id in self.on_screen:
            size: QSize = self._tiles[camera_id].wanted_px()
            self._eyes[camera_id].wish(size.width(), size.height())

    def _refresh_ages(self) -> None:
        for camera_id in self.on_screen:
            self._tiles[camera_id].refresh_age()

    def _columns(self) -> int:
        if self.alone is not None:
            return 1
        return {1: 1, 4: 2, 9: 3, 16: 4}[self.grid]

    def _arrange(self) -> None:
        self.page = min(self.page, self.pages - 1)
        shown = self.on_screen
        self._looked_at = [(self._eyes[camera_id], self._tiles[camera_id]) for camera_id in shown]
        while self._layout.count():
            self._layout.takeAt(0)
        columns = self._columns()
        for row in range(self._layout.rowCount()):
            self._layout.setRowStretch(row, 0)
        for column in range(self._layout.columnCount()):
            self._layout.setColumnStretch(column, 0)
        for at, camera_id in enumerate(shown):
            self._layout.addWidget(self._tiles[camera_id], at // columns, at % columns)
        for line in range(columns if len(shown) > 1 else 1):
            self._layout.setRowStretch(line, 1)
            self._layout.setColumnStretch(line, 1)
        for camera_id, tile in self._tiles.items():
            tile.setVisible(camera_id in shown)
            if camera_id not in shown:
                self._eyes[camera_id].look_away()
        if self.looking:
            QTimer.singleShot(0, self, self._wish)  # when the layout has given the tiles their sizes
        self.shown_changed.emit()

    def _new_tile(self, camera_id: str) -> Tile:
        tile = Tile(camera_id, self)
        tile.toggled.connect(self.toggle)
        tile.opened.connect(self.show_alone)
        self._eyes[camera_id] = Eye(self._folder.mailbox(camera_id), self)
        return tile

    def _timer(self, every_ms: int, do: object) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(every_ms)
        timer.timeout.connect(do)
        return timer
