"""A process is alive while it runs, and by its number and its start alone."""

import os
import subprocess
import sys
import time

import psutil

from core.process import ProcessBeat, Role, is_alive
from tests.conftest import eventually


def beat_of(pid: int, started_at_ns: int) -> ProcessBeat:
    return ProcessBeat("w", Role.WORKER, pid, started_at_ns, started_at_ns, "0")


def test_what_died_is_dead_though_whoever_started_it_has_not_asked():
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        beat = beat_of(child.pid, time.time_ns())
        assert is_alive(beat)
        child.kill()
        assert eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        assert not is_alive(beat)
    assert not is_alive(beat)


def test_a_younger_process_with_its_number_is_another():
    assert is_alive(beat_of(os.getpid(), time.time_ns()))
    long_before = int(psutil.Process().create_time() * 1e9) - 60 * 10**9
    assert not is_alive(beat_of(os.getpid(), long_before))
