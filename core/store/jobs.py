"""The queue: attempts are claimed, tell of themselves and end, each by one fenced update. All of the queue is here."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import case, delete, func, null, select, update

from core.job import MOVES, Job, JobError, JobKind, JobState
from core.store.batches import settle
from core.store.database import Reading, Writing
from core.store.job_columns import COLUMNS, OWN_REVISION, JobFilter, job_of
from core.store.job_making import WAITS, enqueue, enqueue_batch
from core.store.job_rows import (
    active,
    by_correlation,
    by_task_id,
    cancelled,
    changed,
    children,
    counts,
    get,
    new_captures,
    next_due_ns,
    page,
    states,
)
from core.store.job_turns import first_ready
from core.store.job_wishes import cancel, cancel_task, retry, retry_all_failed, run_next
from core.store.moves import IllegalMove, StaleAttempt, before
from core.store.prepared import Prepared, given
from core.store.schema import DUE, in_state, jobs

__all__ = [
    "WAITS",
    "IllegalMove",
    "JobFilter",
    "StaleAttempt",
    "active",
    "assert_current",
    "by_correlation",
    "by_task_id",
    "cancel",
    "cancel_task",
    "cancelled",
    "changed",
    "children",
    "claim",
    "clean_up",
    "counts",
    "enqueue",
    "enqueue_batch",
    "fail",
    "finish",
    "get",
    "new_captures",
    "next_due_ns",
    "page",
    "progress",
    "recover",
    "retry",
    "retry_all_failed",
    "run_next",
    "states",
    "wait",
]

_WORKER_DIED = JobError(
    slug="worker_died",
    message="The worker stopped while it did this",
    hint="What was finished before is safe. Press Retry to try again.",
)


def claim(tx: Writing, *, worker_id: str, kinds_free: Mapping[JobKind, int]) -> Job | None:
    """Start the next attempt of the most urgent ready job of a kind with a free slot; None if there is none."""
    kinds = [kind for kind, free in kinds_free.items() if free > 0]
    if not kinds:
        return None
    due_at_ns = next_due_ns(tx)
    if due_at_ns is not None and due_at_ns <= tx.now_ns:
        due = update(jobs).where(DUE, jobs.c.not_before_ns <= tx.now_ns)
        still = case((jobs.c.waits_for.is_(None), None), else_=jobs.c.held_because)
        tx.execute(due.values(not_before_ns=None, held_because=still, revision=tx.revision()))
    claimed = _claim_of(frozenset(kinds)).values(tx, worker_id=worker_id, now_ns=tx.now_ns, drawn=tx.drawn)
    if claimed is None:
        return None
    job = job_of(claimed)
    tx.drawn = job.revision
    settle(tx, [job.batch_id])
    return job


@cache
def _claim_of(kinds: frozenset[JobKind]) -> Prepared:
    return Prepared(
        update(jobs)
        .where(jobs.c.number == first_ready(kinds), jobs.c.state == JobState.PENDING)
        .values(
            state=JobState.PROCESSING,
            attempt=jobs.c.attempt + 1,
            worker_id=given("worker_id", jobs.c.worker_id),
            progress=0.0,
            stage="",
            message="",
            started_at_ns=func.coalesce(jobs.c.started_at_ns, given("now_ns", jobs.c.started_at_ns)),
            last_updated_ns=given("now_ns", jobs.c.last_updated_ns),
            revision=OWN_REVISION,
        )
        .returning(*COLUMNS),
        *COLUMNS,
    )


def assert_current(tx: Reading, job: Job) -> None:
    """Raises StaleAttempt if this attempt is not the one under way: what it made must not be published."""
    if not tx.scalar(select(jobs.c.id).where(*_fence(job))):
        raise StaleAttempt("job", job.id, job.attempt)


def progress(tx: Writing, job: Job, percent: float, stage: str = "", message: str = "") -> None:
    """percent: 0-100. Raises StaleAttempt."""
    _fenced(tx, job, progress=min(max(percent, 0.0), 100.0), stage=stage, message=message)


def finish(tx: Writing, job: Job, summary: Mapping[str, object]) -> None:
    """Complete this attempt of the job. Raises StaleAttempt if a newer attempt owns it, or it was cancelled."""
    drawn: int | None = _FINISH.first(
        tx,
        number=job.number,
        id=job.id,
        attempt=job.attempt,
        now_ns=tx.now_ns,
        summary=dict(summary),
        drawn=tx.drawn,
    )
    if drawn is None:
        raise StaleAttempt("job", job.id, job.attempt)
    tx.drawn = drawn
    settle(tx, [job.batch_id])


_FINISH = Prepared(
    update(jobs)
    .where(
        # The number finds the row at once; after a clean-up it may be another job's.
        jobs.c.number == given("number", jobs.c.number),
        jobs.c.id == given("id", jobs.c.id),
        jobs.c.attempt == given("attempt", jobs.c.attempt),
        jobs.c.state == JobState.PROCESSING,
    )
    .values(
        state=JobState.COMPLETED,
        completed_at_ns=given("now_ns", jobs.c.completed_at_ns),
        last_updated_ns=given("now_ns", jobs.c.last_updated_ns),
        progress=100.0,
        stage="",
        message="",
        error=null(),
        summary=given("summary", jobs.c.summary),
        revision=OWN_REVISION,
    )
    .returning(jobs.c.revision)
)


def fail(tx: Writing, job: Job, error: JobError, retry_at_ns: int | None) -> JobState:
    """Spend a try: pending again until `retry_at_ns` while tries are left, else failed. Raises StaleAttempt.

    `retry_at_ns` None, or a permanent error: failed at once.
    """
    told = {"error": asdict(error), "message": error.message, "tries_left": max(job.tries_left - 1, 0)}
    if retry_at_ns is None or error.permanent or job.tries_left <= 1:
        _fenced(tx, job, JobState.FAILED, completed_at_ns=tx.now_ns, **told)
        return JobState.FAILED
    _fenced(tx, job, JobState.PENDING, not_before_ns=retry_at_ns, progress=0.0, stage="", **told)
    return JobState.PENDING


def wait(tx: Writing, job: Job, held_because: str, not_before_ns: int | None) -> None:
    """Put the job back until then (None: until it is released), saying why; no try is spent. Raises StaleAttempt."""
    again = {"progress": 0.0, "stage": "", "message": held_because}
    _fenced(tx, job, JobState.PENDING, held_because=held_because, not_before_ns=not_before_ns, **again)


def _fence(job: Job) -> tuple[Any, ...]:
    return (jobs.c.id == job.id, jobs.c.attempt == job.attempt, jobs.c.state == JobState.PROCESSING)


def _fenced(tx: Writing, job: Job, target: JobState | None = None, **values: Any) -> None:
    where = _fence(job)
    if target is not None:
        where += (jobs.c.state.in_(before(MOVES, target)),)
        values["state"] = target
    changed = update(jobs).where(*where).values(last_updated_ns=tx.now_ns, revision=tx.revision(), **values)
    if not tx.execute(changed).rowcount:
        raise StaleAttempt("job", job.id, job.attempt)
    if target is not None:
        settle(tx, [job.batch_id])


def recover(tx: Writing, worker_id: str) -> int:
    """Before the first claim of the worker `worker_id`: what any other had under way died with it, a try spent.

    Pending again, or failed when no try was left. Returns how many.
    """
    lost = update(jobs).where(
        in_state(JobState.PROCESSING),
        jobs.c.worker_id != worker_id,
        ~jobs.c.is_batch,
    )
    last_try = jobs.c.tries_left <= 1
    died = lost.values(
        state=case((last_try, JobState.FAILED), else_=JobState.PENDING),
        completed_at_ns=case((last_try, tx.now_ns), else_=None),
        tries_left=func.max(jobs.c.tries_left - 1, 0),
        error=asdict(_WORKER_DIED),
        message=_WORKER_DIED.message,
        progress=0.0,
        stage="",
        last_updated_ns=tx.now_ns,
        revision=tx.revision(),
    ).returning(jobs.c.batch_id)
    batches = tx.execute(died).scalars().all()
    settle(tx, batches)
    return len(batches)


def clean_up(tx: Writing, ended_before_ns: int, limit: int = 500) -> int:
    """Forget up to `limit` jobs that ended before then (a batch with its children); what they made stays."""
    old = select(jobs.c.id).where(jobs.c.completed_at_ns < ended_before_ns, jobs.c.batch_id.is_(None)).limit(limit)
    tx.revision()
    return tx.execute(delete(jobs).where(jobs.c.id.in_(old))).rowcount
