"""Waiting for the worker: starts it if none beats, restarts it if it dies, returns when what was asked for is so."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TypeVar

from cli.station import Station
from core.errors import WorkerAbsent
from core.ids import new_id
from core.job import ENDED, Job
from core.process import BEAT_S, ProcessBeat, Role
from core.store import jobs, processes
from core.store.changes import Changes
from core.worker_process import start_worker, worker_is_present

T = TypeVar("T")
_POLL_S = 0.05
_STARTS = 3
"""So many in a row that end with an error, and another is no use."""
_START_AGAIN_S = 5.0
"""A worker just started needs this long at the most before its first beat is seen."""


def wait_for_job(station: Station, job_id: str) -> Job:
    """Return the job once it has ended. Closing this command does not stop the job."""

    def ended() -> Job | None:
        with station.database.read() as tx:
            job = jobs.get(tx, job_id)
        _show_progress(job)
        return job if job.state in ENDED else None

    job = wait_until(station, ended)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return job


def wait_until(station: Station, reached: Callable[[], T | None]) -> T:
    """Call `reached` whenever the database changed until it returns something; keeps a worker alive meanwhile.

    Raises KeyboardInterrupt when the operator interrupts.
    """
    changes = Changes(station.folder)
    try:
        with _interrupts() as interrupted, _presence(station) as keep_present:
            while True:
                answer = reached()
                if answer is not None:
                    return answer
                while True:  # once at least between two answers, however much changes
                    keep_present()
                    if interrupted.wait(_POLL_S):
                        raise KeyboardInterrupt
                    if changes.changed():
                        break
    finally:
        changes.close()


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set by Ctrl+C. Python's own KeyboardInterrupt can be lost: raised while some object is being finalised, it is
    printed and forgotten."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    former = signal.signal(signal.SIGINT, lambda _number, _frame: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, former)


@contextmanager
def _presence(station: Station) -> Iterator[Callable[[], None]]:
    """Beat a row that needs the worker, so that a `--while-needed` one stays; start one when none beats."""
    own_id, started_at_ns = new_id(), time.time_ns()
    next_beat = next_start = 0.0
    started: list[subprocess.Popen[bytes]] = []

    def keep_present() -> None:
        nonlocal next_beat, next_start
        now = time.monotonic()
        if now < next_beat:
            return
        next_beat = now + BEAT_S
        with station.database.write() as tx:
            processes.beat(
                tx,
                ProcessBeat(
                    id=own_id,
                    role=Role.COMMAND,
                    pid=os.getpid(),
                    started_at_ns=started_at_ns,
                    beat_at_ns=tx.now_ns,
                    version=version("trackshift-station"),
                ),
            )
        if now >= next_start and not worker_is_present(station.database):
            if len(started) >= _STARTS and all(worker.poll() for worker in started[-_STARTS:]):
                raise WorkerAbsent(
                    "The worker ends as soon as it starts",
                    hint=f"What it said is in {station.folder.logs / 'worker.out'}. The job stays queued.",
                )
            started.append(start_worker(station.folder, mode="--while-needed"))
            next_start = now + _START_AGAIN_S

    keep_present()
    try:
        yield keep_present
    finally:
        with station.database.write() as tx:
            processes.leave(tx, own_id)


def _show_progress(job: Job) -> None:
    if sys.stderr.isatty():
        waits = f" ({job.held_because})" if job.held_because else ""
        print(f"\r\033[K{job.state}{waits} {job.progress:.0f} % {job.stage} {job.message}", end="", file=sys.stderr)
