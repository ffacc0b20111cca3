"""Holding the children of a batch: what is pending starts no more until it is released; what runs is not touched."""

from sqlalchemy import Update, case, select, update

from core.job import JobState
from core.store.database import Reading, Writing
from core.store.job_making import WAITS
from core.store.schema import in_state, jobs


def hold(tx: Writing, batch_id: str, reason: str, until_ns: int | None = None) -> int:
    """Until then, or until it is released. Returns how many are held now.

    A job that is under way is put back by its handler (`jobs.wait`).
    """
    held = _pending(batch_id).values(held_because=reason, not_before_ns=until_ns, message=reason, **_touched(tx))
    return tx.execute(held).rowcount


def release(tx: Writing, batch_id: str) -> int:
    """They may start now, but for those that wait for a job before them. Returns how many."""
    still = case((jobs.c.waits_for.is_not(None), WAITS), else_=None)
    freed = _pending(batch_id).values(held_because=still, not_before_ns=None, message="", **_touched(tx))
    return tx.execute(freed).rowcount


def can_start(tx: Reading) -> bool:
    """True if a pending job will start by itself, now, at its time or after another: one that is not held."""
    not_held = jobs.c.held_because.is_(None) | jobs.c.not_before_ns.is_not(None) | jobs.c.waits_for.is_not(None)
    waits = select(jobs.c.id).where(in_state(JobState.PENDING), ~jobs.c.is_batch, not_held)
    return tx.scalar(waits.limit(1)) is not None


def _pending(batch_id: str) -> Update:
    return update(jobs).where(jobs.c.batch_id == batch_id, jobs.c.state == JobState.PENDING)


def _touched(tx: Writing) -> dict[str, int]:
    return {"last_updated_ns": tx.now_ns, "revision": tx.revision()}
