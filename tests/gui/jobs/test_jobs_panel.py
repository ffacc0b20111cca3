import time

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from core.job import JobError, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.process import ProcessBeat, Role
from core.store import jobs, processes
from gui.jobs import jobs_panel
from gui.jobs.jobs_panel import JobsPanel
from tests.gui.models.filled_station import add_cameras

GONE = JobError("instant_gone", "The picture is no longer in the ring", "Press Capture now.", permanent=True)
SILENT = JobError("camera_silent", "Pit 1 sends no video", "Restart the camera.")
ANY = {JobKind.CAPTURE: 9, JobKind.IMPORT: 9}


@pytest.fixture
def panel(qtbot, station) -> JobsPanel:
    add_cameras(station.database, "Pit_1")
    made = JobsPanel(station)
    qtbot.addWidget(made)
    made.set_expanded(True)
    made.show()
    return made


def capture(**fields) -> NewJob:
    return NewJob(JobKind.CAPTURE, {"mode": "single_frame", "camera_id": "Pit_1"}, camera_id="Pit_1", **fields)


def write(station, change):
    with station.database.write() as tx:
        return change(tx)


def beat(tx) -> None:
    processes.beat(tx, ProcessBeat("w", Role.WORKER, 1, tx.now_ns, tx.now_ns, "0"))


def claim(tx):
    return jobs.claim(tx, worker_id="w", kinds_free=ANY)


def words(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def button(widget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget))


def state(station, id: str) -> JobState:
    with station.database.read() as tx:
        return jobs.get(tx, id).state


def test_a_panel_with_nothing_to_do_says_so(panel):
    assert "Nothing to do" in words(panel)


def test_a_job_is_followed_in_its_one_card_from_waiting_to_done(qtbot, station, panel):
    write(station, beat)
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    qtbot.waitUntil(lambda: "Waits for its turn." in words(panel))
    card = panel.card(job.id)
    assert "Frame · Pit 1" in words(card)
    running = write(station, claim)
    write(station, lambda tx: jobs.progress(tx, running, 40, "decoding", "1 of 2"))
    qtbot.waitUntil(lambda: "40 %" in words(card))
    assert "decoding · 1 of 2" in words(card)
    write(station, lambda tx: jobs.finish(tx, running, {"frames": ["a"]}))
    qtbot.waitUntil(lambda: "Done" in words(card))
    assert "1 frame" in words(card)
    assert panel.card(job.id) is card
    assert panel.state.active == 0


def test_a_capture_whose_instant_is_gone_offers_to_capture_now(qtbot, station, panel):
    write(station, beat)
    params = {"mode": "burst", "camera_id": "Pit_1", "at_ns": 5, "epoch": 1, "pts": 90_000, "count": 7}
    asked = NewJob(JobKind.CAPTURE, params, name="Burst of the wheel", camera_id="Pit_1")
    job = write(station, lambda tx: jobs.enqueue(tx, asked))
    write(station, lambda tx: jobs.fail(tx, claim(tx), GONE, None))
    qtbot.waitUntil(lambda: "1 failed" in words(panel))
    button(panel.card(job.id), "Capture now").click()
    qtbot.waitUntil(lambda: len(panel.state.lines) == 2)
    with station.database.read() as tx:
        again = jobs.get(tx, panel.state.lines[0].id)
    assert (again.name, again.params["count"], again.params["epoch"]) == ("Burst of the wheel", 7, None)
    assert abs(int(str(again.params["at_ns"])) - time.time_ns()) < 60 * 10**9


def test_a_failed_job_shows_its_error_and_hint_and_retry_refills_its_tries(qtbot, station, panel):
    write(station, beat)
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    write(station, lambda tx: jobs.fail(tx, claim(tx), SILENT, None))
    qtbot.waitUntil(lambda: "1 failed" in words(panel))
    card = panel.card(job.id)
    assert "Pit 1 sends no video" in words(card) and "Restart the camera." in words(card)
    button(card, "Retry").click()
    qtbot.waitUntil(lambda: state(station, job.id) is JobState.PENDING)
    qtbot.waitUntil(lambda: "Waiting" in words(card))


def test_cancel_works_on_what_waits_and_what_runs(qtbot, station, panel):
    running, waiting = write(station, lambda tx: [jobs.enqueue(tx, capture()) for _ in range(2)])
    write(station, beat)
    write(station, claim)
    qtbot.waitUntil(lambda: len(panel.state.lines) == 2 and panel.state.worker_present)
    for job in (running, waiting):
        button(panel.card(job.id), "Cancel").click()
        qtbot.waitUntil(lambda id=job.id: state(station, id) is JobState.CANCELLED)
    qtbot.waitUntil(lambda: words(panel).count("Cancelled") == 2)


def test_a_batch_tells_its_partial_success_and_opens_to_its_jobs(qtbot, station, panel):
    write(station, beat)
    batch = write(station, lambda tx: jobs.enqueue_batch(tx, capture(name="Frame · 4 cameras"), [capture()] * 4))

    def work(tx) -> None:
        for _ in range(3):
            jobs.finish(tx, claim(tx), {})
        jobs.fail(tx, claim(tx), GONE, None)

    write(station, work)
    qtbot.waitUntil(lambda: "3 of 4 done, 1 failed" in words(panel))
    card = panel.card(batch.id)
    card.open_wanted.emit(batch.id)
    qtbot.waitUntil(lambda: "no longer in the ring" in words(card))
    button(card, "Retry").click()  # of the batch: its failed jobs
    qtbot.waitUntil(lambda: "3 of 4 done" in words(card) and "failed" not in words(card))


def test_the_panel_offers_start_while_the_worker_is_absent(qtbot, station, panel, monkeypatch):
    started: list[DataFolder] = []
    monkeypatch.setattr(jobs_panel, "start_worker", started.append)
    write(station, lambda tx: jobs.enqueue(tx, capture()))
    qtbot.waitUntil(lambda: "Waits: the worker is not running" in words(panel))
    panel.start.click()
    qtbot.waitUntil(lambda: started == [station.folder])
    write(station, beat)
    qtbot.waitUntil(lambda: "Worker running" in words(panel))
    assert not panel.start.isVisible()


def test_what_ended_more_than_five_minutes_ago_is_not_shown(qtbot, station, panel):
    job = write(station, lambda tx: jobs.enqueue(tx, capture()))
    write(station, lambda tx: jobs.finish(tx, claim(tx), {}))
    qtbot.waitUntil(lambda: len(panel.state.lines) == 1)
    long_ago_ns = time.time_ns() - 301 * 10**9
    with station.database.write() as tx:
        tx.connection.exec_driver_sql("UPDATE jobs SET completed_at_ns = ? WHERE id = ?", (long_ago_ns, job.id))
    qtbot.waitUntil(lambda: not panel.state.lines)


def test_a_closed_panel_is_its_header_alone(panel):
    opened = panel.sizeHint().height()
    panel.set_expanded(False)
    assert panel.sizeHint().height() == jobs_panel.HEAD_PX < opened
    assert "none active" in words(panel)
