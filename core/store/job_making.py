"""Making jobs and batches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert

from core.errors import UsageError
from core.ids import new_id
from core.job import OPEN, PRIORITY_MAX, Job, JobState, NewJob
from core.store import cameras, sessions
from core.store.batches import settle
from core.store.database import Writing
from core.store.job_columns import COLUMNS, OWN_REVISION, job_of
from core.store.job_rows import by_task_id, get
from core.store.prepared import Prepared, given
from core.store.schema import early_cancels, jobs

WAITS = "Waits for the job before it to end"


_NAMES = [column.key for column in COLUMNS]
_LEFT_OUT = ("number", "worker_id", "error", "started_at_ns", "revision")
_GIVEN = [column for column in jobs.c if column.name not in _LEFT_OUT]
_INSERT = Prepared(
    insert(jobs)
    .values({column: given(column.name, column) for column in _GIVEN} | {jobs.c.revision: OWN_REVISION})
    .returning(jobs.c.number, jobs.c.revision),
    jobs.c.number,
    jobs.c.revision,
)


def enqueue(tx: Writing, new: NewJob) -> Job:
    """Make a job. The same task_id twice is one job; one that was cancelled before is made cancelled.

    Raises CameraUnknown, NotFound for an unknown session or job before it, UsageError for a priority past its bounds.
    """
    if new.task_id is not None and (known := by_task_id(tx, new.task_id)):
        return known
    row = _row(tx, new, _first_state(tx, new), _Names(tx))
    made = _INSERT.row(tx, drawn=tx.drawn, **row)
    assert made is not None
    row |= made
    tx.drawn = made["revision"]
    return job_of(map(row.get, _NAMES))


def enqueue_batch(tx: Writing, new: NewJob, children: Sequence[NewJob]) -> Job:
    """Make a batch and its children, in their order; what the batch waits for, each of them waits for.

    Raises as `enqueue`, and ValueError without children.
    """
    if not children:
        raise ValueError("a batch has at least one child")
    if new.task_id is not None and (known := by_task_id(tx, new.task_id)):
        return known
    state, names = _first_state(tx, new), _Names(tx)
    never_claimed: dict[str, Any] = dict.fromkeys(("not_before_ns", "after_id", "waits_for", "held_because"))
    batch = _row(tx, new, state, names) | never_claimed | {"is_batch": True}
    rows = [
        _row(
            tx,
            replace(
                child,
                after_id=child.after_id or new.after_id,
                correlation_id=child.correlation_id or batch["correlation_id"],
                not_before_ns=child.not_before_ns or new.not_before_ns,
            ),
            state,
            names,
        )
        for child in children
    ]
    for place, row in enumerate(rows):
        row |= {"batch_id": batch["id"], "created_at_ns": tx.now_ns + place}
    tx.execute(insert(jobs).values(revision=tx.revision()), [batch, *rows])
    return get(tx, batch["id"])


def add_children(tx: Writing, batch: Job, children: Sequence[NewJob]) -> list[Job]:
    """More children of a batch that was not cancelled, as pending jobs of its request; it is open again."""
    names = _Names(tx)
    own = [replace(child, correlation_id=child.correlation_id or batch.correlation_id) for child in children]
    rows = [_row(tx, child, JobState.PENDING, names) for child in own]
    for place, row in enumerate(rows):
        row |= {"batch_id": batch.id, "created_at_ns": tx.now_ns + place}
    tx.execute(insert(jobs).values(revision=tx.revision()), rows)
    settle(tx, [batch.id])
    return [get(tx, row["id"]) for row in rows]


def _first_state(tx: Writing, new: NewJob) -> JobState:
    if new.task_id is None:
        return JobState.PENDING
    forgotten = delete(early_cancels).where(early_cancels.c.task_id == new.task_id)
    return JobState.CANCELLED if tx.execute(forgotten).rowcount else JobState.PENDING


class _Names:
    """Cameras, sessions and jobs waited for, each looked up once however many children name it."""

    def __init__(self, tx: Writing) -> None:
        self._tx = tx
        self._current = sessions.current_id(tx)
        self._cameras: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._open: dict[str, bool] = {}

    def camera(self, id: str) -> str:
        if id not in self._cameras:
            self._cameras[id] = cameras.spelled(self._tx, id)
        return self._cameras[id]

    def session(self, id: str | None) -> str | None:
        if id is None:
            return self._current
        if id not in self._sessions:
            self._sessions[id] = sessions.get(self._tx, id).id
        return self._sessions[id]

    def is_open(self, id: str) -> bool:
        if id not in self._open:
            self._open[id] = get(self._tx, id).state in OPEN
        return self._open[id]


def _row(tx: Writing, new: NewJob, state: JobState, names: _Names) -> dict[str, Any]:
    if not 0 <= new.priority <= PRIORITY_MAX:
        raise UsageError(f"A priority is 0 to {PRIORITY_MAX}, not {new.priority}")
    id = new_id()
    waits = new.after_id is not None and names.is_open(new.after_id) and state is JobState.PENDING
    return {
        "id": id,
        "kind": new.kind,
        "state": state,
        "params": dict(new.params),
        "name": new.name,
        "priority": new.priority,
        "attempt": 0,
        "tries": new.tries,
        "tries_left": new.tries,
        "created_at_ns": tx.now_ns,
        "last_updated_ns": tx.now_ns,
        "progress": 0.0,
        "stage": "",
        "message": "",
        "task_id": new.task_id,
        "tenant_id": new.tenant_id,
        "operator": new.operator,
        "camera_id": None if new.camera_id is None else names.camera(new.camera_id),
        "session_id": names.session(new.session_id),
        "batch_id": None,
        "is_batch": False,
        "not_before_ns": new.not_before_ns if state is JobState.PENDING else None,
        "held_because": WAITS if waits else None,
        "after_id": new.after_id,
        "waits_for": new.after_id if waits else None,
        "correlation_id": new.correlation_id or id,
        "summary": {},
        "completed_at_ns": tx.now_ns if state is JobState.CANCELLED else None,
    }
