"""Any order of moves, by any attempt however stale, leaves the queue where a plain model of it says.

Jobs that wait for others, that are told to run next, and that were cancelled before they were made are among them.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from core.job import MOVES, OPEN, Job, JobError, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.store import jobs
from core.store.database import open_database
from core.store.jobs import IllegalMove, StaleAttempt
from tests.fakes.fake_clock import FakeClock

SECOND = 10**9
KINDS = st.sampled_from(JobKind)


@dataclass
class Model:
    """What the queue should hold of one job."""

    place: int
    kind: JobKind
    priority: int
    state: JobState = JobState.PENDING
    attempt: int = 0
    tries_left: int = 3
    worker: str = ""
    due_ns: int = 0
    batch: str | None = None
    after: str | None = None
    waits_for: str | None = None
    """`after` until it has ended."""
    been: list[JobState] = field(default_factory=lambda: [JobState.PENDING])

    def move(self, state: JobState) -> None:
        self.state = state
        self.been.append(state)
        if state is not JobState.PENDING:
            self.waits_for = None


class QueueMachine(RuleBasedStateMachine):
    made = Bundle("made")
    batches = Bundle("batches")
    claimed = Bundle("claimed")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.db = open_database(DataFolder(Path(self.home.name)), clock=self.clock)
        self.model: dict[str, Model] = {}
        self.cancelled_batches: dict[str, bool] = {}
        self.workers = 1
        self.tasks = 0
        self.wishes = 0

    def teardown(self) -> None:
        assert self.db.integrity_check() == []
        self.db.close()
        self.home.cleanup()

    @property
    def worker(self) -> str:
        return f"w{self.workers}"

    def do(self, function, *args, **named):
        self.clock.advance(1000)
        with self.db.write() as tx:
            return function(tx, *args, **named)

    @rule(target=made, kind=KINDS, priority=st.sampled_from([5, 50, 100]))
    def enqueue(self, kind, priority):
        job = self.do(jobs.enqueue, NewJob(kind, {}, priority=priority))
        self.model[job.id] = Model(len(self.model), kind, priority)
        return job.id

    @rule(target=made, kind=KINDS, priority=st.sampled_from([5, 100]), after=made)
    def enqueue_after(self, kind, priority, after):
        job = self.do(jobs.enqueue, NewJob(kind, {}, priority=priority, after_id=after))
        waits_for = after if self.model[after].state in OPEN else None
        self.model[job.id] = Model(len(self.model), kind, priority, after=after, waits_for=waits_for)
        assert job.waits_for == waits_for
        return job.id

    @rule(target=made, kind=KINDS)
    def cancel_then_enqueue(self, kind):
        self.tasks += 1
        task_id = f"task-{self.tasks}"
        assert self.do(jobs.cancel_task, task_id) is None
        job = self.do(jobs.enqueue, NewJob(kind, {}, task_id=task_id))
        assert self.do(jobs.enqueue, NewJob(kind, {}, task_id=task_id)) == job
        self.model[job.id] = Model(len(self.model), kind, 100)
        self.model[job.id].move(JobState.CANCELLED)
        return job.id

    @rule(id=made)
    def run_next(self, id):
        model = self.model[id]
        legal = model.state is JobState.PENDING
        try:
            self.do(jobs.run_next, id)
        except IllegalMove:
            assert not legal
            return
        assert legal
        self.wishes += 1
        model.priority, model.due_ns = 1000 + self.wishes, 0

    @rule(target=batches, kind=KINDS, number=st.integers(1, 3))
    def enqueue_batch(self, kind, number):
        new = NewJob(kind, {}, priority=50)
        batch = self.do(jobs.enqueue_batch, new, [new] * number)
        for child in self.do(jobs.children, batch.id):
            self.model[child.id] = Model(len(self.model), kind, 50, batch=batch.id)
        self.cancelled_batches[batch.id] = False
        return batch.id

    def waiting(self):
        """Those whose forerunner has not ended since they last began to wait."""
        return {id for id, model in self.model.items() if model.waits_for}

    def children(self, batch):
        return [model for model in self.model.values() if model.batch == batch]

    @rule(target=made, batch=batches, which=st.integers(0, 2))
    def child(self, batch, which):
        ids = [id for id, model in self.model.items() if model.batch == batch]
        return ids[which % len(ids)]

    @rule(batch=batches)
    def cancel_batch(self, batch):
        opened = [m for m in self.children(batch) if m.state in OPEN]
        assert self.do(jobs.cancel, batch) == bool(opened)
        for model in opened:
            model.move(JobState.CANCELLED)
        self.cancelled_batches[batch] |= bool(opened)

    @rule(batch=batches)
    def retry_batch(self, batch):
        failed = [m for m in self.children(batch) if m.state is JobState.FAILED]
        legal = failed and not self.cancelled_batches[batch]
        try:
            self.do(jobs.retry, batch)
        except IllegalMove:
            assert not legal
            return
        assert legal
        self.again(failed)

    @rule(target=claimed, free=st.sets(KINDS))
    def claim(self, free):
        job = self.do(jobs.claim, worker_id=self.worker, kinds_free=dict.fromkeys(free, 1))
        waiting = self.waiting()
        ready = [
            (-m.priority, m.place, id)
            for id, m in self.model.items()
            if m.state is JobState.PENDING and m.kind in free and m.due_ns <= self.clock.utc_ns() and id not in waiting
        ]
        assert (job.id if job else None) == (min(ready)[2] if ready else None)
        if job is None:
            return Job("none", JobKind.IMPORT, JobState.PROCESSING, {}, "", 0, 1, 1, 0, 0)
        model = self.model[job.id]
        model.attempt, model.worker = model.attempt + 1, self.worker
        model.move(JobState.PROCESSING)
        assert (job.attempt, job.tries_left) == (model.attempt, model.tries_left)
        return job

    def fenced(self, job, target, act, *args):
        """Only the attempt under way may act; any other raises and changes nothing."""
        model = self.model.get(job.id)
        current = model is not None and model.state is JobState.PROCESSING and model.attempt == job.attempt
        try:
            self.do(act, job, *args)
        except StaleAttempt:
            assert not current
            return None
        assert current and model
        model.move(target)
        return model

    @rule(job=claimed)
    def finish(self, job):
        self.fenced(job, JobState.COMPLETED, jobs.finish, {"made": 1})

    @rule(job=claimed, seconds=st.integers(0, 3), permanent=st.booleans())
    def fail(self, job, seconds, permanent):
        due = self.clock.utc_ns() + seconds * SECOND
        again = not permanent and job.tries_left > 1
        error = JobError("x", "It broke", permanent=permanent)
        model = self.fenced(job, JobState.PENDING if again else JobState.FAILED, jobs.fail, error, due)
        if model:
            model.tries_left -= 1
            model.due_ns = due if again else 0

    @rule(job=claimed, seconds=st.integers(0, 3))
    def wait(self, job, seconds):
        due = self.clock.utc_ns() + seconds * SECOND
        model = self.fenced(job, JobState.PENDING, jobs.wait, "no network", due)
        if model:
            model.due_ns = due

    @rule(id=made)
    def cancel(self, id):
        model = self.model[id]
        open_before = model.state in (JobState.PENDING, JobState.PROCESSING)
        assert self.do(jobs.cancel, id) == open_before
        if open_before:
            model.move(JobState.CANCELLED)

    @rule(id=made)
    def retry(self, id):
        model = self.model[id]
        legal = model.state is JobState.FAILED and not self.cancelled_batches.get(model.batch or "")
        try:
            self.do(jobs.retry, id)
        except IllegalMove:
            assert not legal
            return
        assert legal
        self.again([model])

    def again(self, failed):
        for model in failed:
            model.move(JobState.PENDING)
            model.tries_left, model.due_ns = 3, 0
            if model.after and self.model[model.after].state in OPEN:
                model.waits_for = model.after

    @rule()
    def worker_dies_and_the_next_recovers(self):
        self.workers += 1
        lost = [model for model in self.model.values() if model.state is JobState.PROCESSING]
        assert self.do(jobs.recover, self.worker) == len(lost)
        for model in lost:
            model.tries_left -= 1
            model.move(JobState.PENDING if model.tries_left else JobState.FAILED)
            model.due_ns = 0

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds):
        self.clock.advance(seconds * SECOND)

    @invariant()
    def the_rows_are_the_model(self):
        # The transaction that ended a job let go of those that waited for it.
        for model in self.model.values():
            if model.waits_for and self.model[model.waits_for].state not in OPEN:
                model.waits_for = None
        with self.db.read() as tx:
            rows = {job.id: job for job in jobs.page(tx, jobs.JobFilter(), limit=1000).items}
            counted = jobs.counts(tx)
        told = {
            id: (row.state, row.attempt, row.tries_left, row.waits_for) for id, row in rows.items() if not row.is_batch
        }
        assert told == {id: (m.state, m.attempt, m.tries_left, m.waits_for) for id, m in self.model.items()}
        states = [model.state for model in self.model.values()]
        assert counted == {state: states.count(state) for state in JobState}

        for batch in self.cancelled_batches:
            self.check_batch(rows[batch])

    def check_batch(self, row):
        states = [model.state for model in self.children(row.id)]
        ended = [state for state in states if state not in OPEN]
        assert abs(row.progress - 100 * len(ended) / len(states)) < 1e-6
        if self.cancelled_batches[row.id]:
            assert row.state is JobState.CANCELLED
        elif len(ended) < len(states):
            assert row.state in OPEN
            assert JobState.PROCESSING not in states or row.state is JobState.PROCESSING
        else:
            best = [s for s in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED) if s in states]
            assert row.state is best[0]

    @invariant()
    def every_move_was_legal(self):
        for model in self.model.values():
            assert all(later in MOVES[state] for state, later in zip(model.been, model.been[1:], strict=False))


QueueMachine.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestQueue = QueueMachine.TestCase
