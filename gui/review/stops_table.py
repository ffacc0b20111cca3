"""The stops as a table: when, which car, how long it stood and its doubt, and whose word that is."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from core.stop import Moment, Stop
from core.stop_words import about_text, between, clock_text, span_text, whose
from gui import theme
from gui.models.rows_model import Index, RowsModel
from gui.review.reading import StopsRead
from gui.table_look import chosen_row, look_of_rows

COLUMNS = (
    "Stationary at",
    "Car",
    "Camera",
    "Stationary for",
    "Arriving",
    "Leaving",
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


@dataclass(frozen=True, slots=True)
class StopRow:
    stop: Stop
    cells: tuple[str, ...]
    best: bool

    @property
    def id(self) -> str:
        return self.stop.id


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
        clock_text(stood.at_ns, read.zone) if stood else about_text(stop.from_ns, read.zone),
        stop.car_number,
        read.labels.get(stop.camera_id, stop.camera_id),
        span_text(stop.span),
        span_text(between(stop, Moment.ARRIVED, Moment.STATIONARY)),
        span_text(between(stop, Moment.RELEASED, Moment.DEPARTED)),
        whose(stop),
        ". ".join(part for part in (", ".join(marks).capitalize(), said) if part),
    )
    return StopRow(stop, cells, best)


class StopsModel(RowsModel[StopRow]):
    def __init__(self, parent: QObject) -> None:
        super().__init__(COLUMNS, parent)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == len(COLUMNS) - 1:
            return row.cells[-1]
        if role == Qt.ItemDataRole.ForegroundRole and row.best and index.column() == 3:
            return theme.colour("ok")
        return super().data(index, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _TOLD.get(section)
        return super().headerData(section, orientation, role)


class StopsTable(QTableView):
    def __init__(self, model: StopsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        header = look_of_rows(self, "Stops of the session, in their order", theme.size("control"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for column, width_px in enumerate(_WIDTHS_PX):
            header.resizeSection(column, width_px)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> Stop | None:
        row = chosen_row(self)
        return None if row is None else self._model.rows[row].stop

    def choose(self, stop_id: str) -> None:
        place = self._model.place_of(stop_id)
        if place is not None:
            self.selectRow(place)
            self.scrollTo(self._model.index(place, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column in _LEFT_OUT:
            self.setColumnHidden(column, event.size().width() < _NARROW_BELOW_PX)
        super().resizeEvent(event)
