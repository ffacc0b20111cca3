"""However an attempt ends, its job's row says so, and nothing half-made is left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from core import logs
from core.errors import DatabaseBusy, MediaUnreadable, StorageUnreachable
from core.job import Job, JobError, JobKind, JobState
from core.paths import write_durably
from core.store import jobs
from core.store.database import Writing
from tests.conftest import eventually
from tests.workers.station_parts import StationParts
from workers.cancellation import Reason
from workers.runner import Handler, JobContext, KindRules, Outcome, Parts, Runner


class Bench:
    """A runner with one handler, whose calls are made in threads of the test."""

    def __init__(self, station: StationParts, handler: Handler, limit_s: float | None, stall_s: float | None) -> None:
        rules = KindRules(
            handler,
            "pool",
            slots=lambda settings: settings.jobs.concurrency,
            limit_s=lambda job, settings: limit_s,
            stall_s=lambda settings: stall_s,
        )
        nothing = cast("Any", None)
        parts = Parts(station.database, station.folder, nothing, nothing, station.clock)
        self.freed = 0
        self.station = station
        self.runner = Runner(parts, {JobKind.IMPORT: rules}, station.settings, freed=self._count)
        self._threads: list[threading.Thread] = []

    def _count(self) -> None:
        self.freed += 1

    def start(self) -> Job:
        self.station.enqueue()
        job = self.station.claim()
        thread = threading.Thread(target=self.runner.begin(job))
        self._threads.append(thread)
        thread.start()
        return job

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def run(self) -> Job:
        job = self.start()
        self.join()
        assert self.runner.running() == set() and self.freed
        return self.station.job(job.id)


@pytest.fixture
def bench(station: StationParts) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(handler: Handler, *, limit_s: float | None = None, stall_s: float | None = None) -> Bench:
        made.append(Bench(station, handler, limit_s, stall_s))
        return made[-1]

    yield make
    for each in made:
        each.join()


def until_cancelled(context: JobContext) -> Outcome:
    context.cancel.wait(30)
    context.cancel.check()
    return Outcome({"went": "on"})


def test_what_was_made_and_the_jobs_end_are_one_transaction(station: StationParts, bench: Callable[..., Bench]):
    seen: list[JobState] = []

    def publish(tx: Writing) -> None:
        tx.revision()
        with station.database.read() as outside:
            seen.append(jobs.get(outside, job_ids[0]).state)

    job_ids: list[str] = []

    def handler(context: JobContext) -> Outcome:
        job_ids.append(context.job.id)
        return Outcome({"frames": 1}, publish)

    job = bench(handler).run()
    assert (job.state, job.summary, job.progress) == (JobState.COMPLETED, {"frames": 1}, 100)
    assert seen == [JobState.PROCESSING]


def test_a_cancel_while_it_runs_stops_it_and_stays_cancelled(station: StationParts, bench: Callable[..., Bench]):
    each = bench(until_cancelled)
    job = each.start()
    station.cancel(job.id)
    each.runner.cancel(job.id, Reason.OPERATOR)
    each.join()
    assert station.job(job.id).state is JobState.CANCELLED


def test_a_handler_that_finishes_after_the_cancel_publishes_nothing_and_its_files_go(
    station: StationParts, bench: Callable[..., Bench]
):
    def handler(context: JobContext) -> Outcome:
        write_durably(context.folder.frames / "made.jpg", b"x")
        station.cancel(context.job.id)
        return Outcome(files=("frames/made.jpg",))

    job = bench(handler).run()
    assert (job.state, station.media_files()) == (JobState.CANCELLED, [])


def test_progress_tells_a_handler_that_its_job_is_not_its_own_any_more(
    station: StationParts, bench: Callable[..., Bench]
):
    went_on: list[bool] = []

    def handler(context: JobContext) -> Outcome:
        station.cancel(context.job.id)
        context.progress(10, "stage", "message")
        went_on.append(True)
        return Outcome()

    assert bench(handler).run().state is JobState.CANCELLED
    assert not went_on


def test_progress_is_written_and_throttled(station: StationParts, bench: Callable[..., Bench]):
    revisions: list[int] = []

    def handler(context: JobContext) -> Outcome:
        for percent in range(100):
            context.progress(percent, "reading", f"{percent}")
        job = station.job(context.job.id)
        revisions.append(job.revision - context.job.revision)
        assert (job.stage, job.progress) == ("reading", 0)
        return Outcome()

    assert bench(handler).run().state is JobState.COMPLETED
    assert revisions[0] <= 2


def test_the_worlds_fault_spends_a_try_and_is_tried_again_later(station: StationParts, bench: Callable[..., Bench]):
    def handler(context: JobContext) -> Outcome:
        raise OSErrorOfTheWorld("The drive is gone")

    from core.errors import KnownError

    class OSErrorOfTheWorld(KnownError):
        hint = "Plug it in."

    job = bench(handler).run()
    assert (job.state, job.tries_left) == (JobState.PENDING, 2)
    assert job.not_before_ns is not None and job.not_before_ns > station.clock.utc_ns() - 1_000_000_000
    assert job.error is not None and (job.error.message, job.error.hint) == ("The drive is gone", "Plug it in.")


def test_bad_input_is_not_tried_again(bench: Callable[..., Bench]):
    def handler(context: JobContext) -> Outcome:
        raise MediaUnreadable(file="half.jpg")

    job = bench(handler).run()
    assert job.state is JobState.FAILED
    assert job.error is not None and job.error.slug == "media_unreadable" and job.error.known


@pytest.mark.parametrize("error", [StorageUnreachable(store="the NAS"), DatabaseBusy(folder="/data")])
def test_waiting_for_the_world_spends_no_try_and_says_why(bench: Callable[..., Bench], error: Exception):
    def handler(context: JobContext) -> Outcome:
        raise error

    job = bench(handler).run()
    assert (job.state, job.tries_left, job.held_because) == (JobState.PENDING, 3, str(error))


@pytest.mark.allow_warnings
def test_a_bug_of_ours_fails_the_job_says_so_and_keeps_its_traceback(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture
):
    def handler(context: JobContext) -> Outcome:
        raise ZeroDivisionError("secret words")

    job = bench(handler).run()
    assert job.state is JobState.FAILED
    assert job.error is not None and not job.error.known and "ZeroDivisionError" in job.error.message
    assert "secret words" not in job.error.message
    assert any(record.exc_info for record in caplog.records)


def test_what_takes_too_long_is_stopped_and_says_so(bench: Callable[..., Bench]):
    each = bench(until_cancelled, limit_s=0.05)
    job = each.start()
    assert eventually(lambda: each.runner.stop_overdue() or not each.runner.running(), 2)  # type: ignore[func-returns-value]
    each.join()
    failed = each.station.job(job.id)
    assert (failed.state, failed.tries_left) == (JobState.PENDING, 2)
    assert failed.error is not None and failed.error.slug == "timed_out"


def test_what_stands_still_is_stopped_and_what_makes_progress_is_not(bench: Callable[..., Bench]):
    def handler(context: JobContext) -> Outcome:
        for percent in range(10):
            context.progress(percent, "on", "its way")
            if context.cancel.wait(0.03):
                context.cancel.check()
        return until_cancelled(context)

    each = bench(handler, stall_s=0.15)
    job = each.start()
    assert eventually(lambda: each.runner.stop_overdue() or not each.runner.running(), 3)  # type: ignore[func-returns-value]
    each.join()
    stalled = each.station.job(job.id)
    assert stalled.error is not None and stalled.error.slug == "stalled"


def test_a_worker_that_leaves_puts_its_jobs_back_with_no_try_spent(bench: Callable[..., Bench], caplog):
    caplog.set_level("INFO", "runner")
    each = bench(until_cancelled)
    job = each.start()
    each.runner.cancel(job.id, Reason.STOPPING)
    each.join()
    back = each.station.job(job.id)
    assert (back.state, back.tries_left) == (JobState.PENDING, 3)
    assert each.station.claim("worker-2").id == job.id, "it is ready at once"
    assert "import did not complete: the worker stopped" in caplog.text


def test_a_busy_database_delays_the_end_of_a_job_and_loses_nothing(station: StationParts, bench: Callable[..., Bench]):
    each = bench(lambda context: Outcome({"made": 1}))
    write = station.database.write
    refusals: list[int] = []

    @contextmanager
    def busy_at_first() -> Iterator[Writing]:
        if len(refusals) < 2:
            refusals.append(1)
            raise DatabaseBusy(folder=station.folder.root)
        with write() as tx:
            yield tx

    job_thread = each.start()
    each.join()
    assert station.job(job_thread.id).state is JobState.COMPLETED
    station.enqueue()
    job = station.claim()
    station.database.write = busy_at_first  # type: ignore[method-assign]
    each.runner.begin(job)()
    assert station.job(job.id).summary == {"made": 1}


def test_slots_are_counted_a_pool(station: StationParts, bench: Callable[..., Bench]):
    each = bench(until_cancelled)
    assert each.runner.free() == {JobKind.IMPORT: 2}
    job = each.start()
    assert each.runner.free() == {JobKind.IMPORT: 1}
    each.runner.cancel(job.id, Reason.OPERATOR)


def test_a_job_whose_forerunner_failed_or_was_cancelled_fails_and_says_so(bench, station: StationParts):
    ran: list[str] = []

    def handler(context: JobContext) -> Outcome:
        ran.append(context.job.id)
        return Outcome()

    each = bench(handler)
    for how, end in (("was cancelled", station.cancel), ("failed", lambda id: _fail(station, id))):
        before = station.enqueue()
        after = station.enqueue(after_id=before.id)
        end(before.id)
        each.runner.begin(station.claim())()
        told = station.job(after.id)
        assert told.state is JobState.FAILED and told.error
        assert told.error.slug == "job_before_failed" and told.error.message.endswith(f"job {before.id}, which {how}")
        assert told.tries_left == 2
    assert ran == []


def test_a_job_whose_forerunner_is_tried_again_meanwhile_waits_for_it(bench, station: StationParts):
    each = bench(lambda context: Outcome())
    before = station.enqueue()
    after = station.enqueue(after_id=before.id)
    _fail(station, before.id)
    claimed = station.claim()
    assert claimed.id == after.id
    with station.database.write() as tx:
        jobs.retry(tx, before.id)
    each.runner.begin(claimed)()
    told = station.job(after.id)
    assert (told.state, told.held_because, told.tries_left) == (JobState.PENDING, jobs.WAITS, 3)


def test_every_line_of_a_job_carries_its_correlation_id(bench, station: StationParts, caplog):
    def handler(context: JobContext) -> Outcome:
        logs.get("handler").info("at work")
        return Outcome()

    caplog.set_level("INFO")
    job = station.enqueue(correlation_id="req-7")
    bench(handler).runner.begin(station.claim())()
    told = [getattr(record, "fields", {}) for record in caplog.records if record.name in ("handler", "runner")]
    assert len(told) == 2 and all(each["correlation_id"] == "req-7" and each["job_id"] == job.id for each in told)


def _fail(station: StationParts, id: str) -> None:
    claimed = station.claim()
    assert claimed.id == id
    with station.database.write() as tx:
        jobs.fail(tx, claimed, JobError("x", "It broke", permanent=True), None)
