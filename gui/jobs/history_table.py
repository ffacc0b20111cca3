"""The history's table: rows of one height, columns that fit the width."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui import theme
from gui.jobs.history_model import JOB, HistoryModel
from gui.jobs.history_rows import HistoryRow

_WIDTHS_PX = (176, 250, 140, 96)
"""Of all columns but the last, which takes what is left."""
_WIDE_PX = 800
"""A narrower table leaves the last column out: the details say it."""
_TOOK, _LAST = 3, 4


class HistoryTable(QTableView):
    def __init__(self, model: HistoryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName("Jobs, newest first")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMinimumWidth(400)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.size("control"))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width_px in enumerate(_WIDTHS_PX):
            header.resizeSection(column, width_px)
        self._is_wide: bool | None = None
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> HistoryRow | None:
        """The row that is chosen."""
        found = self.selectionModel().selectedRows()
        row = found[0].data(JOB) if found else None
        return row if isinstance(row, HistoryRow) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_wide = event.size().width() >= _WIDE_PX
        if is_wide is not self._is_wide:
            self._is_wide = is_wide
            self._show_columns(is_wide)
        super().resizeEvent(event)

    def _show_columns(self, is_wide: bool) -> None:
        """A narrow table says state, job and when; the job takes what is left."""
        header = self.horizontalHeader()
        for column in (_TOOK, _LAST):
            self.setColumnHidden(column, not is_wide)
        stretched, fixed = (_LAST, 1) if is_wide else (1, _LAST)
        header.setSectionResizeMode(fixed, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        if is_wide:
            header.resizeSection(1, _WIDTHS_PX[1])
