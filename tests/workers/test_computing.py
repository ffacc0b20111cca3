"""Children compute: they can be killed at any instant, and nothing they do takes the worker down."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from core.errors import MediaUnreadable
from tests.conftest import eventually
from tests.workers import child_functions as child
from workers.cancellation import Cancelled, CancelToken
from workers.computing import ChildBug, ChildDied, ChildTimedOut, Computing


def test_a_child_answers_is_niced_and_is_used_again(computing: Computing):
    token = CancelToken()
    assert computing.run(child.double, 21, cancel=token) == 42
    first = computing.run(child.own_pid, cancel=token)
    assert first != os.getpid()
    assert computing.run(child.own_pid, cancel=token) == first
    assert computing.run(child.niceness, cancel=token) >= 10


def test_a_cancel_kills_a_busy_child_within_a_second(computing: Computing, tmp_path: Path):
    told = tmp_path / "pid"
    token = CancelToken()

    def cancel_when_busy() -> None:
        eventually(told.exists, 20)
        token.cancel()

    canceller = threading.Thread(target=cancel_when_busy)
    canceller.start()
    with pytest.raises(Cancelled):
        computing.run(child.tell_pid_and_spin, str(told), 60.0, cancel=token)
    canceller.join()
    asked = time.monotonic()
    assert eventually(lambda: not psutil.pid_exists(int(told.read_text())), 2.0)
    assert time.monotonic() - asked < 1.5
    assert computing.run(child.double, 1, cancel=CancelToken()) == 2, "the next child works"


def test_a_cancel_before_a_child_took_it_is_heeded(computing: Computing, tmp_path: Path):
    told = tmp_path / "pid"
    busy, waiting = CancelToken(), CancelToken()
    ended: list[str] = []

    def run(name: str, token: CancelToken) -> None:
        try:
            computing.run(child.tell_pid_and_spin, str(told), 60.0, cancel=token)
        except Cancelled:
            ended.append(name)

    threads = [threading.Thread(target=run, args=("busy", busy))]
    threads[0].start()
    assert eventually(told.exists, 20)
    threads.append(threading.Thread(target=run, args=("waiting", waiting)))
    threads[1].start()
    waiting.cancel()
    assert eventually(lambda: ended == ["waiting"], 2.0)
    busy.cancel()
    for thread in threads:
        thread.join()
    assert ended == ["waiting", "busy"]


def test_a_token_set_before_starts_nothing(computing: Computing):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        computing.run(child.double, 1, cancel=token)


def test_a_child_that_takes_too_long_is_killed(computing: Computing):
    computing.run(child.double, 1, cancel=CancelToken())
    asked = time.monotonic()
    with pytest.raises(ChildTimedOut):
        computing.run(child.spin, 60.0, cancel=CancelToken(), timeout_s=0.3)
    assert time.monotonic() - asked < 2.0


@pytest.mark.parametrize(("function", "exit_code"), [(child.crash, -signal.SIGSEGV), (child.exit_at_once, 3)])
def test_a_crash_is_told_and_the_next_child_works(computing: Computing, function, exit_code: int):
    with pytest.raises(ChildDied) as died:
        computing.run(function, cancel=CancelToken())
    assert died.value.exit_code == exit_code
    assert computing.run(child.double, 3, cancel=CancelToken()) == 6


def test_an_idle_child_that_died_is_replaced(computing: Computing):
    pid = computing.run(child.own_pid, cancel=CancelToken())
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not psutil.pid_exists(pid))
    eventually(lambda: False, 0.3)  # the pool notices in its own time
    assert computing.run(child.double, 4, cancel=CancelToken()) == 8


def test_known_errors_come_back_whole_and_bugs_with_their_traceback(computing: Computing):
    with pytest.raises(MediaUnreadable, match=r"half\.jpg"):
        computing.run(child.refuse, cancel=CancelToken())
    with pytest.raises(ChildBug, match=r"in blunder"):
        computing.run(child.blunder, cancel=CancelToken())
    with pytest.raises(ChildBug, match="CanNotBeUnpickled"):
        computing.run(child.raise_what_can_not_be_unpickled, cancel=CancelToken())


def test_children_die_with_the_worker(tmp_path: Path):
    told = tmp_path / "pid"
    program = (
        "from tests.workers import child_functions as child\n"
        "from workers.cancellation import CancelToken\n"
        "from workers.computing import Computing\n"
        "if __name__ == '__main__':\n"
        f"    Computing(1).run(child.tell_pid_and_spin, {str(told)!r}, 60.0, cancel=CancelToken())\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(program)
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)}) as parent:
        assert eventually(lambda: told.exists() and told.read_text() != "", 30)
        pid = int(told.read_text())
        assert psutil.pid_exists(pid)
        parent.kill()
    assert eventually(lambda: not psutil.pid_exists(pid), 3.0)
