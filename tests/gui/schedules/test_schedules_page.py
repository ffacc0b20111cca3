import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from core.job import JobKind, NewJob
from core.schedule import Schedule, ScheduleTrigger
from core.store import jobs, schedules
from gui.schedules.schedule_dialog import ScheduleDialog
from gui.schedules.schedules_page import SchedulesPage
from tests.gui.models.filled_station import add_cameras

EVERY = Schedule(
    "Box", JobKind.CAPTURE, ScheduleTrigger.INTERVAL, {"mode": "burst", "count": 3}, camera_id="Pit_1", every_s=600
)


@pytest.fixture
def page(qtbot, station) -> SchedulesPage:
    add_cameras(station.database, "Pit_1")
    made = SchedulesPage(station)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def write(station, change):
    with station.database.write() as tx:
        return change(tx)


def every(station) -> list[Schedule]:
    with station.database.read() as tx:
        return schedules.every(tx)


def cells(page, row: int = 0) -> list[str]:
    items = [page.table.item(row, column) for column in range(page.table.columnCount())]
    return [item.text() if item is not None else "" for item in items]


def add(qtbot, station, page, schedule: Schedule = EVERY) -> Schedule:
    made = write(station, lambda tx: schedules.add(tx, schedule))
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    page.table.selectRow(0)
    page.table.setFocus()
    return made


def test_no_schedule_yet_says_what_one_is_for(qtbot, page):
    qtbot.waitUntil(lambda: any("No schedule yet" in label.text() for label in page.findChildren(QLabel)))


def test_next_last_and_missed_runs_are_shown(qtbot, station, page):
    made = add(qtbot, station, page)
    assert cells(page)[:4] == ["Box", "Burst · Pit 1", "Every 10 minutes", "Not planned yet: the worker does it"]
    assert cells(page)[4:] == ["Never", "None"]
    job = write(station, lambda tx: jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}, camera_id="Pit_1")))

    def ran(tx) -> None:
        schedules.plan(tx, made, time.time_ns() + 250 * 10**9)
        schedules.ran(tx, made, job, 3)

    write(station, ran)
    qtbot.waitUntil(lambda: cells(page)[5] == "3")
    assert cells(page)[3].endswith("in 4 min") and cells(page)[4] != "Never"
    with qtbot.waitSignal(page.job_wanted) as asked:
        page.job_button.click()
    assert asked.args == [job.id]


def test_run_now_switch_and_remove_by_keys(qtbot, station, page):
    add(qtbot, station, page)
    qtbot.keyClick(page.table, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: every(station)[0].run_asked)
    qtbot.waitUntil(lambda: cells(page)[3].startswith("Now"))
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not every(station)[0].enabled)
    qtbot.waitUntil(lambda: page.switch_button.text() == "Switch on")
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not every(station) and page.table.rowCount() == 0)
    assert not page.run_button.isEnabled()


def test_a_new_schedule_by_the_calendar_of_a_place_is_checked_as_it_is_saved(qtbot, station, page):
    qtbot.waitUntil(lambda: bool(page._read_last.cameras))
    page.add()
    qtbot.waitUntil(lambda: page.dialog is not None and page.dialog.isVisible())
    dialog = page.dialog
    assert isinstance(dialog, ScheduleDialog)
    dialog.accept()
    assert "name" in dialog._wrong.text()
    dialog.name.setText("Before the session")
    dialog.trigger.setCurrentIndex(1)
    dialog.cron.setText("61 6 * * *")
    dialog.zone.setText("europe/rome")
    dialog.accept()
    assert "61" in dialog._wrong.text() and dialog.isVisible()
    dialog.cron.setText("30  6 * * mon-fri")
    dialog.accept()
    qtbot.waitUntil(lambda: len(every(station)) == 1)
    made = every(station)[0]
    assert (made.cron, made.time_zone, made.params) == ("30 6 * * mon-fri", "Europe/Rome", {"mode": "single_frame"})
    qtbot.waitUntil(lambda: cells(page)[2] == "30 6 * * mon-fri  (Europe/Rome)")


def test_a_changed_schedule_keeps_what_was_not_changed(qtbot, station, page):
    made = add(qtbot, station, page)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.dialog is not None and page.dialog.isVisible())
    assert page.dialog.schedule() == made
    page.dialog.number.setValue(15)
    page.dialog.accept()
    qtbot.waitUntil(lambda: every(station)[0].every_s == 900)
    assert every(station)[0].params == EVERY.params
