"""`trackshift jobs watch` on a terminal of its own: bars that move, one document at the end, Ctrl+C stops no job."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.job import Job, JobKind, JobState
from core.process import ProcessBeat, Role
from core.store import jobs, processes
from tests.cli.command import COMMAND
from tests.cli.conftest import Queue
from workers.instance import WorkerLock

termios = pytest.importorskip("termios", reason="needs a pseudo-terminal")
_WITHIN_S = 40.0


class Watching:
    """The running command, and all that its terminal has shown."""

    def __init__(self, queue: Queue, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process, self._queue, self._terminal = process, queue, terminal
        self._shown = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                read = os.read(self._terminal, 4096)
            except OSError:  # the other end was closed
                return
            if not read:
                return
            self._shown += read

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _WITHIN_S
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            assert self.process.poll() is None, self.shown
            _beat(self._queue)
            threading.Event().wait(0.05)

    def end(self) -> tuple[int, dict[str, object]]:
        out, _ = self.process.communicate(timeout=_WITHIN_S)
        self._reader.join()
        document = json.loads(out)
        assert isinstance(document, dict)
        return self.process.returncode, document


def _beat(queue: Queue) -> None:
    """As a worker that is there: the command need not start one."""
    with queue.database.write() as tx:
        processes.beat(tx, ProcessBeat("worker-1", Role.WORKER, os.getpid(), tx.now_ns, tx.now_ns, "1"))


@contextmanager
def _watching(queue: Queue, *argv: str) -> Iterator[Watching]:
    terminal, other_end = os.openpty()
    termios.tcsetwinsize(other_end, (24, 120))
    words = [str(COMMAND), "--data", str(queue.folder.root), "--json", "jobs", "watch", *argv]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=other_end)
    os.close(other_end)
    watching = Watching(queue, process, terminal)
    try:
        yield watching
    finally:
        process.kill()
        process.communicate()
        watching._reader.join()
        os.close(terminal)


@pytest.fixture
def running(queue: Queue) -> Iterator[Job]:
    """A job that a worker has under way."""
    # The lock too: on a busy machine its beat may look old, and a worker started for it would take the job over.
    lock = WorkerLock(queue.folder)
    assert lock.take()
    queue.made("Left front")
    _beat(queue)
    with queue.database.write() as tx:
        job = jobs.claim(tx, worker_id="worker-1", kinds_free=dict.fromkeys(JobKind, 1))
        assert job is not None
        jobs.progress(tx, job, 45.0, "reading", "3 of 7")
    yield job
    lock.release()


def test_bars_move_on_a_terminal_and_one_document_comes_at_the_end(queue: Queue, running: Job) -> None:
    with _watching(queue) as watching:
        watching.wait_for("█████████░░░░░░░░░░░  45 % processing reading · 3 of 7")
        with queue.database.write() as tx:
            jobs.progress(tx, running, 80.0, "copying")
        watching.wait_for("████████████████░░░░  80 % processing copying")
        assert "\033[1A" in watching.shown, "drawn over the line before"
        with queue.database.write() as tx:
            jobs.finish(tx, running, {})
        code, document = watching.end()
    assert code == 0
    assert [job["state"] for job in document["jobs"]] == ["completed"]  # type: ignore[attr-defined]


def test_ctrl_c_ends_the_watching_with_130_and_the_job_goes_on(queue: Queue, running: Job) -> None:
    with _watching(queue, running.id) as watching:
        watching.wait_for("45 %")
        watching.process.send_signal(signal.SIGINT)
        code, document = watching.end()
    assert (code, document["error"]) == (130, "interrupted")
    assert queue.state(running.id) is JobState.PROCESSING


def test_watching_what_is_not_there_is_told(queue: Queue) -> None:
    assert queue.command("jobs", "watch", "no-such-job")[0] == 1
    assert queue.command("jobs", "watch") == (0, {"jobs": []})


def test_what_has_ended_is_answered_at_once_with_how_it_ended(queue: Queue) -> None:
    done, failed = queue.made("done"), queue.made("failed")
    queue.worked()
    queue.worked(broken=True)
    assert queue.command("jobs", "watch", done.id)[0] == 0
    assert queue.command("jobs", "watch", failed.id)[0] == 1
    assert queue.command("jobs", "watch", done.id, failed.id)[0] == 3
