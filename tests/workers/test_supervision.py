"""Long-lived threads outlive what goes wrong in them, and every failure is told."""

import threading
import time

import pytest

from core.errors import DatabaseBusy
from tests.conftest import eventually
from workers.supervision import failure_of, reporting, supervise


def test_what_runs_well_has_no_failure_and_a_bug_is_handed_back():
    assert failure_of(lambda: None) is None
    assert isinstance(failure_of(lambda: 1 // 0), ZeroDivisionError)


@pytest.mark.allow_warnings
def test_a_loop_that_raises_is_reported_with_its_traceback_and_started_again(caplog: pytest.LogCaptureFixture):
    stopping, runs = threading.Event(), []

    def run() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise ZeroDivisionError("ours")
        stopping.wait()

    thread = supervise("loop", run, stopping, first_s=0.01)
    assert eventually(lambda: len(runs) == 3)
    stopping.set()
    thread.join()
    assert len(caplog.records) == 2 and all(record.exc_info for record in caplog.records)


def test_a_loop_that_returns_is_not_started_again():
    stopping, runs = threading.Event(), []
    thread = supervise("loop", lambda: runs.append(1), stopping)
    thread.join(1)
    assert runs == [1] and not thread.is_alive()


@pytest.mark.allow_warnings
def test_after_a_run_that_went_well_for_a_while_the_pauses_begin_anew():
    stopping, began_s = threading.Event(), []

    def run() -> None:
        began_s.append(time.monotonic())
        if len(began_s) == 5:
            stopping.wait(0.5)  # longer than the longest pause
        raise ZeroDivisionError("ours")

    thread = supervise("loop", run, stopping, first_s=0.02, cap_s=0.4)
    assert eventually(lambda: len(began_s) >= 6)
    stopping.set()
    thread.join()
    assert began_s[5] - began_s[4] < 0.5 + 0.15


@pytest.mark.allow_warnings
def test_stopping_ends_the_pause_between_two_runs():
    stopping = threading.Event()
    thread = supervise("loop", lambda: 1 // 0, stopping, first_s=60)
    stopping.set()
    thread.join(2)
    assert not thread.is_alive()


@pytest.mark.allow_warnings
def test_the_worlds_doing_is_told_in_its_own_words_without_a_traceback(caplog: pytest.LogCaptureFixture):
    def busy() -> None:
        raise DatabaseBusy(folder="/data")

    reporting("presence", busy)()
    [record] = caplog.records
    assert record.levelname == "WARNING" and not record.exc_info and "/data was busy" in record.getMessage()
