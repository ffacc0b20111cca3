import time

from core.process import Role
from core.store import processes
from gui.presence import Presence


def present(database):
    with database.read() as tx:
        return processes.present(tx, Role.GUI, time.time_ns())


def test_the_window_beats_while_it_is_open_and_leaves_at_once(station, qtbot):
    presence = Presence(station.database)
    presence.start()
    qtbot.waitUntil(lambda: len(present(station.database)) == 1)
    first = present(station.database)[0].beat_at_ns
    qtbot.waitUntil(lambda: present(station.database)[0].beat_at_ns > first)
    presence.stop()
    assert present(station.database) == []
