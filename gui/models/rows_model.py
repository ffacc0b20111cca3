"""Rows of words as a table: what was read last; a change touches its own rows only, so that the choice stays."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Row(Protocol):
    @property
    def id(self) -> str:
        """By which it is known again."""

    @property
    def cells(self) -> tuple[str, ...]: ...


R = TypeVar("R", bound=Row)


class RowsModel(QAbstractTableModel, Generic[R]):
    """Says the rows' words; what else a cell is, a subclass knows."""

    def __init__(self, columns: Sequence[str], parent: QObject) -> None:
        super().__init__(parent)
        self.columns = columns
        self.rows: list[R] = []

    def show(self, rows: Sequence[R]) -> None:
        """Take over what the store has now."""
        wanted = {row.id for row in rows}
        for place in reversed(range(len(self.rows))):
            if self.rows[place].id not in wanted:
                self.beginRemoveRows(_NOWHERE, place, place)
                del self.rows[place]
                self.endRemoveRows()
        known = {row.id for row in self.rows}
        if [row.id for row in self.rows] != [row.id for row in rows if row.id in known]:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
            return
        for place, row in enumerate(rows):
            if place == len(self.rows) or self.rows[place].id != row.id:
                self.beginInsertRows(_NOWHERE, place, place)
                self.rows.insert(place, row)
                self.endInsertRows()
            elif self.rows[place] != row:
                self.rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    def place_of(self, id: str) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.id == id), None)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self.rows[index.row()].cells[index.column()] if role == Qt.ItemDataRole.DisplayRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section]
        return None
