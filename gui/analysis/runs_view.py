"""The list of runs: how each stands, how far it is by asset, what failed, what it cost; and the operator's actions."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.run import Run
from gui import theme
from gui.analysis.run_actions import RunActions
from gui.analysis.run_rows import RunRow, newest
from gui.analysis.words import cost_text, progress_text
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.station import Station

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
        self.table = QTableWidget(0, len(COLUMNS), self)
        self.acts = RunActions(station, self._ask, self)
        self.open_button = self._button("Results", "analysis", self.open_chosen, "Enter")
        self.stop_button = self._button("Stop", "stop", self.stop_or_resume, "S")
        self.retry_button = self._button("Retry failed", "retry", lambda: self._on_chosen(self.acts.retry_failed), "R")
        self.delete_button = self._button(
            "Delete…", "trash", lambda: self._on_chosen(self.acts.ask_delete), "Del", "danger"
        )
        self.older_button = QPushButton("Show older", self)
        self.older_button.clicked.connect(lambda: self._show_older())
        self._lay_out()
        for keys, do in (
            ("Return", self.open_chosen),
            ("Enter", self.open_chosen),
            ("S", self.stop_or_resume),
            ("R", lambda: self._on_chosen(self.acts.retry_failed)),
            ("Del", lambda: self._on_chosen(self.acts.ask_delete)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)
        self._follow = Following(station, self, self._read, self._show, rest_ms=400, tick_ms=2000)
        self._offer()

    def chosen(self) -> RunRow | None:
        """The run whose row is chosen."""
        rows = self.table.selectionModel().selectedRows()
        return self._rows[rows[0].row()] if rows and rows[0].row() < len(self._rows) else None

    def choose(self, run_id: str) -> None:
        """Choose this run's row, if it is listed."""
        place = next((place for place, row in enumerate(self._rows) if row.run.id == run_id), None)
        if place is not None:
            self.table.selectRow(place)

    # what the operator does

    def open_chosen(self) -> None:
        self._on_chosen(lambda run: self.opened.emit(run.id))

    def stop_or_resume(self) -> None:
        row = self.chosen()
        if row is not None and row.may_stop:
            self.acts.stop(row.run)
        elif row is not None and row.may_resume:
            self.acts.resume(row.run)

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
        if chosen is not None:
            place_now = next((place for place, row in enumerate(read.rows) if row.run.id == chosen.run.id), None)
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

    def _button(self, text: str, icon: str, do: Callable[[], object], keys: str, role: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda: do())
        if role:
            theme.set_role(button, role=role)
        theme.set_icon(button, icon, {"danger": "bad"}.get(role, "ink"))
        button.setToolTip(f"{text} ({keys})")
        return button

    def _lay_out(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.setAccessibleName("Runs, newest first")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setItemDelegateForColumn(_PROGRESS, _ProgressDelegate(table))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.size("touch"))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
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
        foot = QHBoxLayout()
        foot.addWidget(self.older_button)
        foot.addStretch(1)
        for button in (self.open_button, self.stop_button, self.retry_button, self.delete_button):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self._body, 1)
        layout.addLayout(foot)
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
