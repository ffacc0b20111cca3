"""What holds for every test: a home of its own, no screen, and no log, thread or process left behind."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core import worker_process
from core.settings import Settings
from tests.real.xvfb import Display, running_xvfb

pytest_plugins = ["tests.real.fixtures"]

GRACE_S = 5.0
MARK = "TRACKSHIFT_TEST_RUN"
# The operator's own settings, sessions and secrets are none of a test's business.
FOREIGN = ("TRACKSHIFT_", "XDG_", "DBUS_", *(f"{section.upper()}__" for section in Settings.model_fields))
FOREIGN += ("BIGQUERY_", "GOOGLE_", "GCP_PROJECT", "PROJECT_ID", "LOCATION", "CLOUD_REGION")
# One per Python process that spawned; it ends with that process.
NOT_OURS = "multiprocessing.resource_tracker"


def pytest_configure(config: pytest.Config) -> None:
    """Before anything of ours is imported: child processes and servers of whole sessions inherit it."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    home = tempfile.TemporaryDirectory(prefix="station-home-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    runtime = Path(home.name) / "run"
    runtime.mkdir(mode=0o700)
    os.environ |= {
        "HOME": home.name,
        "USERPROFILE": home.name,
        "XDG_RUNTIME_DIR": str(runtime),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        MARK: uuid.uuid4().hex,
    }
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@contextlib.contextmanager
def watched_logs(level: int) -> Iterator[list[str]]:
    """What is logged at `level` or above, by any logger and thread, whatever handlers a test sets up or removes."""
    seen: list[str] = []
    make = logging.getLogRecordFactory()

    def keep(*args: object, **fields: object) -> logging.LogRecord:
        record = make(*args, **fields)
        if record.levelno >= level:
            seen.append(f"{record.levelname} {record.name}: {record.getMessage()}")
        return record

    logging.setLogRecordFactory(keep)
    try:
        yield seen
    finally:
        logging.setLogRecordFactory(make)


def eventually(reached: Callable[[], bool], within_s: float = GRACE_S) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


def running_threads() -> set[threading.Thread]:
    """Python's own threads; those that Qt or a codec made are seen by Python once and never leave its list."""
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def is_left_behind(pid: int) -> bool:
    """Whether a process that was not there before is alive and ours: a descendant, or marked as started by this run."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or NOT_OURS in " ".join(process.cmdline()):
            return False
        ours = any(parent.pid == os.getpid() for parent in process.parents())
        return ours or process.environ().get(MARK) == os.environ[MARK]
    except (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError):
        return False


def told(pid: int) -> str:
    try:
        return f"{pid} {' '.join(psutil.Process(pid).cmdline())[:200]}"
    except psutil.NoSuchProcess:
        return str(pid)


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that logs a warning nobody asked for, or leaves a thread or a process running.

    A test that means to provoke warnings carries the mark `allow_warnings`. What a session's or a module's fixture
    started is older than the test, and not its fault.
    """
    threads, pids = running_threads(), set(psutil.pids())
    with watched_logs(logging.WARNING) as logged:
        yield
        eventually(lambda: not (running_threads() - threads))
    left_threads = sorted(thread.name for thread in running_threads() - threads)
    eventually(lambda: not any(map(is_left_behind, set(psutil.pids()) - pids)))
    worker_process.reap()
    left_processes = [(pid, told(pid)) for pid in set(psutil.pids()) - pids if is_left_behind(pid)]
    for pid, _ in left_processes:  # or it disturbs every test after this one
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
    if request.node.get_closest_marker("allow_warnings"):
        logged = []
    faults = {"logged": logged, "threads left": left_threads, "processes left": [text for _, text in left_processes]}
    if any(faults.values()):
        pytest.fail("\n".join(f"{what}: {found}" for what, found in faults.items() if found), pytrace=False)


@pytest.fixture(autouse=True)
def no_secret_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What logs mask grows while a process lives, and one test's password may be another's plain word."""
    monkeypatch.setattr("core.redaction._known", set())
    monkeypatch.setattr("core.redaction._pattern", None)


@pytest.fixture(scope="session")
def xvfb() -> Iterator[Display]:
    """A real X server, for tests marked `xvfb`: they start the window in a process of its own, with its environment."""
    with running_xvfb() as display:
        yield display
