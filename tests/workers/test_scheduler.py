"""Jobs start as soon as a thread is free, captures on threads of their own, and ticks never overtake themselves."""

import threading
from collections.abc import Iterator

import pytest

from tests.conftest import eventually
from workers.scheduler import CAPTURES, WORK, Scheduler
from workers.supervision import reporting


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    scheduler = Scheduler(work_threads=1, capture_threads=1, analysis_threads=1)
    scheduler.start()
    yield scheduler
    scheduler.stop()


def test_a_capture_does_not_wait_for_busy_workers(scheduler: Scheduler):
    let_go, captured, worked = threading.Event(), threading.Event(), threading.Event()
    scheduler.submit(reporting("busy", lambda: let_go.wait(10)), pool=WORK, name="busy")
    scheduler.submit(worked.set, pool=WORK, name="waits")
    scheduler.submit(captured.set, pool=CAPTURES, name="capture")
    assert captured.wait(2)
    assert not worked.is_set()
    let_go.set()
    assert worked.wait(2)


def test_a_tick_comes_at_once_and_again_but_never_twice_at_a_time(scheduler: Scheduler):
    ticks: list[int] = []
    let_go = threading.Event()

    def tick() -> None:
        ticks.append(1)
        let_go.wait(10)

    scheduler.every(0.05, tick, name="tick")
    assert eventually(lambda: len(ticks) == 1, 2)
    assert not eventually(lambda: len(ticks) > 1, 0.3)
    let_go.set()
    assert eventually(lambda: len(ticks) > 2, 2)
