"""The station tells its window that something changed, and goes on whatever keeps it from reading."""

import sqlite3

from core.camera import Camera
from core.settings import save
from core.store import cameras, stations


def test_what_another_process_commits_is_told(station, folder, qtbot):
    with qtbot.waitSignal(station.changed):
        pass
    with qtbot.waitSignal(station.changed), station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/live"))
    with qtbot.waitSignal(station.changed):
        other = sqlite3.connect(folder.database)
        other.executescript("UPDATE station SET sync_paused = 1; UPDATE counters SET number = number + 1;")
        other.commit()
        other.close()


def test_settings_that_were_saved_are_followed(station, folder, qtbot):
    with qtbot.waitSignal(station.settings_changed):
        save(folder, {"station.operator": "Ana"})
        with station.database.write() as tx:
            stations.bump_settings(tx)
    assert station.settings.station.operator == "Ana"


def test_a_bump_without_a_change_is_not_told_as_one(station, qtbot):
    told = []
    station.settings_changed.connect(lambda: told.append(1))
    with qtbot.waitSignal(station.changed), station.database.write() as tx:
        stations.bump_settings(tx)
    qtbot.wait(300)
    assert told == []


def test_a_broken_settings_file_is_told_and_the_old_settings_stay(station, folder, qtbot):
    before = station.settings
    folder.settings_file.write_text("nonsense = [", "utf-8")
    with qtbot.waitSignal(station.trouble) as told, station.database.write() as tx:
        stations.bump_settings(tx)
    assert "settings.toml" in str(told.args[0])
    assert station.settings is before
