"""The runner: one attempt of one job, from its handler's call to the row that says how it ended."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import logs
from core.clock import Clock
from core.errors import DatabaseBusy, DiskFull, JobBeforeFailed, KnownError, StorageUnreachable
from core.job import OPEN, Job, JobError, JobKind, JobState
from core.paths import DataFolder
from core.retry import backoff
from core.settings import Settings
from core.store import jobs
from core.store.database import Database, Writing
from core.store.jobs import StaleAttempt
from workers.cancellation import Cancelled, CancelToken, Reason
from workers.computing import Computing
from workers.supervision import failure_of, report

if TYPE_CHECKING:
    from workers.cameras.feeds import Feeds

_log = logs.get("runner")
_PROGRESS_EVERY_NS = 400_000_000
_WAIT_NS = 30_000_000_000
_LOOK_AGAIN_NS = 2_000_000_000
_RETRY_CAP_S = 60.0


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is given: its job, the station's parts, and its ways to report and to stop."""

    job: Job
    database: Database
    folder: DataFolder
    settings: Settings
    cancel: CancelToken
    progress: Callable[[float, str, str], None]
    """(percent 0-100, stage, message); call as often as you like, writes are throttled. Raises Cancelled."""
    compute: Computing
    feeds: "Feeds"
    clock: Clock
    station_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt made: its summary, and the rows to write in the transaction that completes the job."""

    summary: dict[str, object] = field(default_factory=dict)
    publish: Callable[[Writing], None] | None = None
    files: tuple[str, ...] = ()
    """Files that `publish` names, relative to the data folder: removed if it can't be published."""


Handler = Callable[[JobContext], Outcome]
"""Raises KnownError (the world), Cancelled (asked to stop) or StaleAttempt (another attempt owns the job)."""


@dataclass(frozen=True, slots=True)
class KindRules:
    """How jobs of one kind are run."""

    handler: Handler
    pool: str
    slots: Callable[[Settings], int]
    """How many may run at once, with all other kinds of the same pool."""
    limit_s: Callable[[Job, Settings], float | None]
    """Wall-clock limit; None: none, then the stall limit holds alone."""
    stall_s: Callable[[Settings], float | None] = lambda settings: None
    """Most seconds without a word of progress."""


@dataclass(slots=True)
class _Attempt:
    job: Job
    rules: KindRules
    limit_s: float | None
    stall_s: float | None
    started_ns: int
    progress_ns: int
    """When the handler last told of progress (monotonic)."""
    written_ns: int = 0
    stages: set[str] = field(default_factory=set)
    """Told in the log: each once, however often it comes back."""
    cancel: CancelToken = field(default_factory=CancelToken)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the station that handlers are given."""

    database: Database
    folder: DataFolder
    compute: Computing
    feeds: "Feeds"
    clock: Clock


class Runner:
    """Knows every attempt under way in this worker."""

    def __init__(
        self, parts: Parts, kinds: Mapping[JobKind, KindRules], settings: Settings, *, freed: Callable[[], None]
    ) -> None:
        self.kinds = kinds
        self.settings = settings
        self._parts = parts
        self._freed = freed
        self._running: dict[str, _Attempt] = {}
        self._lock = threading.Lock()

    def begin(self, job: Job) -> Callable[[], None]:
        """Take a claimed job on, so that a cancel finds it from now; returns the call that a pool thread makes."""
        rules, now_ns = self.kinds[job.kind], self._parts.clock.monotonic_ns()
        attempt = _Attempt(job, rules, rules.limit_s(job, self.settings), rules.stall_s(self.settings), now_ns, now_ns)
        with self._lock:
            self._running[job.id] = attempt
        return lambda: self._run(attempt)

    def running(self) -> set[str]:
        with self._lock:
            return set(self._running)

    def free(self) -> dict[JobKind, int]:
        """How many more jobs of each kind may start now."""
        with self._lock:
            busy = Counter(attempt.rules.pool for attempt in self._running.values())
        return {kind: rules.slots(self.settings) - busy[rules.pool] for kind, rules in self.kinds.items()}

    def cancel(self, job_id: str, reason: Reason) -> None:
        with self._lock:
            attempt = self._running.get(job_id)
        if attempt is not None:
            attempt.cancel.cancel(reason)

    def stop_overdue(self) -> None:
        """Cancel what runs past its limit, or has told of no progress for too long."""
        now_ns = self._parts.clock.monotonic_ns()
        with self._lock:
            attempts = list(self._running.values())
        for attempt in attempts:
            if attempt.limit_s is not None and now_ns - attempt.started_ns > attempt.limit_s * 1e9:
                attempt.cancel.cancel(Reason.TIMEOUT)
            if attempt.stall_s is not None and now_ns - attempt.progress_ns > attempt.stall_s * 1e9:
                attempt.cancel.cancel(Reason.STALLED)

    def _run(self, attempt: _Attempt) -> None:
        with logs.bound(job_id=attempt.job.id, correlation_id=attempt.job.correlation_id):
            failed = failure_of(lambda: self._attempt(attempt))
            if failed is not None:
                untold = failure_of(lambda: self._end(attempt, failed))
                if untold is not None:
                    report(f"job {attempt.job.id}", untold)
        with self._lock:
            del self._running[attempt.job.id]
        self._freed()

    def _attempt(self, attempt: _Attempt) -> None:
        job, parts, settings = attempt.job, self._parts, self.settings
        attempt.cancel.check()
        if job.after_id is not None and not self._is_turn(attempt, job.after_id):
            return
        outcome = attempt.rules.handler(
            JobContext(
                job=job,
                database=parts.database,
                folder=parts.folder,
                settings=settings,
                cancel=attempt.cancel,
                progress=lambda percent, stage, message: self._progress(attempt, percent, stage, message),
                compute=parts.compute,
                feeds=parts.feeds,
                clock=parts.clock,
                station_id=settings.station.id,
            )
        )

        def complete(tx: Writing) -> None:
            if outcome.publish is not None:
                outcome.publish(tx)
            jobs.finish(tx, job, outcome.summary)

        published = False
        try:
            self._write(attempt, complete)
            published = True
        finally:
            if not published:
                for relative in outcome.files:
                    parts.folder.absolute(relative).unlink(missing_ok=True)
        _log.info(f"{job.kind} completed", job_id=job.id, attempt=job.attempt)

    def _is_turn(self, attempt: _Attempt, after_id: str) -> bool:
        """False if the job before it was tried again meanwhile, and is waited for. Raises JobBeforeFailed."""
        with self._parts.database.read() as tx:
            state = jobs.states(tx, [after_id]).get(after_id)
        if state in OPEN:
            later_ns = self._parts.clock.utc_ns() + _LOOK_AGAIN_NS
            self._write(attempt, lambda tx: jobs.wait(tx, attempt.job, jobs.WAITS, later_ns))
            return False
        if state is not JobState.COMPLETED:
            how = "was cleaned up" if state is None else "was cancelled" if state is JobState.CANCELLED else "failed"
            raise JobBeforeFailed(before=f"job {after_id}", how=how)
        return True

    def _progress(self, attempt: _Attempt, percent: float, stage: str, message: str) -> None:
        attempt.cancel.check()
        now_ns = self._parts.clock.monotonic_ns()
        attempt.progress_ns = now_ns
        if stage not in attempt.stages:
            attempt.stages.add(stage)
            _log.info(f"stage: {stage}", job_id=attempt.job.id, attempt=attempt.job.attempt)
        if now_ns - attempt.written_ns < _PROGRESS_EVERY_NS:
            return
        attempt.written_ns = now_ns
        try:
            with self._parts.database.write() as tx:
                jobs.progress(tx, attempt.job, percent, stage, message)
        except (DatabaseBusy, DiskFull):
            return  # the next one is told
        except StaleAttempt:
            attempt.cancel.cancel(Reason.OPERATOR)
            attempt.cancel.check()

    def _write(self, attempt: _Attempt, act: Callable[[Writing], None]) -> None:
        """Commit, however long the database is busy or the disk full, unless the work is cancelled meanwhile."""
        pauses = backoff(0.2, 5.0)
        while True:
            try:
                with self._parts.database.write() as tx:
                    act(tx)
                return
            except (DatabaseBusy, DiskFull) as later:
                _log.info(f"not written yet: {later.title}", job_id=attempt.job.id)
                if attempt.cancel.wait(next(pauses)):
                    attempt.cancel.check()

    def _end(self, attempt: _Attempt, failed: Exception) -> None:
        """Write how an attempt ended that did not complete."""
        job = attempt.job
        if isinstance(failed, StaleAttempt) or (isinstance(failed, Cancelled) and failed.reason is Reason.OPERATOR):
            _log.info("cancelled, or taken over by another attempt", job_id=job.id, attempt=job.attempt)
            return
        now_ns = self._parts.clock.utc_ns()
        error = _error_of(attempt, failed)

        def end(tx: Writing) -> None:
            if isinstance(failed, Cancelled) and failed.reason is Reason.STOPPING:
                jobs.wait(tx, job, error.message, now_ns)
            elif isinstance(failed, StorageUnreachable | DatabaseBusy):
                jobs.wait(tx, job, error.message, now_ns + _WAIT_NS)
            else:
                again_s = next(backoff(min(2.0 ** (job.attempt - 1), _RETRY_CAP_S), _RETRY_CAP_S))
                jobs.fail(tx, job, error, None if error.permanent else now_ns + int(again_s * 1e9))

        if not error.known:
            report(f"job {job.id} ({job.kind})", failed)
        else:
            _log.info(f"{job.kind} did not complete: {error.message}", job_id=job.id, attempt=job.attempt)
        try:
            # Its token may be set already: that ended the work, and must not keep us from saying so.
            self._write(_Attempt(job, attempt.rules, None, None, 0, 0), end)
        except StaleAttempt:
            _log.info("cancelled meanwhile", job_id=job.id, attempt=job.attempt)


def _error_of(attempt: _Attempt, failed: Exception) -> JobError:
    if isinstance(failed, KnownError):
        return JobError(failed.slug, failed.title, failed.hint, permanent=failed.permanent)
    if isinstance(failed, Cancelled):
        if failed.reason is Reason.TIMEOUT:
            message = f"It took longer than the {attempt.limit_s:.0f} s it may take"
            return JobError("timed_out", message, "Press Retry, or raise jobs.timeout in Settings ▸ Jobs.")
        if failed.reason is Reason.STOPPING:
            return JobError("stopping", "the worker stopped", "It goes on when the worker runs again.")
        message = f"It made no progress for {attempt.stall_s:.0f} s"
        return JobError("stalled", message, "Check the drive or the network that it reads from, then press Retry.")
    message = f"A bug of ours stopped it: {type(failed).__name__}"
    hint = "What was finished before is safe. Its details are in the log (Help ▸ Open logs); please report it."
    return JobError("bug", message, hint, known=False, permanent=True)
