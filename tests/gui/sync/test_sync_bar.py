import pytest

from core.paths import DataFolder
from core.process import ProcessBeat, Role
from core.store import processes, stations, uploads
from gui.sync import sync_bar
from gui.sync.sync_bar import SyncBar
from tests.gui.models.filled_station import add_cameras, add_frames


@pytest.fixture
def bar(qtbot, station) -> SyncBar:
    add_cameras(station.database, "Pit_1")
    add_frames(station, "Pit_1", range(3))
    with station.database.write() as tx:
        processes.beat(tx, ProcessBeat("w", Role.WORKER, 1, tx.now_ns, tx.now_ns, "0"))
    made = SyncBar(station)
    qtbot.addWidget(made)
    made.resize(700, 58)
    made.show()
    qtbot.waitUntil(lambda: "3 files" in made.text.whole)
    return made


def claim_and(station, change) -> None:
    with station.database.write() as tx:
        change(tx, uploads.claim_next(tx, "w"))


def test_offline_is_calm_and_says_that_nothing_is_lost(qtbot, station, bar):
    claim_and(station, lambda tx, upload: uploads.wait(tx, upload, "No network"))
    qtbot.waitUntil(lambda: bar.title.text() == "3 files wait, nothing is lost")
    assert bar.text.whole == "No network"
    assert not bar.property("level") and not bar.mend.isVisible()


def test_blocked_says_what_to_do_and_leads_to_the_storage_settings(qtbot, station, bar):
    claim_and(station, lambda tx, upload: uploads.block(tx, upload, "pit-nas refused the keys"))
    qtbot.waitUntil(lambda: bar.title.text() == "1 file blocked")
    assert "refused the keys" in bar.text.whole
    with qtbot.waitSignal(bar.storage_wanted):
        bar.mend.click()


def test_safe_to_leave_shows_once_all_is_verified(qtbot, station, bar):
    for _ in range(3):
        claim_and(station, lambda tx, upload: uploads.verified(tx, upload, "etag", "etag"))
    qtbot.waitUntil(lambda: bar.title.text() == "Safe to leave")
    assert not bar.now.isEnabled()


def test_pause_and_resume_are_the_databases_truth(qtbot, station, bar):
    def paused() -> bool:
        with station.database.read() as tx:
            return stations.sync_paused(tx)

    bar.pause.click()
    qtbot.waitUntil(lambda: paused() and bar.pause.text() == "Resume")
    assert bar.title.text() == "Paused"
    bar.pause.click()
    qtbot.waitUntil(lambda: not paused() and bar.pause.text() == "Pause")


def test_sync_now_wakes_the_worker_or_starts_one(qtbot, station, bar, monkeypatch):
    started: list[DataFolder] = []
    monkeypatch.setattr(sync_bar, "start_worker", started.append)

    def wake() -> int:
        with station.database.read() as tx:
            return stations.wake_revision(tx)

    before = wake()
    bar.now.click()
    qtbot.waitUntil(lambda: wake() > before)
    assert not started
    with station.database.write() as tx:
        processes.leave(tx, "w")
    qtbot.waitUntil(lambda: "wait for the worker" in bar.text.whole)
    bar.now.click()
    qtbot.waitUntil(lambda: started == [station.folder])


def test_what_does_not_fit_is_in_the_tool_tip(qtbot, bar):
    bar.resize(420, 58)
    bar.text.set_text("a sentence " * 20)
    assert bar.text.text().endswith("…")
    assert bar.text.toolTip() == "a sentence " * 20
