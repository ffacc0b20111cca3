import json
import shlex

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from core.ids import new_id
from core.job import JobError, JobKind, JobState, NewJob
from core.process import ProcessBeat, Role
from core.result import ResultFile
from core.store import jobs, processes, results, sessions
from gui.jobs.history_page import HistoryPage
from gui.jobs.job_facts import Link, LinkTo
from gui.jobs.link_button import LinkButton
from gui.library.library_page import LibraryPage
from tests.gui.models.filled_station import add_cameras, add_frames

ANY = {JobKind.CAPTURE: 9, JobKind.IMPORT: 9}
SILENT = JobError("camera_silent", "Pit 1 sends no video", "Restart the camera.")


@pytest.fixture
def page(qtbot, station) -> HistoryPage:
    add_cameras(station.database, "Pit_1", "Pit_2")
    made = HistoryPage(station)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.setFocus()
    return made


def capture(**fields) -> NewJob:
    params = {"mode": "single_frame", "camera_id": "Pit_1", "at_ns": 1_795_262_400_000_000_000}
    return NewJob(JobKind.CAPTURE, params, camera_id="Pit_1", **fields)


def write(station, change):
    with station.database.write() as tx:
        return change(tx)


def claim(tx):
    return jobs.claim(tx, worker_id="w", kinds_free=ANY)


def state(station, id: str) -> JobState:
    with station.database.read() as tx:
        return jobs.get(tx, id).state


def words(widget) -> str:
    said = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return "\n".join(said + [link.said for link in widget.findChildren(LinkButton) if link.isVisibleTo(widget)])


def button(widget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget))


def is_offered(widget, text: str) -> bool:
    return any(b.text() == text and b.isVisibleTo(widget) for b in widget.findChildren(QPushButton))


def failed_job(station) -> str:
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    write(station, lambda tx: jobs.fail(tx, claim(tx), SILENT, None))
    return job.id


def test_a_history_with_nothing_in_it_says_what_will_be(qtbot, page):
    qtbot.waitUntil(lambda: "No jobs yet" in words(page))
    page.filter.text.setText("nothing like it")
    qtbot.waitUntil(lambda: "Nothing fits the filter" in words(page))
    page.empty.buttons[0].click()
    qtbot.waitUntil(lambda: "No jobs yet" in words(page))


def test_the_details_tell_error_attempts_and_log_lines(qtbot, station, page):
    id = failed_job(station)
    lines = [
        {"timestamp": "2026-11-21T12:00:01.5Z", "level": "info", "event": "capture started", "attempt": 1},
        {"timestamp": "2026-11-21T12:00:04.5Z", "level": "info", "event": "capture did not complete", "attempt": 1},
    ]
    log = "".join(json.dumps({**line, "job_id": id}) + "\n" for line in lines)
    (station.folder.logs / "worker.log").write_text(log)
    page.show_job(id)
    qtbot.waitUntil(lambda: "Restart the camera." in words(page.details))
    qtbot.waitUntil(lambda: "1 so far, 2 tries left of 3" in words(page.details) and id in words(page.details))
    qtbot.waitUntil(lambda: "3 s · capture did not complete" in words(page.details))
    assert "capture started" in page.details.log.toPlainText()
    qtbot.waitUntil(lambda: page.table.chosen() is not None)


def test_retry_cancel_and_run_next_are_pressed_or_typed(qtbot, station, page):
    id = failed_job(station)
    page.show_job(id)
    qtbot.waitUntil(lambda: page.table.chosen() is not None and page.details.retry.isVisible())
    qtbot.keyClick(page.table, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: state(station, id) is JobState.PENDING)
    qtbot.waitUntil(page.details.run_next.isVisible)
    page.details.run_next.click()

    def runs_next() -> bool:
        with station.database.read() as tx:
            return jobs.get(tx, id).priority > 1000

    qtbot.waitUntil(runs_next)
    qtbot.waitUntil(lambda: "Runs next" in words(page.details))
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: state(station, id) is JobState.CANCELLED)
    qtbot.waitUntil(lambda: not page.details.cancel.isVisible())


def test_all_that_failed_is_tried_again_with_one_press(qtbot, station, page):
    ids = [failed_job(station) for _ in range(3)]
    qtbot.waitUntil(page.retry_all.isEnabled)
    page.retry_all.click()
    qtbot.waitUntil(lambda: {state(station, id) for id in ids} == {JobState.PENDING})
    qtbot.waitUntil(lambda: not page.retry_all.isEnabled())


def test_a_batch_tells_its_partial_success_and_leads_to_the_job_that_failed(qtbot, station, page):
    batch = write(station, lambda tx: jobs.enqueue_batch(tx, capture(name="Four"), [capture()] * 4))

    def work(tx) -> str:
        for _ in range(3):
            jobs.finish(tx, claim(tx), {"frames": 1})
        job = claim(tx)
        jobs.fail(tx, job, SILENT, None)
        return job.id

    failed = write(station, work)
    qtbot.waitUntil(lambda: bool(page.model.rows) and page.model.rows[0].said == "3 of 4 done, 1 failed")
    assert [row.job.id for row in page.model.rows] == [batch.id]
    page.show_job(batch.id)
    qtbot.waitUntil(lambda: "Failed · Frame · Pit 1: Pit 1 sends no video" in words(page.details))
    next(link for link in page.details.findChildren(LinkButton) if link.said.startswith("Failed")).click()
    qtbot.waitUntil(lambda: page.details.details is not None and page.details.details.job.id == failed)
    qtbot.waitUntil(lambda: "Batch: Four" in words(page.details))


def test_the_filter_asks_for_state_kind_session_team_and_words(qtbot, station, page):
    write(station, lambda tx: jobs.enqueue(tx, capture(name="Other")))
    session = write(station, lambda tx: sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome"))
    id = write(station, lambda tx: jobs.enqueue(tx, capture(session_id=session.id, tenant_id="Haas"))).id
    qtbot.waitUntil(lambda: page.filter.session.count() == 2 and len(page.model.rows) == 2)
    page.filter.session.setCurrentIndex(1)
    qtbot.waitUntil(lambda: [row.job.id for row in page.model.rows] == [id])
    page.filter.clear()
    page.filter.team.setText("Haas")
    qtbot.waitUntil(lambda: [row.job.id for row in page.model.rows] == [id])
    page.filter.state.setCurrentIndex(page.filter.state.findData("failed"))
    qtbot.waitUntil(lambda: not page.model.rows)
    page.filter.clear()
    page.filter.text.setText("oth")
    qtbot.waitUntil(lambda: [row.title for row in page.model.rows] == ["Other"])
    page.filter.clear()
    page.filter.days.setCurrentIndex(2)  # yesterday
    qtbot.waitUntil(lambda: not page.model.rows)


def test_from_a_job_to_its_frame_and_from_the_frame_to_its_job(qtbot, station, page):
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    frame = add_frames(station, "Pit_1", range(1), job_id=job.id)[0]
    add_frames(station, "Pit_2", range(5))
    page.show_job(job.id)
    qtbot.waitUntil(lambda: page.details.details is not None and len(page.details.details.made) == 1)
    next(link for link in page.details.findChildren(LinkButton) if link.said.startswith("Frame · Pit 1")).click()
    qtbot.waitUntil(lambda: page.made.viewer is not None and page.made.viewer.windowTitle() == f"Frame {frame.id}")
    viewer = page.made.viewer
    qtbot.waitUntil(lambda: is_offered(viewer, job.id))
    assert viewer._place.text() == "1 of 1"  # among what the job made
    with qtbot.waitSignal(page.made.job_wanted) as asked:
        button(viewer, job.id).click()
    assert asked.args == [job.id]


def test_a_file_that_a_job_made_is_listed_and_opened_as_the_system_does(qtbot, station, page, monkeypatch):
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    file = ResultFile(new_id(), job.id, "tracks.txt", f"results/{job.id}/1/tracks.txt", "text/plain", 2048, "0" * 64)
    write(station, lambda tx: results.add(tx, file, station_id="s1"))
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page.show_job(job.id)
    qtbot.waitUntil(lambda: page.details.details is not None and len(page.details.details.made) == 1)
    next(link for link in page.details.findChildren(LinkButton) if link.said.startswith("tracks.txt · 2.05 kB")).click()
    assert opened == [str(station.folder.absolute(file.path))]


def test_the_librarys_viewer_leads_to_the_job_that_made_a_frame(qtbot, station, page):
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    add_frames(station, "Pit_1", range(1), job_id=job.id)
    library = LibraryPage(station)
    qtbot.addWidget(library)
    library.show()
    qtbot.waitUntil(lambda: library.model.item(0) is not None)
    library.open_at(0)
    qtbot.waitUntil(lambda: is_offered(library.viewer, job.id))
    with qtbot.waitSignal(library.job_wanted) as asked:
        button(library.viewer, job.id).click()
    assert asked.args == [job.id]


def test_a_job_that_was_cleaned_up_is_said_to_be_gone(qtbot, station, page):
    with qtbot.waitSignal(page.details.gone):
        page.show_job("01a200f0dab27dffbfedeee222")
    assert "Choose a job" in words(page.details)


def test_a_running_job_is_followed_in_place(qtbot, station, page):
    write(station, lambda tx: processes.beat(tx, ProcessBeat("w", Role.WORKER, 1, tx.now_ns, tx.now_ns, "0")))
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    page.show_job(job.id)
    qtbot.waitUntil(lambda: "Waits for its turn." in words(page.details))
    running = write(station, claim)
    write(station, lambda tx: jobs.progress(tx, running, 40, "decoding", "1 of 2"))
    qtbot.waitUntil(lambda: "Running, 40 %" in words(page.details))
    assert "decoding · 1 of 2" in words(page.details)
    qtbot.waitUntil(lambda: page.model.rows[0].said == "Running 40 %")


def test_a_job_is_copied_as_the_command_that_asks_for_the_same(qtbot, station, page):
    id = failed_job(station)
    page.show_job(id)
    qtbot.waitUntil(lambda: page.details.copy.isVisible())
    button(page.details, "Copy as command").click()
    copied = shlex.split(QGuiApplication.clipboard().text())
    assert copied[:3] == ["trackshift", "--data", str(station.folder.root)]
    assert copied[3:] == ["capture", "Pit_1", "--mode", "single_frame", "--at", "2026-11-21T12:00:00.000000Z"]


def test_a_file_link_is_followed_to_its_folder(monkeypatch, page):
    opened: list[str] = []
    monkeypatch.setattr("gui.jobs.history_page.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    page.follow_link(Link("a.jpg", LinkTo.FILE, "/media/usb/a.jpg"))
    assert opened == ["/media/usb"]
