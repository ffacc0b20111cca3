"""The schedules page: what runs again and again, its next and last run, the runs that were missed; run now, on, off."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QStackedWidget, QTableWidget, QTableWidgetItem, QWidget

from core.camera import Camera
from core.job import JobKind
from core.schedule import Schedule
from core.store import cameras, schedules
from core.store.database import Writing
from gui import theme
from gui.background import run_in_background, write_in_background
from gui.controls import WITHIN, on_keys, push_button
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import page_title, row_of, stack_up
from gui.schedules.schedule_dialog import ScheduleDialog
from gui.schedules.schedule_words import last_text, missed_text, next_text, what_text, when_text
from gui.sessions.new_session import zones
from gui.station import Station
from gui.table_look import chosen_row, look_of_rows
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
        self.add_button = push_button("New schedule…", self.add, self, icon="plus", role="primary", keys="Ctrl+N")
        self.change_button = push_button("Change…", self.change, self, icon="edit", keys="Enter")
        self.run_button = push_button("Run now", self.run_now, self, icon="play", keys="R")
        self.switch_button = push_button("Switch off", self.switch, self, keys="Space")
        self.job_button = push_button("Show last job", self.show_job, self, icon="jobs")
        self.remove_button = push_button("Remove", self.remove, self, icon="trash", role="danger", keys="Del")
        self._lay_out()
        acts = (("R", self.run_now), ("Space", self.switch), ("Del", self.remove))
        on_keys(self.table, (("Return", self.change), ("Enter", self.change), *acts))
        on_keys(self, (("Ctrl+N", self.add),), WITHIN)
        self._follow = Following(station, self, self._read, self._show, rest_ms=500, tick_ms=1000)
        self._offer()

    def chosen(self) -> Schedule | None:
        """The schedule whose row is chosen."""
        row, found = chosen_row(self.table), self._read_last.schedules
        return found[row] if row is not None and row < len(found) else None

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
        def done(_: object) -> None:
            self._follow.ask()
            if said:
                show_notice(self, said, "ok")

        write_in_background(self._station.database, change, then=done, parent=self)

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

    def _lay_out(self) -> None:
        said = QLabel("Runs that were missed while the worker was away are made up for by one run, and counted.", self)
        said.setWordWrap(True)
        theme.set_role(said, role="muted")
        head = row_of(page_title("Schedules", self), right=[self.add_button])
        foot = row_of(
            right=[self.job_button, self.run_button, self.switch_button, self.change_button, self.remove_button]
        )
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        look_of_rows(table, "Schedules").setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.itemSelectionChanged.connect(self._offer)
        table.doubleClicked.connect(lambda _: self.change())
        self._body = QStackedWidget(self)
        self._body.addWidget(table)
        empty = EmptyState(self, ("New schedule…", self.add))
        empty.say("No schedule yet", "Let a camera capture by itself: every ten minutes, or at half past six each day.")
        self._body.addWidget(empty)
        stack_up(self, (head, said, self._body, foot), self._body)


def _switch(tx: Writing, schedule: Schedule) -> None:
    schedules.update(tx, replace(schedules.get(tx, schedule.id), enabled=not schedule.enabled))
