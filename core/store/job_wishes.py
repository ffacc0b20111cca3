"""What people ask of jobs that are there: cancel, run next, try again; each by one checked update."""

from typing import Any

from sqlalchemy import case, insert, select, update

from core.job import MOVES, OPEN, PRIORITY_MAX, Job, JobState
from core.store import night_batches
from core.store.batches import settle
from core.store.database import Writing
from core.store.job_making import WAITS
from core.store.job_rows import by_task_id, get
from core.store.moves import IllegalMove, before
from core.store.schema import early_cancels, in_state, jobs


def cancel(tx: Writing, id: str) -> bool:
    """Cancel at once, the open children of a batch too; False if it had ended before. Raises NotFound."""
    job = get(tx, id)
    open_states = before(MOVES, JobState.CANCELLED)
    ended = {
        "state": JobState.CANCELLED,
        "completed_at_ns": tx.now_ns,
        "last_updated_ns": tx.now_ns,
        "not_before_ns": None,
        "held_because": None,
        "waits_for": None,
    }
    if job.state not in open_states:
        return False
    of_it = (jobs.c.id == id) | (jobs.c.batch_id == id)
    tx.execute(update(jobs).where(of_it, jobs.c.state.in_(open_states)).values(ended | {"revision": tx.revision()}))
    settle(tx, [id if job.is_batch else job.batch_id])
    night_batches.call_off_of_job(tx, job)
    return True


def cancel_task(tx: Writing, task_id: str) -> Job | None:
    """Cancel by the caller's own id. If there is no such job yet, it will be made cancelled: returns None."""
    job = by_task_id(tx, task_id)
    if job is not None:
        cancel(tx, job.id)
        return get(tx, job.id)
    known = tx.scalar(select(early_cancels.c.task_id).where(early_cancels.c.task_id == task_id))
    if known is None:
        tx.execute(insert(early_cancels).values(task_id=task_id, asked_at_ns=tx.now_ns))
    return None


def run_next(tx: Writing, id: str) -> Job:
    """Before all others of its kind, the newest such wish first; nor does it wait for its time. A batch: its children.

    It still waits for the job before it. Raises NotFound, IllegalMove if there is nothing of it left to start.
    """
    job = get(tx, id)
    of_it = jobs.c.batch_id == id if job.is_batch else jobs.c.id == id
    held = case((jobs.c.waits_for.is_(None), None), else_=jobs.c.held_because)
    first = {"priority": PRIORITY_MAX + tx.revision(), "not_before_ns": None, "held_because": held}
    waiting = update(jobs).where(of_it, jobs.c.state == JobState.PENDING)
    moved = tx.execute(waiting.values(first | {"last_updated_ns": tx.now_ns, "revision": tx.revision()})).rowcount
    if not moved:
        raise IllegalMove(f"Job {id} is {job.state}: only what waits can be run next")
    if job.is_batch:
        tx.execute(update(jobs).where(jobs.c.id == id).values(priority=first["priority"], revision=tx.revision()))
    return get(tx, id)


def retry(tx: Writing, id: str) -> Job:
    """The operator's Retry: a failed job, or the failed children of a batch, with their tries refilled.

    Raises NotFound, IllegalMove.
    """
    job = get(tx, id)
    if not _retry(tx, jobs.c.batch_id == id if job.is_batch else jobs.c.id == id):
        raise IllegalMove(
            f"Job {id} is {job.state}: only a failed job can be tried again",
            hint="A cancelled one is final; ask for a new job.",
        )
    return get(tx, id)


def retry_all_failed(tx: Writing) -> int:
    """Try all failed jobs again but those of cancelled batches; returns how many."""
    return _retry(tx, in_state(JobState.FAILED))


def _retry(tx: Writing, which: Any) -> int:
    batch = jobs.alias("batch")
    over = select(batch.c.id).where(batch.c.id == jobs.c.batch_id, batch.c.state == JobState.CANCELLED).exists()
    earlier = jobs.alias("earlier")
    waits_for = select(earlier.c.id).where(earlier.c.id == jobs.c.after_id, earlier.c.state.in_(OPEN)).scalar_subquery()
    again = (
        update(jobs)
        .where(which, jobs.c.state == JobState.FAILED, jobs.c.state.in_(before(MOVES, JobState.PENDING)))
        .where(~jobs.c.is_batch, ~over)
        .values(
            state=JobState.PENDING,
            tries_left=jobs.c.tries,
            waits_for=waits_for,
            held_because=case((waits_for.is_not(None), WAITS), else_=None),
            completed_at_ns=None,
            error=None,
            progress=0.0,
            stage="",
            message="",
            last_updated_ns=tx.now_ns,
            revision=tx.revision(),
        )
        .returning(jobs.c.batch_id)
    )
    batches = tx.execute(again).scalars().all()
    settle(tx, batches)
    return len(batches)
