import pytest
from PySide6.QtWidgets import QLabel, QWidget

from core.alert import AlertKind
from core.job import JobError, JobKind, NewJob
from core.settings import save
from core.store import alerts, jobs
from gui.alerts.alert_bar import AlertBar
from gui.alerts.alerts_dialog import AlertsDialog
from gui.alerts.notifier import Notifier, Told, together
from tests.gui.models.filled_station import add_cameras

ANY = {JobKind.CAPTURE: 9, JobKind.IMPORT: 9}
SILENT = JobError("camera_silent", "Pit 1 sends no video")


class Listening(Notifier):
    """Keeps what would be shown."""

    def __init__(self, station, window) -> None:
        self.told: list[Told] = []
        super().__init__(station, window)

    def tell(self, told: Told) -> None:
        self.told.append(told)


@pytest.fixture
def window(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    return made


@pytest.fixture
def notifier(qtbot, station, window) -> Listening:
    add_cameras(station.database, "Pit_1")
    made = Listening(station, window)
    qtbot.waitUntil(lambda: made._revision is not None)
    return made


def write(station, change):
    with station.database.write() as tx:
        return change(tx)


def capture() -> NewJob:
    return NewJob(JobKind.CAPTURE, {"mode": "single_frame", "camera_id": "Pit_1"}, camera_id="Pit_1")


def claim(tx):
    return jobs.claim(tx, worker_id="w", kinds_free=ANY)


def one(station, fails: bool) -> str:
    def work(tx) -> str:
        job = jobs.enqueue(tx, capture())
        jobs.fail(tx, claim(tx), SILENT, None) if fails else jobs.finish(tx, claim(tx), {"frames": 1})
        return job.id

    return write(station, work)


def lost(tx) -> None:
    alerts.raise_alert(tx, AlertKind.CAMERA_LOST, "Pit_1", "Pit_1 is lost", "Check its cable.")


def words(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def test_a_failure_and_an_alert_are_told_and_a_completion_is_not(qtbot, station, notifier):
    one(station, fails=False)
    one(station, fails=True)
    write(station, lost)
    qtbot.waitUntil(lambda: len(notifier.told) == 2)
    assert notifier.told[0] == Told("Frame · Pit 1 failed", "Pit 1 sends no video", "bad")
    assert notifier.told[1] == Told("Camera lost", "Pit_1 is lost", "warn")


def test_what_is_told_elsewhere_is_not_told_twice(qtbot, station, notifier):
    known: list[str] = []
    notifier.told_elsewhere = known.__contains__
    known.append(write(station, lambda tx: jobs.enqueue(tx, capture()).id))
    write(station, lambda tx: jobs.fail(tx, claim(tx), SILENT, None))
    one(station, fails=True)
    qtbot.waitUntil(lambda: len(notifier.told) == 1)


def test_completions_are_told_where_they_are_wished(qtbot, station, notifier):
    station.settings = save(station.folder, {"station.notify_completions": True})
    one(station, fails=False)
    qtbot.waitUntil(lambda: notifier.told == [Told("Frame · Pit 1 is done", "1 frame", "ok")])


def test_a_batch_is_told_once_at_its_end_with_how_many_failed(qtbot, station, notifier):
    write(station, lambda tx: jobs.enqueue_batch(tx, capture(), [capture()] * 3))
    write(station, lambda tx: jobs.fail(tx, claim(tx), SILENT, None))
    write(station, lambda tx: jobs.finish(tx, claim(tx), {}))
    qtbot.wait(700)
    assert not notifier.told
    write(station, lambda tx: jobs.finish(tx, claim(tx), {}))
    qtbot.waitUntil(lambda: notifier.told == [Told("Frame · Pit 1 ended", "2 of 3 done, 1 failed", "bad")])


def test_a_job_that_fails_again_after_retry_is_told_again(qtbot, station, notifier):
    id = one(station, fails=True)
    qtbot.waitUntil(lambda: len(notifier.told) == 1)

    def again(tx) -> None:
        jobs.retry(tx, id)
        jobs.fail(tx, claim(tx), SILENT, None)

    write(station, again)
    qtbot.waitUntil(lambda: len(notifier.told) == 2)


def test_race_mode_is_quiet_and_what_happened_in_it_is_not_told_after(qtbot, station, notifier):
    station.settings = save(station.folder, {"station.race_mode": True})
    before = notifier._revision
    one(station, fails=True)
    qtbot.waitUntil(lambda: notifier._revision != before)
    station.settings = save(station.folder, {"station.race_mode": False})
    one(station, fails=True)
    qtbot.waitUntil(lambda: len(notifier.told) == 1)


def test_a_flood_is_one_sentence():
    told = Told("a failed", "why", "bad")
    assert together([told] * 3) == [told] * 3
    assert together([told] * 40) == [Told("40 jobs ended", "40 with failures. Open Jobs to see which.", "bad")]


def test_the_bar_is_there_while_an_alert_holds_and_the_list_keeps_it(qtbot, station, window):
    bar = AlertBar(station, window)
    bar.resize(900, 44)
    write(station, lost)
    qtbot.waitUntil(bar.isVisible)
    assert bar.said.whole.startswith("Pit_1 is lost, since ") and bar.hint.whole == "Check its cable."
    write(station, lambda tx: alerts.raise_alert(tx, AlertKind.DISK_LOW, "", "The disk is nearly full", ""))
    qtbot.waitUntil(lambda: bar.all.text() == "1 more" and "disk" in bar.said.whole)
    dialog = AlertsDialog(station, window)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: words(dialog).count("holds") == 2)
    write(
        station, lambda tx: (alerts.clear(tx, AlertKind.DISK_LOW, ""), alerts.clear(tx, AlertKind.CAMERA_LOST, "Pit_1"))
    )
    qtbot.waitUntil(lambda: not bar.isVisible())
    qtbot.waitUntil(lambda: words(dialog).count("over after") == 2)


def test_an_empty_list_of_alerts_says_so(qtbot, station, window):
    dialog = AlertsDialog(station, window)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "Nothing to tell" in words(dialog))
