"""The sessions as a table: newest first, with what each holds."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt

from core.session import Session
from gui.models.rows_model import Index, RowsModel

COLUMNS = ("Session", "State", "Files", "Time zone", "Created")


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: Session
    files: int
    """Visible frames and clips."""
    created: str

    @property
    def id(self) -> str:
        return self.session.id

    @property
    def state(self) -> str:
        if self.session.closed_at_ns is not None:
            return "Closed"
        return "Current" if self.session.current else "Open"

    @property
    def cells(self) -> tuple[str, ...]:
        return self.session.label, self.state, f"{self.files:,}", self.session.time_zone, self.created


class SessionsModel(RowsModel[SessionRow]):
    def __init__(self, parent: QObject) -> None:
        super().__init__(COLUMNS, parent)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().data(index, role)
