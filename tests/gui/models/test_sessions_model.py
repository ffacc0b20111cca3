from PySide6.QtCore import QObject

from core.session import Session
from gui.models.sessions_model import SessionRow, SessionsModel


def row(id: str, files: int = 0) -> SessionRow:
    return SessionRow(Session(id, "2026", "Monza", id, "Europe/Rome", 0), files, "2026-11-21 13:00")


def test_a_new_count_touches_its_row_and_a_new_session_moves_no_other(qtbot):
    model = SessionsModel(owner := QObject())
    model.show([row("FP1")])
    changed, inserted, resets = [], [], []
    model.dataChanged.connect(lambda first, last, _roles: changed.append(first.row()))
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append(first))
    model.modelReset.connect(lambda: resets.append(1))
    model.show([row("FP2"), row("FP1", 3)])
    assert owner and (inserted, changed, resets) == ([0], [1], [])
    model.show([row("FP1", 3)])
    assert [shown.session.id for shown in model.rows] == ["FP1"]
