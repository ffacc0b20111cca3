"""Making jobs and batches."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert

from core.ids import new_id
from core.job import Job, JobState, NewJob
from core.store import cameras, sessions
from core.store.database import Writing
from core.store.job_rows import by_task_id, get
from core.store.schema import early_cancels, jobs


def enqueue(tx: Writing, new: NewJob) -> Job:
    """Make a job. The same task_id twice is one job; one that was cancelled before is made cancelled.

    Raises CameraUnknown, NotFound for an unknown session.
    """
    if new.task_id is not None and (known := by_task_id(tx, new.task_id)):
        return known
    id = _insert(tx, new, created_at_ns=tx.now_ns, state=_first_state(tx, new))
    return get(tx, id)


def enqueue_batch(tx: Writing, new: NewJob, children: Sequence[NewJob]) -> Job:
    """Make a batch and its children, in their order. Raises as `enqueue`, and ValueError without children."""
    if not children:
        raise ValueError("a batch has at least one child")
    if new.task_id is not None and (known := by_task_id(tx, new.task_id)):
        return known
    state = _first_state(tx, new)
    batch_id = _insert(tx, new, created_at_ns=tx.now_ns, state=state, is_batch=True)
    for place, child in enumerate(children):
        _insert(tx, child, created_at_ns=tx.now_ns + place, state=state, batch_id=batch_id)
    return get(tx, batch_id)


def _first_state(tx: Writing, new: NewJob) -> JobState:
    forgotten = delete(early_cancels).where(early_cancels.c.task_id == new.task_id)
    return JobState.CANCELLED if tx.execute(forgotten).rowcount else JobState.PENDING


def _insert(tx: Writing, new: NewJob, *, created_at_ns: int, state: JobState, **columns: Any) -> str:
    if new.session_id is None:
        session = sessions.current(tx)
    else:
        session = sessions.get(tx, new.session_id)
    row = {
        "id": new_id(),
        "kind": new.kind,
        "state": state,
        "params": dict(new.params),
        "name": new.name,
        "priority": new.priority,
        "attempt": 0,
        "tries": new.tries,
        "tries_left": new.tries,
        "created_at_ns": created_at_ns,
        "last_updated_ns": tx.now_ns,
        "progress": 0.0,
        "stage": "",
        "message": "",
        "task_id": new.task_id,
        "tenant_id": new.tenant_id,
        "operator": new.operator,
        "camera_id": None if new.camera_id is None else cameras.get(tx, new.camera_id).id,
        "session_id": session.id if session else None,
        "is_batch": False,
        "summary": {},
        "completed_at_ns": tx.now_ns if state is JobState.CANCELLED else None,
        "revision": tx.revision(),
    }
    tx.execute(insert(jobs).values(row | columns))
    return str(row["id"])
