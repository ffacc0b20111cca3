"""One worker a data folder, held by the operating system."""

import os
import subprocess
import sys
from pathlib import Path

from core.paths import DataFolder
from tests.conftest import eventually
from workers.instance import WorkerLock

ROOT = Path(__file__).resolve().parents[2]


def test_the_second_does_not_get_the_lock_until_the_first_lets_go(tmp_path: Path):
    first, second = WorkerLock(DataFolder(tmp_path)), WorkerLock(DataFolder(tmp_path))
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


def test_the_lock_of_a_killed_worker_is_free(tmp_path: Path):
    program = (
        "import sys, time; from pathlib import Path; from core.paths import DataFolder\n"
        "from workers.instance import WorkerLock\n"
        f"lock = WorkerLock(DataFolder(Path({str(tmp_path)!r})))\n"
        "print(lock.take(), flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"True\n"
        lock = WorkerLock(DataFolder(tmp_path))
        assert not lock.take()
        holder.kill()
    assert eventually(lock.take)
    lock.release()
