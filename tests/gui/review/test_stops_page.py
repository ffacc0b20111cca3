"""The Stops page lists a session's stops with their doubt, plots them, locks, exports and takes them out."""

import csv

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton

from core.ids import new_id
from core.job import JobKind
from core.result import ResultFile, media_type_of
from core.stop import Stop
from core.store import jobs, results, sessions, stops
from gui.review.stops_page import StopsPage
from gui.toast import Notice
from tests.gui.review.stopped_station import NOON_NS, a_stop, add_camera, keep


@pytest.fixture
def page(qtbot, station) -> StopsPage:
    made = StopsPage(station)
    qtbot.addWidget(made)
    made.resize(1300, 800)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def filled(qtbot, station, page) -> list[Stop]:
    add_camera(station.database, "Pit_1", "Box 1")
    made = [
        keep(station.database, a_stop("Pit_1", None, NOON_NS + at * 10**9, times, job_id=None))
        for at, times in ((0, (1.0, 2.0, 4.5, 5.0)), (60, (1.0, 2.0, 4.2, 5.0)), (120, (1.0, 2.0, 6.0, 7.0)))
    ]
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 3)
    return made


def cell(page, row: int, column: int) -> str:
    return page.table.model().index(row, column).data()


def words(page) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))


def test_no_stop_yet_says_what_to_do_first(qtbot, station, page):
    qtbot.waitUntil(lambda: "Draw the pit box of a camera" in words(page))
    with qtbot.waitSignal(page.cameras_wanted):
        page.empty.buttons[0].click()
    add_camera(station.database, "Pit_1", "Box 1")
    qtbot.waitUntil(lambda: "come here by themselves" in words(page))
    assert not page.empty.buttons[0].isVisible()


def test_every_time_stands_beside_its_doubt_and_the_shortest_is_marked(qtbot, station, page):
    filled(qtbot, station, page)
    assert cell(page, 0, 3) == "2.500 s ± 0.009 s"
    assert cell(page, 1, 7) == "Best"
    assert cell(page, 1, 6) == "Machine, live"
    assert "2.200 s ± 0.009 s" in page.plot.accessibleName()
    assert page.table.chosen() is not None


def test_a_point_of_the_plot_chooses_its_stop(qtbot, station, page):
    made = filled(qtbot, station, page)
    place = page.plot.place_of(made[1].id)
    assert place is not None
    qtbot.mouseClick(page.plot, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert page.table.chosen().id == made[1].id


def test_a_lock_is_shown_and_a_stop_taken_out_can_be_had_back(qtbot, station, page):
    made = filled(qtbot, station, page)
    page.table.choose(made[0].id)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: cell(page, 0, 7) == "Locked")
    assert page.lock_button.text() == "Unlock"
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 2)
    with station.database.write() as tx:
        stops.undelete(tx, made[0].id)
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 3)


def test_the_table_is_written_as_csv(qtbot, station, page, tmp_path):
    made = filled(qtbot, station, page)
    target = tmp_path / "stops.csv"
    page.acts.export(target, made, {})
    qtbot.waitUntil(target.exists)
    with open(target, newline="", encoding="utf-8") as file:
        assert [row["standing_s"] for row in csv.DictReader(file)] == ["2.500000", "2.200000", "4.000000"]


def test_a_session_shows_its_own_stops(qtbot, station, page):
    filled(qtbot, station, page)
    with station.database.write() as tx:
        session = sessions.create(tx, season="2026", event="Monza", name="FP1", time_zone="UTC")
        stops.keep(tx, [a_stop("Pit_1", None, NOON_NS + 1800 * 10**9, session_id=session.id)], clip_id=None)
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 1)
    page.chooser.setCurrentIndex(page.chooser.findText("Without a session"))
    page.chooser.activated.emit(page.chooser.currentIndex())
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 3)


def test_the_dossier_is_a_job_and_opens_from_the_notice_that_it_is_made(qtbot, station, page, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    made = filled(qtbot, station, page)
    page.table.choose(made[2].id)
    page.dossier_of_chosen()

    def said(text: str) -> list[Notice]:
        return [notice for notice in page.window().findChildren(Notice) if notice.text == text]

    qtbot.waitUntil(lambda: bool(said("The dossier is being made.")))
    with station.database.write() as tx:
        job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.REPORT: 1})
        assert job is not None and job.params == {"stop": made[2].id}
        for name in ("dossier.html", "dossier.pdf"):
            path = f"results/{job.id}/1/{name}"
            file = ResultFile(new_id(), job.id, name, path, media_type_of(name), 1, "0" * 64)
            results.add(tx, file, station_id="station-1")
        jobs.finish(tx, job, {})
    qtbot.waitUntil(lambda: bool(said("The dossier is made.")))
    (button,) = said("The dossier is made.")[0].findChildren(QPushButton)
    button.click()
    assert opened == [str(station.folder.root / "results" / job.id / "1" / "dossier.pdf")]
