"""A real worker in a process of its own, with its local API on."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import COMMAND, trackshift

_WITHIN_S = 60.0


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(reached: Callable[[], bool], told: Callable[[], str]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not reached():
        assert time.monotonic() < deadline, told()
        threading.Event().wait(0.1)


@contextmanager
def api_worker(data: Path, port: int) -> Iterator[Mapping[str, str]]:
    """Yields the environment it runs in, once it answers."""
    store, out = data.with_name("store"), data.with_name("worker.out")
    store.mkdir()
    environment = os.environ | {
        "TRACKSHIFT_DATA": str(data),
        "API__ENABLED": "true",
        "API__PORT": str(port),
        "STORAGE__KIND": "folder",
        "STORAGE__FOLDER": str(store),
    }
    with open(out, "wb") as printed:
        worker = subprocess.Popen([str(COMMAND), "worker"], env=environment, stdout=printed, stderr=printed)
    try:
        wait_for(lambda: answers(port), lambda: out.read_text(errors="replace"))
        yield environment
    finally:
        trackshift(data, "worker", "--stop")
        worker.wait(30)
