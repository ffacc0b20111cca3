"""Starting the worker, detached: it outlives the window or command that missed it."""

import os
import subprocess
import sys
from pathlib import Path

from core.paths import DataFolder
from core.process import Role
from core.store import processes
from core.store.database import Database

_DETACHED = 0
if sys.platform == "win32":
    _DETACHED = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP

_started: list[subprocess.Popen[bytes]] = []
"""Kept until they are reaped."""


def start_worker(folder: DataFolder, *, mode: str = "--while-needed") -> subprocess.Popen[bytes]:
    """Start one and return at once; if another has the lock it leaves by itself, with 0. It prints to logs/worker.out.

    mode: "--while-needed", "--until-idle" or "" (until it is stopped).
    """
    reap()
    folder.logs.mkdir(parents=True, exist_ok=True)
    printed = os.open(folder.logs / "worker.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [*worker_command(), "worker", *([mode] if mode else [])],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            env={**os.environ, "TRACKSHIFT_DATA": str(folder.root)},
            # Its own folder would pin a drive that the operator wants to pull out.
            cwd=folder.root.anchor,
            start_new_session=os.name == "posix",
            creationflags=_DETACHED,
        )
        _started.append(process)
        return process
    finally:
        os.close(printed)


def reap() -> None:
    """Forget those that were started here and have ended."""
    _started[:] = [process for process in _started if process.poll() is None]


def worker_command() -> list[str]:
    """The installed command: frozen, it lies beside this executable; else this Python runs it."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("trackshift.exe" if os.name == "nt" else "trackshift"))]
    # -P: the working folder is no place to import from.
    return [sys.executable, "-P", "-m", "trackshift"]


def worker_is_present(database: Database) -> bool:
    """Whether a worker of this data folder has beaten within the last seconds."""
    with database.read() as tx:
        return bool(processes.present(tx, Role.WORKER))
