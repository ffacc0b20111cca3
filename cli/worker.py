"""`trackshift worker`: runs the worker in this process, or asks the running one to stop and waits until it has."""

import argparse
import threading
import time

from cli.answer import Answer, Exit
from cli.station import Station, open_station
from core.paths import DataFolder
from core.process import Role
from core.store import processes


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Run until nothing needs it (or for ever, by default); a second worker on one data folder leaves at once."""
    if arguments.stop:
        with open_station(folder) as station:
            return _stop(station)
    from workers.app import Mode, run_worker

    mode = Mode.FOREVER
    if arguments.while_needed:
        mode = Mode.WHILE_NEEDED
    elif arguments.until_idle:
        mode = Mode.UNTIL_IDLE
    code = run_worker(folder, mode=mode)
    return Answer({"exit": code}, "", Exit(code))


def _stop(station: Station) -> Answer:
    with station.database.write() as tx:
        running = processes.present(tx, Role.WORKER, tx.now_ns)
        processes.ask_stop(tx, "asked by trackshift worker --stop")
    if not running:
        return Answer({"stopped": False}, "No worker was running.")
    nothing = threading.Event()
    while not nothing.wait(0.05):
        with station.database.read() as tx:
            if not processes.present(tx, Role.WORKER, time.time_ns()):  # its row left, or it died and its beat is old
                break
    return Answer({"stopped": True}, "The worker has stopped. Queued work waits for the next one.")
