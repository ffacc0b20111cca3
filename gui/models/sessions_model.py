"""The sessions as a table: newest first, with what each holds; a change touches its own cells only."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.session import Session

COLUMNS = ("Session", "State", "Files", "Time zone", "Created")
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: Session
    files: int
    """Visible frames and clips."""
    created: str

    @property
    def state(self) -> str:
        if self.session.closed_at_ns is not None:
            return "Closed"
        return "Current" if self.session.current else "Open"

    @property
    def cells(self) -> tuple[str, ...]:
        return self.session.label, self.state, f"{self.files:,}", self.session.time_zone, self.created


class SessionsModel(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[SessionRow] = []

    def show(self, rows: Sequence[SessionRow]) -> None:
        """Take over what the store has now."""
        wanted = {row.session.id for row in rows}
        for place in reversed(range(len(self.rows))):
            if self.rows[place].session.id not in wanted:
                self.beginRemoveRows(_NOWHERE, place, place)
                del self.rows[place]
                self.endRemoveRows()
        for place, row in enumerate(rows):
            if place == len(self.rows) or self.rows[place].session.id != row.session.id:
                self.beginInsertRows(_NOWHERE, place, place)
                self.rows.insert(place, row)
                self.endInsertRows()
            elif self.rows[place] != row:
                self.rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None
