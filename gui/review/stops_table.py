"""The stops as a table: when, which car, how long it stood and its doubt, and whose word that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.stop import Moment, Stop
from gui import theme
from gui.review.reading import StopsRead
from gui.review.words import between, clock_text, span_text, whose

COLUMNS = (
    "Stationary at",
    "Car",
    "Camera",
    "Stationary for",
    "Arrived to stationary",
    "Released to gone",
    "By",
    "Notes",
)
_WIDTHS_PX = (120, 60, 150, 160, 150, 150, 124)
"""Of all columns but the last, which takes what is left."""
_NARROW_BELOW_PX = 1080
_LEFT_OUT = (4, 5)
"""Columns that a narrow table leaves out: the review says them."""
_TOLD = {
    3: "From stationary to released: the time that counts",
    4: "From arrived in the box to stationary",
    5: "From released to departed from the box",
}
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class StopRow:
    stop: Stop
    cells: tuple[str, ...]
    best: bool


def rows_of(read: StopsRead) -> list[StopRow]:
    best = read.best
    return [_row(stop, read, best is not None and stop.id == best.id) for stop in read.stops]


def _row(stop: Stop, read: StopsRead, best: bool) -> StopRow:
    stood = stop.mark(Moment.STATIONARY)
    said = " ".join((stop.remark, *stop.notes)).strip()
    marks = [mark for mark, holds in (("locked", stop.locked), ("best", best)) if holds]
    if not stop.complete:
        marks.append("incomplete")
    cells = (
        clock_text(stood.at_ns if stood else stop.from_ns, read.zone),
        stop.car_number,
        read.labels.get(stop.camera_id, stop.camera_id),
        span_text(stop.span),
        span_text(between(stop, Moment.ARRIVED, Moment.STATIONARY)),
        span_text(between(stop, Moment.RELEASED, Moment.DEPARTED)),
        whose(stop),
        ". ".join(part for part in (", ".join(marks).capitalize(), said) if part),
    )
    return StopRow(stop, cells, best)


class StopsModel(QAbstractTableModel):
    """Holds what was read last; a change touches its own rows only, so that the choice stays."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[StopRow] = []

    def show(self, rows: Sequence[StopRow]) -> None:
        wanted = {row.stop.id for row in rows}
        for place in reversed(range(len(self.rows))):
            if self.rows[place].stop.id not in wanted:
                self.beginRemoveRows(_NOWHERE, place, place)
                del self.rows[place]
                self.endRemoveRows()
        known = {row.stop.id for row in self.rows}
        if [row.stop.id for row in self.rows] != [row.stop.id for row in rows if row.stop.id in known]:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
            return
        for place, row in enumerate(rows):
            if place == len(self.rows) or self.rows[place].stop.id != row.stop.id:
                self.beginInsertRows(_NOWHERE, place, place)
                self.rows.insert(place, row)
                self.endInsertRows()
            elif self.rows[place] != row:
                self.rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def place_of(self, stop_id: str) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.stop.id == stop_id), None)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == len(COLUMNS) - 1:
            return row.cells[-1]
        if role == Qt.ItemDataRole.ForegroundRole and row.best and index.column() == 3:
            return theme.colour("ok")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _TOLD.get(section)
        return None


class StopsTable(QTableView):
    def __init__(self, model: StopsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setAccessibleName("Stops of the session, in their order")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.size("control"))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width_px in enumerate(_WIDTHS_PX):
            header.resizeSection(column, width_px)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> Stop | None:
        found = self.selectionModel().selectedRows()
        return self._model.rows[found[0].row()].stop if found else None

    def choose(self, stop_id: str) -> None:
        place = self._model.place_of(stop_id)
        if place is not None:
            self.selectRow(place)
            self.scrollTo(self._model.index(place, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column in _LEFT_OUT:
            self.setColumnHidden(column, event.size().width() < _NARROW_BELOW_PX)
        super().resizeEvent(event)
