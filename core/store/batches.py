"""Batches: rows that are never claimed; their children's states move them, in the transaction that moves the child."""

from collections.abc import Iterable

from sqlalchemy import func, select, update

from core.job import BATCH_MOVES, ENDED, JobState
from core.store.database import Writing
from core.store.moves import before
from core.store.schema import jobs


def settle(tx: Writing, batch_ids: Iterable[str | None]) -> None:
    """Bring these batches up to date with their children."""
    for batch_id in sorted({id for id in batch_ids if id is not None}):
        _settle(tx, batch_id)


def _settle(tx: Writing, batch_id: str) -> None:
    by_state = select(jobs.c.state, func.count()).where(jobs.c.batch_id == batch_id).group_by(jobs.c.state)
    number: dict[JobState, int] = dict(tx.execute(by_state).all())
    whole = sum(number.values())
    ended = sum(number.get(state, 0) for state in ENDED)
    state: JobState = tx.scalar(select(jobs.c.state).where(jobs.c.id == batch_id))
    target = _target(state, number, all_ended=ended == whole)
    values = {
        "progress": 100.0 * ended / whole,
        "message": f"{number.get(JobState.COMPLETED, 0)} of {whole} completed",
        "last_updated_ns": tx.now_ns,
        "revision": tx.revision(),
    }
    if target is not state:
        values |= {"state": target, "completed_at_ns": tx.now_ns if target in ENDED else None}
        if target is JobState.PROCESSING:
            values["started_at_ns"] = func.coalesce(jobs.c.started_at_ns, tx.now_ns)
    legal = [state] if target is state else before(BATCH_MOVES, target)
    moved = tx.execute(update(jobs).where(jobs.c.id == batch_id, jobs.c.state.in_(legal)).values(values))
    if not moved.rowcount:
        raise RuntimeError(f"batch {batch_id} can't go from {state} to {target}")


def _target(state: JobState, number: dict[JobState, int], *, all_ended: bool) -> JobState:
    if state is JobState.CANCELLED:
        return state
    if all_ended:
        if number.get(JobState.COMPLETED):
            return JobState.COMPLETED
        return JobState.FAILED if number.get(JobState.FAILED) else JobState.CANCELLED
    if state in ENDED:
        return JobState.PENDING
    return JobState.PROCESSING if number.get(JobState.PROCESSING) else state
