"""The dispatcher starts what may start, most urgent first, never more than there are slots, and pins before all."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from core.job import Job, JobKind, JobState
from core.store import jobs
from tests.conftest import eventually
from tests.fakes.fake_clock import FakeClock
from tests.workers.station_parts import WORKER, StationParts, open_station_parts
from workers.dispatcher import Dispatcher
from workers.runner import JobContext, KindRules, Outcome, Parts, Runner


class Line:
    """A dispatcher and a runner whose jobs run until the test lets them."""

    def __init__(self, station: StationParts) -> None:
        self.station = station
        self.let_go = threading.Event()
        self.order: list[str] = []
        self.pinned: list[str] = []
        self.unpinned: list[str] = []
        self._threads: list[threading.Thread] = []
        rules = KindRules(self._work, "pool", slots=lambda settings: 2, limit_s=lambda job, settings: None)
        nothing = cast("Any", None)
        parts = Parts(station.database, station.folder, nothing, nothing, station.clock)
        kinds = {JobKind.IMPORT: rules, JobKind.CAPTURE: KindRules(self._work, "captures", rules.slots, rules.limit_s)}
        self.runner = Runner(parts, kinds, station.settings, freed=lambda: self.dispatcher.wake())
        self.dispatcher = Dispatcher(
            station.database,
            self.runner,
            submit=self._submit,
            pin=lambda job: self.pinned.append(job.id),
            unpin=lambda job: self.unpinned.append(job.id),
            clock=station.clock,
            worker_id=WORKER,
        )

    def _submit(self, call: Callable[[], None], pool: str, name: str) -> None:
        self._threads.append(threading.Thread(target=call))
        self._threads[-1].start()

    def _work(self, context: JobContext) -> Outcome:
        self.order.append(context.job.id)
        while not self.let_go.is_set():
            if context.cancel.wait(0.01):
                context.cancel.check()
        return Outcome()

    def finish(self) -> None:
        self.let_go.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def line(station: StationParts) -> Iterator[Line]:
    line = Line(station)
    yield line
    line.finish()


def capture(station: StationParts) -> Job:
    return station.enqueue(JobKind.CAPTURE, params={"camera_id": "Haas_Pit_1", "mode": "single_frame", "at_ns": 1})


def test_no_more_start_than_there_are_slots_and_the_most_urgent_first(line: Line, station: StationParts):
    low = station.enqueue(priority=5)
    first, second = station.enqueue(), station.enqueue(priority=200)
    line.dispatcher.step()
    assert eventually(lambda: len(line.order) == 2)
    assert set(line.order) == {first.id, second.id}
    assert station.job(low.id).state is JobState.PENDING
    assert not line.dispatcher.due()
    line.finish()
    assert line.dispatcher.due(), "a freed slot is noticed without a change by others"
    line.dispatcher.step()
    line.finish()
    assert station.job(low.id).state is JobState.COMPLETED


def test_captures_do_not_wait_for_imports(line: Line, station: StationParts):
    for _ in range(3):
        station.enqueue()
    pressed = capture(station)
    line.dispatcher.step()
    assert eventually(lambda: pressed.id in line.order)


def test_every_capture_is_pinned_before_anything_is_claimed(line: Line, station: StationParts):
    presses = [capture(station).id for _ in range(4)]
    line.dispatcher.step()
    assert line.pinned == presses
    line.dispatcher.step()
    assert line.pinned == presses, "once each"


def test_a_capture_cancelled_before_it_ran_is_unpinned(line: Line, station: StationParts):
    presses = [capture(station).id for _ in range(3)]
    line.dispatcher.step()
    station.cancel(presses[2])
    line.dispatcher.step()
    assert line.unpinned == [presses[2]]


def test_a_cancelled_job_is_stopped_at_the_next_step(line: Line, station: StationParts):
    job = station.enqueue()
    line.dispatcher.step()
    assert eventually(lambda: bool(line.order))
    station.cancel(job.id)
    line.dispatcher.step()
    assert eventually(lambda: not line.runner.running(), 1)
    assert station.job(job.id).state is JobState.CANCELLED


def test_a_job_that_waits_for_its_time_makes_the_dispatcher_due_then(tmp_path):
    clock = FakeClock()
    station = open_station_parts(tmp_path / "data", clock)
    line = Line(station)
    job = station.enqueue()
    with station.database.write() as tx:
        claimed = jobs.claim(tx, worker_id=WORKER, kinds_free={JobKind.IMPORT: 1})
        assert claimed is not None
        jobs.wait(tx, claimed, "no network", clock.utc_ns() + 10_000_000_000)
    line.dispatcher.step()
    assert not line.order and not line.dispatcher.due()
    clock.advance(10_000_000_000)
    assert line.dispatcher.due()
    line.dispatcher.step()
    line.finish()
    assert station.job(job.id).state is JobState.COMPLETED
    station.database.close()
