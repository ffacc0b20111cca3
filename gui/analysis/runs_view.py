"""The list of runs: how each stands, how far it is by asset, what failed, what it cost; and the operator's actions."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.run import Run
from gui import theme
from gui.analysis.run_actions import RunActions
from gui.analysis.run_rows import RunRow, newest
from gui.analysis.words import cost_text, progress_text
from gui.controls import on_keys, push_button
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import line_of, stack_up
from gui.station import Station
from gui.table_look import chosen_row, look_of_rows

COLUMNS = ("Run", "State", "Assets", "Failed", "Answered by", "Tokens", "Cost", "Made")
_WIDTHS_PX = (310, 150, 70, 150, 90, 100, 120)
"""Of all columns but the first, which takes what is left."""
_NARROW_PX = (240, 120, 60, 0, 0, 90, 116)
_NARROW_BELOW_PX = 1180
_PROGRESS, _FAILED, _TOKENS, _COST = 2, 3, 5, 6
_RUN = Qt.ItemDataRole.UserRole
_AT_FIRST = 100


@dataclass(frozen=True, slots=True)
class _Read:
    rows: list[RunRow]
    more: bool


class RunsView(QWidget):
    """Ctrl+N begins a run, Enter opens its results, S stops or resumes, R asks again for what failed, Del deletes."""

    new_wanted = Signal()
    opened = Signal(str)

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._rows: list[RunRow] = []
        self._number = _AT_FIRST
        self._goes_to: str | None = None
        self.table = QTableWidget(0, len(COLUMNS), self)
        self.acts = RunActions(station, self._ask, self)
        self.open_button = push_button("Results", self.open_chosen, self, icon="analysis", keys="Enter")
        self.stop_button = push_button("Stop", self.stop_or_resume, self, icon="stop", keys="S")
        self.retry_button = push_button("Retry failed", self.retry_chosen, self, icon="retry", keys="R")
        self.delete_button = push_button("Delete…", self.delete_chosen, self, icon="trash", role="danger", keys="Del")
        self.older_button = push_button("Show older", self._show_older, self)
        self._lay_out()
        acts = (("S", self.stop_or_resume), ("R", self.retry_chosen), ("Del", self.delete_chosen))
        on_keys(self.table, (("Return", self.open_chosen), ("Enter", self.open_chosen), *acts))
        self._follow = Following(station, self, self._read, self._show, rest_ms=400, tick_ms=2000)
        self._offer()

    def chosen(self) -> RunRow | None:
        """The run whose row is chosen."""
        row = chosen_row(self.table)
        return self._rows[row] if row is not None and row < len(self._rows) else None

    def choose(self, run_id: str) -> None:
        """Choose this run's row, as soon as it is listed."""
        self._goes_to = run_id
        self._ask()

    # what the operator does

    def open_chosen(self) -> None:
        self._on_chosen(lambda run: self.opened.emit(run.id))

    def stop_or_resume(self) -> None:
        row = self.chosen()
        if row is not None and row.may_stop:
            self.acts.stop(row.run)
        elif row is not None and row.may_resume:
            self.acts.resume(row.run)

    def retry_chosen(self) -> None:
        self._on_chosen(self.acts.retry_failed)

    def delete_chosen(self) -> None:
        self._on_chosen(self.acts.ask_delete)

    def _on_chosen(self, do: Callable[[Run], object]) -> None:
        row = self.chosen()
        if row is not None and (do != self.acts.retry_failed or row.may_retry):
            do(row.run)

    def _show_older(self) -> None:
        self._number *= 4
        self._ask()

    # following the station

    def _ask(self) -> None:
        self._follow.ask()

    def _read(self) -> _Read:
        with self._station.database.read() as tx:
            return _Read(*newest(tx, self._station.settings, self._number))

    def _show(self, read: _Read) -> None:
        chosen = self.chosen()
        wanted_id = self._goes_to or (chosen.run.id if chosen is not None else None)
        if wanted_id is None and not self._rows and read.rows:
            wanted_id = read.rows[0].run.id  # so that Enter opens the newest
        self._goes_to = None
        self._rows = read.rows
        self.table.setRowCount(len(read.rows))
        for place, row in enumerate(read.rows):
            cells = (
                row.title,
                row.waits or row.said,
                progress_text(row.run),
                f"{row.run.failed:,}" if row.run.failed else "None",
                row.provider,
                row.tokens,
                cost_text(row.run.cost_usd),
                row.made,
            )
            for column, text in enumerate(cells):
                self._put(place, column, text, row)
        self.older_button.setVisible(read.more)
        self._body.setCurrentIndex(0 if read.rows else 1)
        if wanted_id is not None:
            place_now = next((place for place, row in enumerate(read.rows) if row.run.id == wanted_id), None)
            if place_now is None:
                self.table.clearSelection()
            elif not self.table.selectionModel().isRowSelected(place_now, QModelIndex()):
                self.table.selectRow(place_now)
        self._offer()

    def _put(self, place: int, column: int, text: str, row: RunRow) -> None:
        item = self.table.item(place, column)
        if item is None:
            item = QTableWidgetItem()
            if column in (_FAILED, _TOKENS, _COST):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(place, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text)
        level = {0: "ink", 1: row.level, _FAILED: "bad" if row.run.failed else "muted"}.get(column, "muted")
        colour = theme.colour({"info": "accent"}.get(level, level))
        if item.foreground().color() != colour:
            item.setForeground(colour)
        if column == _PROGRESS and item.data(_RUN) != row.run:
            item.setData(_RUN, row.run)

    def _offer(self) -> None:
        row = self.chosen()
        self.open_button.setEnabled(row is not None)
        self.delete_button.setEnabled(row is not None)
        self.retry_button.setEnabled(row is not None and row.may_retry)
        self.stop_button.setEnabled(row is not None and (row.may_stop or row.may_resume))
        is_held = row is not None and row.may_resume
        self.stop_button.setText("Resume" if is_held else "Stop")
        theme.set_icon(self.stop_button, "play" if is_held else "stop")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW_BELOW_PX
        for column, width_px in enumerate(_NARROW_PX if is_narrow else _WIDTHS_PX, 1):
            self.table.setColumnHidden(column, width_px == 0)
            if width_px:
                self.table.horizontalHeader().resizeSection(column, width_px)

    # building

    def _lay_out(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        look_of_rows(table, "Runs, newest first").setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.setItemDelegateForColumn(_PROGRESS, _ProgressDelegate(table))
        for column in (_FAILED, _TOKENS, _COST):
            item = table.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.itemSelectionChanged.connect(self._offer)
        table.doubleClicked.connect(lambda _: self.open_chosen())
        self._body = QStackedWidget(self)
        self._body.addWidget(table)
        empty = EmptyState(self, ("New run…", self.new_wanted.emit))
        empty.say(
            "No run yet",
            "Choose frames and a pack: a question with the shape of its answer. How sharp are they? Is the box clear? "
            "Is the bodywork damaged? The pack frame_quality is answered on this machine, without a network.",
        )
        self._body.addWidget(empty)
        buttons = (self.open_button, self.stop_button, self.retry_button, self.delete_button)
        stack_up(self, (self._body, line_of(self.older_button, right=buttons)), self._body, is_page=False)
        self.setFocusProxy(table)


class _ProgressDelegate(QStyledItemDelegate):
    """How many of the assets ended, as a bar under the words: what failed at its end."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        run = index.data(_RUN)
        if not isinstance(run, Run) or not run.pending:
            return
        area = QRectF(option.rect).adjusted(theme.space("s"), 0, -theme.space("l"), -7)
        area.setTop(area.bottom() - 4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for token, share in (
            ("raised_hover", 1.0),
            ("bad", (run.completed + run.failed) / run.assets),
            ("accent", run.completed / run.assets),
        ):
            painter.setBrush(theme.colour(token))
            if share > 0:
                painter.drawRoundedRect(
                    QRectF(area.topLeft(), area.size()).adjusted(0, 0, -area.width() * (1 - share), 0), 2, 2
                )
        painter.restore()
