"""The look of the window's tables: rows of one height and no grid, of which one is chosen at a time."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from gui import theme


def look_of_rows(table: QTableView, name: str, row_px: int = 0) -> QHeaderView:
    """Give it, and the name that screen readers say; a row is a finger high if nothing is said. Returns its header."""
    table.setAccessibleName(name)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row_px or theme.size("touch"))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return header


def chosen_row(table: QTableView) -> int | None:
    """Where the row stands that is chosen."""
    rows = table.selectionModel().selectedRows()
    return rows[0].row() if rows else None
