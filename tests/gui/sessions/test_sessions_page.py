import pytest

from core.store import sessions
from gui.sessions.sessions_page import SessionsPage
from tests.gui.models.filled_station import add_cameras, add_frames


@pytest.fixture
def page(qtbot, station) -> SessionsPage:
    made = SessionsPage(station)
    qtbot.addWidget(made)
    made.resize(928, 520)
    made.show()
    return made


def stored(station):
    with station.database.read() as tx:
        return sessions.every(tx)


def opened(qtbot, page):
    page.new_button.click()
    qtbot.waitUntil(lambda: page.dialog is not None and page.dialog.isVisible())
    return page.dialog


def test_the_first_session_is_created_from_the_empty_state_and_becomes_current(qtbot, station, page):
    dialog = opened(qtbot, page)
    dialog.season.setText("2026")
    dialog.event_field.setText("Las Vegas")
    dialog.name.setEditText("Qualifying")
    dialog.zone.setText("america/los angeles")
    dialog.create_button.click()
    qtbot.waitUntil(lambda: len(page.model.rows) == 1)
    (session,) = stored(station)
    assert (session.label, session.time_zone) == ("2026 · Las Vegas · Qualifying", "America/Los_Angeles")
    assert session.current and page.model.rows[0].state == "Current"


def test_an_unknown_zone_or_an_empty_name_keeps_the_dialog_open(qtbot, station, page):
    dialog = opened(qtbot, page)
    dialog.zone.setText("Rome")
    dialog.create_button.click()
    assert dialog.isVisible() and dialog.zone.property("invalid") == "true"
    dialog.zone.setText("Europe/Rome")
    dialog.season.clear()
    dialog.name.setEditText("")
    dialog.create_button.click()
    assert dialog.isVisible()
    dialog.reject()
    assert stored(station) == []


def test_switching_and_closing_keep_every_file_where_it_is(qtbot, station, page):
    add_cameras(station.database, "Pit_1")
    with station.database.write() as tx:
        first = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        second = sessions.create(tx, "2026", "Monza", "FP2", "Europe/Rome")
    add_frames(station, "Pit_1", range(4), session_id=first.id)
    qtbot.waitUntil(lambda: [row.files for row in page.model.rows] == [0, 4])
    page.table.selectRow(0)
    assert page.switch_button.isEnabled()
    page.switch_button.click()
    qtbot.waitUntil(lambda: [row.state for row in page.model.rows] == ["Current", "Open"])
    assert page.chosen().id == second.id  # still chosen
    page.table.selectRow(1)
    page.close_button.click()
    qtbot.waitUntil(lambda: [row.state for row in page.model.rows] == ["Current", "Closed"])
    assert page.model.rows[1].files == 4
    assert not page.switch_button.isEnabled() and not page.close_button.isEnabled()
