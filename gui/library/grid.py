"""The grid of thumbnails: a table view that chooses in reading order and tells what is on screen."""

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui.library.thumbnail_delegate import cell_height
from gui.models.library_model import LibraryModel

CELL_PX = 212
"""The least width of a cell; cells share the width that is left over."""
_Flag = QItemSelectionModel.SelectionFlag


class ThumbnailGrid(QTableView):
    """A click chooses one, Ctrl adds, Shift chooses all between; arrows go on in the next row; Enter opens."""

    opened = Signal(int)
    """Position."""
    looked_at = Signal(int, int)
    """First and last position on screen."""
    chosen_changed = Signal()

    def __init__(self, model: LibraryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._anchor = 0
        self.setModel(model)
        self.setObjectName("thumbnailGrid")
        self.setAccessibleName("Frames and clips")
        # The delegate paints what is chosen; the table's own mark would stand out behind its round corners.
        self.setStyleSheet(
            "QTableView::item { background: transparent } QTableView { selection-background-color: transparent }"
        )
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalScrollBar().valueChanged.connect(self._tell)
        self.verticalScrollBar().rangeChanged.connect(self._tell)
        model.modelReset.connect(self._tell)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())

    # what is on screen and chosen

    def on_screen(self) -> range:
        """Positions of the cells that can be seen, at least in part."""
        height = self.verticalHeader().defaultSectionSize()
        top = self.verticalScrollBar().value()
        first = top // height * self._model.columns
        last = ((top + self.viewport().height()) // height + 1) * self._model.columns
        return range(min(first, self._model.count), min(last, self._model.count))

    def chosen_runs(self) -> list[tuple[int, int]]:
        """What is chosen, as (first, last) positions in reading order."""
        runs: list[tuple[int, int]] = []
        spans = []
        columns = self._model.columns
        selection = self.selectionModel().selection()
        for area in map(selection.at, range(selection.size())):
            if area.left() == 0 and area.right() == columns - 1:
                spans.append((area.top() * columns, (area.bottom() + 1) * columns - 1))
            else:
                spans += [
                    (row * columns + area.left(), row * columns + area.right())
                    for row in range(area.top(), area.bottom() + 1)
                ]
        for first, last in sorted(spans):
            last = min(last, self._model.count - 1)
            if runs and first <= runs[-1][1] + 1:
                runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
            elif last >= first:
                runs.append((first, last))
        return runs

    def chosen_count(self) -> int:
        return sum(last - first + 1 for first, last in self.chosen_runs())

    def current(self) -> int | None:
        """The position that has the keyboard."""
        index = self.currentIndex()
        position = self._model.position(index) if index.isValid() else -1
        return position if 0 <= position < self._model.count else None

    def choose(self, position: int) -> None:
        """Choose this one alone and show it."""
        self._go(position, _Flag.ClearAndSelect, extend=False)

    def choose_nothing(self) -> None:
        self.selectionModel().clear()
        self._anchor = 0

    # keys and mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        index = self.indexAt(event.position().toPoint())
        position = self._model.position(index) if index.isValid() else self._model.count
        if position >= self._model.count:
            self.choose_nothing()
        elif event.button() == Qt.MouseButton.RightButton and self.selectionModel().isSelected(index):
            return
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._go(position, _Flag.ClearAndSelect, extend=True)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._go(position, _Flag.Toggle, extend=False)
        else:
            self.choose(position)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Nothing: a table would choose a rectangle, which means nothing here."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self._model.position(index) < self._model.count:
            self.opened.emit(self._model.position(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count, columns = event.key(), self._model.count, self._model.columns
        at = self.current()
        if not count:
            event.ignore()
        elif key == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._anchor = 0
            self._choose_run(0, count - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if at is not None:
                self.opened.emit(at)
        elif key == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.choose_nothing()
        else:
            rows_a_page = max(1, self.viewport().height() // self.verticalHeader().defaultSectionSize())
            targets = {
                Qt.Key.Key_Left: (at or 0) - 1,
                Qt.Key.Key_Right: -1 if at is None else at + 1,
                Qt.Key.Key_Up: (at or 0) - columns,
                Qt.Key.Key_Down: -1 if at is None else at + columns,
                Qt.Key.Key_PageUp: (at or 0) - rows_a_page * columns,
                Qt.Key.Key_PageDown: (at or 0) + rows_a_page * columns,
                Qt.Key.Key_Home: 0,
                Qt.Key.Key_End: count - 1,
            }
            target = targets.get(Qt.Key(key))
            if target is None:
                event.ignore()
                return
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go(min(max(target, 0), count - 1), _Flag.ClearAndSelect, extend=extend)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.viewport().width()
        columns = max(2, width // CELL_PX)
        if columns != self._model.columns:
            top, runs, at = self.on_screen().start, self.chosen_runs(), self.current()
            self._model.set_columns(columns)
            self._fit_cells(width)
            self.verticalScrollBar().setValue(top // columns * self.verticalHeader().defaultSectionSize())
            if runs:
                self.selectionModel().select(self._as_selection(runs), _Flag.ClearAndSelect)
            if at is not None:
                self.selectionModel().setCurrentIndex(self._model.at(at), _Flag.NoUpdate)
        self._fit_cells(width)
        self._tell()

    def _fit_cells(self, width: int) -> None:
        cell = width // self._model.columns
        self.horizontalHeader().setDefaultSectionSize(cell)
        self.verticalHeader().setDefaultSectionSize(cell_height(cell))

    def _go(self, position: int, flags: QItemSelectionModel.SelectionFlag, *, extend: bool) -> None:
        index = self._model.at(position)
        if extend:
            self._choose_run(min(self._anchor, position), max(self._anchor, position))
        else:
            self._anchor = position
            self.selectionModel().select(index, flags)
        self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
        self.scrollTo(index)

    def _choose_run(self, first: int, last: int) -> None:
        self.selectionModel().select(self._as_selection([(first, last)]), _Flag.ClearAndSelect)

    def _as_selection(self, runs: list[tuple[int, int]]) -> QItemSelection:
        made, columns = QItemSelection(), self._model.columns
        for first, last in runs:
            top, bottom = first // columns, last // columns
            if top == bottom:
                made.select(self._model.at(first), self._model.at(last))
                continue
            made.select(self._model.at(first), self._model.index(top, columns - 1))
            if bottom - top > 1:
                made.select(self._model.index(top + 1, 0), self._model.index(bottom - 1, columns - 1))
            made.select(self._model.index(bottom, 0), self._model.at(last))
        return made

    def _tell(self) -> None:
        seen = self.on_screen()
        if seen:
            self.looked_at.emit(seen.start, seen.stop - 1)
