"""The schedules page: what runs again and again, its next and last run, the runs that were missed; run now, on, off."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.camera import Camera
from core.job import JobKind
from core.schedule import Schedule
from core.store import cameras, schedules
from core.store.database import Writing
from gui import theme
from gui.background import run_in_background
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.schedules.schedule_dialog import ScheduleDialog
from gui.schedules.schedule_words import last_text, missed_text, next_text, what_text, when_text
from gui.sessions.new_session import zones
from gui.station import Station
from gui.toast import show_notice

COLUMNS = ("Schedule", "Captures", "When", "Next run", "Last run", "Missed")
_WIDTHS_PX = (160, 230, 250, 130, 76)
"""Of all columns but the first, which takes what is left."""
_NARROW_PX = (124, 150, 180, 110, 70)
_NARROW_BELOW_PX = 1100


@dataclass(frozen=True, slots=True)
class _Read:
    schedules: list[Schedule]
    cameras: list[Camera]


class SchedulesPage(QWidget):
    """Ctrl+N adds, Enter changes, R runs now, Space switches on or off, Del removes."""

    job_wanted = Signal(str)
    """The operator wants to see the job of the last run."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self._read_last = _Read([], [])
        self.dialog: ScheduleDialog | None = None
        self.table = QTableWidget(0, len(COLUMNS), self)
        self.add_button = self._button("New schedule…", self.add, "plus", "Ctrl+N", role="primary")
        self.change_button = self._button("Change…", self.change, "edit", "Enter")
        self.run_button = self._button("Run now", self.run_now, "play", "R")
        self.switch_button = self._button("Switch off", self.switch, "", "Space")
        self.job_button = self._button("Show last job", self.show_job, "jobs", "")
        self.remove_button = self._button("Remove", self.remove, "trash", "Del", role="danger")
        self._lay_out()
        for keys, do in (
            ("Return", self.change),
            ("Enter", self.change),
            ("R", self.run_now),
            ("Space", self.switch),
            ("Del", self.remove),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)
        new = QShortcut(QKeySequence("Ctrl+N"), self)
        new.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        new.activated.connect(self.add)
        self._follow = Following(station, self, self._read, self._show, rest_ms=500, tick_ms=1000)
        self._offer()

    def chosen(self) -> Schedule | None:
        """The schedule whose row is chosen."""
        rows = self.table.selectionModel().selectedRows()
        found = self._read_last.schedules
        return found[rows[0].row()] if rows and rows[0].row() < len(found) else None

    # what the operator does

    def add(self) -> None:
        """Open the dialog; it doesn't block."""
        self._ask(None)

    def change(self) -> None:
        schedule = self.chosen()
        if schedule is not None and schedule.kind is JobKind.CAPTURE:
            self._ask(schedule)

    def run_now(self) -> None:
        """Whatever its calendar says, which goes on as before."""
        self._on_chosen(lambda tx, it: schedules.run_now(tx, it.id), "{} runs as soon as the worker sees it.")

    def switch(self) -> None:
        """On, or off."""
        self._on_chosen(_switch)

    def remove(self) -> None:
        """No more runs; its jobs and what they made stay."""
        self._on_chosen(lambda tx, it: schedules.remove(tx, it.id), "{} is removed. What it captured stays.")

    def show_job(self) -> None:
        schedule = self.chosen()
        if schedule is not None and schedule.last_job_id is not None:
            self.job_wanted.emit(schedule.last_job_id)

    def _ask(self, schedule: Schedule | None) -> None:
        def open_dialog(names: tuple[str, ...]) -> None:
            self.dialog = ScheduleDialog(schedule, self._read_last.cameras, names, self._save, self)
            self.dialog.finished.connect(self.dialog.deleteLater)
            self.dialog.open()

        run_in_background(zones, then=open_dialog, parent=self)

    def _save(self, schedule: Schedule) -> None:
        self._write(lambda tx: schedules.update(tx, schedule) if schedule.id else schedules.add(tx, schedule))

    def _on_chosen(self, change: Callable[[Writing, Schedule], object], said: str = "") -> None:
        schedule = self.chosen()
        if schedule is not None:
            self._write(lambda tx: change(tx, schedule), said.format(schedule.name))

    def _write(self, change: Callable[[Writing], object], said: str = "") -> None:
        database = self._station.database

        def work() -> None:
            with database.write() as tx:
                change(tx)

        def done(_: None) -> None:
            self._follow.ask()
            if said:
                show_notice(self, said, "ok")

        run_in_background(work, then=done, parent=self)

    # following the station

    def _read(self) -> _Read:
        with self._station.database.read() as tx:
            return _Read(schedules.every(tx), cameras.every(tx))

    def _show(self, read: _Read) -> None:
        chosen = self.chosen()
        self._read_last = read
        labels = {camera.id: camera.label for camera in read.cameras}
        now_ns = time.time_ns()
        self.table.setRowCount(len(read.schedules))
        for row, schedule in enumerate(read.schedules):
            cells = (
                schedule.name,
                what_text(schedule, labels),
                when_text(schedule),
                next_text(schedule, now_ns),
                last_text(schedule, now_ns),
                missed_text(schedule),
            )
            for column, text in enumerate(cells):
                self._put(row, column, text, schedule)
        if chosen is not None:
            place = next((n for n, it in enumerate(read.schedules) if it.id == chosen.id), None)
            if place is None:
                self.table.clearSelection()
            elif not self.table.selectionModel().isRowSelected(place, QModelIndex()):
                self.table.selectRow(place)
        self._body.setCurrentIndex(0 if read.schedules else 1)
        self._offer()

    def _put(self, row: int, column: int, text: str, schedule: Schedule) -> None:
        item = self.table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text)
        missed = column == len(COLUMNS) - 1 and schedule.missed_runs > 0
        colour = theme.colour("warn" if missed else "ink" if schedule.enabled else "muted")
        if item.foreground().color() != colour:
            item.setForeground(colour)

    def _offer(self) -> None:
        schedule = self.chosen()
        for button in (self.run_button, self.switch_button, self.remove_button):
            button.setEnabled(schedule is not None)
        self.change_button.setEnabled(schedule is not None and schedule.kind is JobKind.CAPTURE)
        self.job_button.setEnabled(schedule is not None and schedule.last_job_id is not None)
        self.switch_button.setText("Switch on" if schedule is not None and not schedule.enabled else "Switch off")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widths = _NARROW_PX if event.size().width() < _NARROW_BELOW_PX else _WIDTHS_PX
        for column, width_px in enumerate(widths, 1):
            self.table.horizontalHeader().resizeSection(column, width_px)

    # building

    def _button(self, text: str, do: Callable[[], None], icon: str, keys: str, role: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda: do())
        if role:
            theme.set_role(button, role=role)
        if icon:
            theme.set_icon(button, icon, {"primary": "accent_ink", "danger": "bad"}.get(role, "ink"))
        if keys:
            button.setToolTip(f"{text} ({keys})")
        return button

    def _lay_out(self) -> None:
        title = QLabel("Schedules", self)
        theme.set_role(title, role="title")
        said = QLabel("Runs that were missed while the worker was away are made up for by one run, and counted.", self)
        said.setWordWrap(True)
        theme.set_role(said, role="muted")
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.add_button)
        foot.addStretch(1)
        for button in (self.job_button, self.run_button, self.switch_button, self.change_button, self.remove_button):
            foot.addWidget(button)
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.setAccessibleName("Schedules")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.size("touch"))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.itemSelectionChanged.connect(self._offer)
        table.doubleClicked.connect(lambda _: self.change())
        self._body = QStackedWidget(self)
        self._body.addWidget(table)
        empty = EmptyState(self, ("New schedule…", self.add))
        empty.say("No schedule yet", "Let a camera capture by itself: every ten minutes, or at half past six each day.")
        self._body.addWidget(empty)
        layout = QVBoxLayout(self)
        edge = theme.space("l")
        layout.setContentsMargins(edge, theme.space("m"), edge, theme.space("s"))
        layout.setSpacing(theme.space("s"))
        layout.addLayout(head)
        layout.addWidget(said)
        layout.addWidget(self._body, 1)
        layout.addLayout(foot)


def _switch(tx: Writing, schedule: Schedule) -> None:
    schedules.update(tx, replace(schedules.get(tx, schedule.id), enabled=not schedule.enabled))
