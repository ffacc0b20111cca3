"""The dispatcher: sees what changed in the queue, and hands each job to a pool as soon as a slot is free."""

import threading
from collections.abc import Callable

from core import logs
from core.clock import Clock
from core.job import Job, JobState
from core.store import jobs
from core.store.database import Database
from workers.cancellation import Reason
from workers.runner import Runner

_log = logs.get("dispatcher")
Submit = Callable[[Callable[[], None], str, str], None]
"""(call, pool, name)."""


class Dispatcher:
    """One `step` does all there is to do now; `due` says whether there is anything. For one thread, but `wake`."""

    def __init__(
        self,
        database: Database,
        runner: Runner,
        *,
        submit: Submit,
        pin: Callable[[Job], None],
        unpin: Callable[[Job], None],
        clock: Clock,
        worker_id: str,
    ) -> None:
        self._database = database
        self._runner = runner
        self._submit = submit
        self._pin = pin
        self._unpin = unpin
        self._clock = clock
        self._worker_id = worker_id
        self._woken = threading.Event()
        self._next_due_ns: int | None = None
        self._revision = 0
        self._pinned: dict[str, Job] = {}

    def wake(self) -> None:
        """A slot was freed. From any thread."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Until a slot is freed, but no longer."""
        self._woken.wait(seconds)

    def due(self) -> bool:
        """Whether a slot was freed or a waiting job's time has come."""
        return self._woken.is_set() or (self._next_due_ns is not None and self._clock.utc_ns() >= self._next_due_ns)

    def step(self) -> None:
        """Stop what was cancelled, pin what new captures need, start what may start. Raises DatabaseBusy."""
        self._woken.clear()
        ours = self._runner.running() | self._pinned.keys()
        with self._database.read() as tx:
            cancelled = jobs.cancelled(tx, ours) if ours else set()
            captures = jobs.new_captures(tx, self._revision)
            waiting = jobs.counts(tx)[JobState.PENDING]
            self._next_due_ns = jobs.next_due_ns(tx)
        for job_id in cancelled:
            self._runner.cancel(job_id, Reason.OPERATOR)
        # Before anything is claimed: the ring forgets, the queue does not.
        for job in captures:
            self._revision = max(self._revision, job.revision)
            if job.id not in self._pinned:
                self._pinned[job.id] = job
                self._pin(job)
        for job_id in cancelled & self._pinned.keys():
            self._unpin(self._pinned.pop(job_id))
        if waiting:
            self._start_all()

    def _start_all(self) -> None:
        while (kinds_free := self._runner.free()) and max(kinds_free.values()) > 0:
            with self._database.write() as tx:
                job = jobs.claim(tx, worker_id=self._worker_id, kinds_free=kinds_free)
            if job is None:
                break
            self._pinned.pop(job.id, None)  # its handler lets go of the packets
            with logs.bound(job_id=job.id, correlation_id=job.correlation_id):
                _log.info(f"{job.kind} started", attempt=job.attempt, camera_id=job.camera_id)
            self._submit(self._runner.begin(job), self._runner.kinds[job.kind].pool, job.id)
        with self._database.read() as tx:
            self._next_due_ns = jobs.next_due_ns(tx)
