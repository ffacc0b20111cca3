"""Reading jobs: by id, changed since, page by page, and what the panel shows."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select

from core.errors import NotFound
from core.job import Job, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, JobFilter, job_of
from core.store.job_counting import COUNTED
from core.store.job_history import cursor_after, newest, number_before
from core.store.job_search import page_by_words
from core.store.job_turns import at_top
from core.store.paging import Page, changed_rows
from core.store.prepared import Prepared, given
from core.store.schema import DUE, NEW_CAPTURES, OF_A_REQUEST, TOP_LEVEL, jobs

_BY_ID = Prepared(select(*COLUMNS).where(jobs.c.id == given("id", jobs.c.id)), *COLUMNS)
_BY_TASK_ID = Prepared(select(*COLUMNS).where(jobs.c.task_id == given("task_id", jobs.c.task_id)), *COLUMNS)
_NEXT_DUE = Prepared(select(jobs.c.not_before_ns).where(DUE).order_by(jobs.c.not_before_ns).limit(1))


def get(tx: Reading, id: str) -> Job:
    """Raises NotFound."""
    row = _BY_ID.values(tx, id=id)
    if row is None:
        raise NotFound("job", id)
    return job_of(row)


def by_task_id(tx: Reading, task_id: str) -> Job | None:
    row = _BY_TASK_ID.values(tx, task_id=task_id)
    return job_of(row) if row else None


def by_correlation(tx: Reading, correlation_id: str) -> list[Job]:
    """Those that came with one request, in the order they were made; the children of batches among them."""
    of_request = select(*COLUMNS).where(OF_A_REQUEST, jobs.c.correlation_id == correlation_id)
    own = select(*COLUMNS).where(jobs.c.id == correlation_id, jobs.c.correlation_id == correlation_id)
    return sorted(_jobs(tx, own) + _jobs(tx, of_request), key=lambda job: (job.created_at_ns, not job.is_batch, job.id))


def children(tx: Reading, id: str) -> list[Job]:
    """Of a batch, in the order they were given."""
    query = select(*COLUMNS).where(jobs.c.batch_id == id).order_by(jobs.c.number)
    return _jobs(tx, query)


def page(tx: Reading, wanted: JobFilter, cursor: str | None = None, limit: int = 50) -> Page[Job]:
    """Newest first. Raises UsageError for a cursor that is none."""
    if wanted.text.strip():
        return page_by_words(tx, wanted, cursor, limit)
    found = _jobs(tx, newest(tx, wanted, number_before(cursor), limit + 1))
    return Page(found[:limit], cursor_after(found[limit - 1].number) if len(found) > limit else None)


def active(tx: Reading, finished_since_ns: int, limit: int = 200) -> list[Job]:
    """What the panel shows, without the children of batches: running, then waiting, then newly ended."""
    found: list[Job] = []
    for state in (JobState.PROCESSING, JobState.PENDING):
        query = select(*COLUMNS).where(jobs.c.number.in_(at_top(state, limit)))
        found += _jobs(tx, query.order_by(jobs.c.priority.desc(), jobs.c.number))
    ended = select(*COLUMNS).where(TOP_LEVEL, jobs.c.completed_at_ns >= finished_since_ns)
    return found + _jobs(tx, ended.order_by(jobs.c.completed_at_ns.desc(), jobs.c.number.desc()).limit(limit))


def counts(tx: Reading) -> dict[JobState, int]:
    """Jobs by state, the children of batches among them, the batches not."""
    found = dict.fromkeys(JobState, 0)
    for row in tx.rows(COUNTED):
        found[JobState(row["state"])] += row["jobs"]
    return found


def changed(tx: Reading, *, revision: int, limit: int = 500) -> list[Job]:
    """Changed after `revision`, oldest change first; more than `limit` if one transaction changed more."""
    return [job_of(row.values()) for row in changed_rows(tx, select(*COLUMNS), jobs, revision, limit)]


def new_captures(tx: Reading, revision: int) -> list[Job]:
    """Pending capture jobs changed after `revision`, whose packets the feeds must pin at once."""
    query = select(*COLUMNS).where(NEW_CAPTURES, jobs.c.revision > revision)
    return _jobs(tx, query.order_by(jobs.c.revision, jobs.c.number))


def states(tx: Reading, ids: Collection[str]) -> dict[str, JobState]:
    """Of those of the given jobs that are there."""
    query = select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(ids))
    return {row["id"]: row["state"] for row in tx.rows(query)}


def cancelled(tx: Reading, ids: Collection[str]) -> set[str]:
    """Those of the given jobs that were cancelled."""
    query = select(jobs.c.id).where(jobs.c.id.in_(ids), jobs.c.state == JobState.CANCELLED)
    return set(tx.execute(query).scalars())


def next_due_ns(tx: Reading) -> int | None:
    """When the next waiting job may be claimed (UTC ns); None if none waits for a time."""
    due: int | None = _NEXT_DUE.first(tx)
    return due


def _jobs(tx: Reading, query: Select[Any]) -> list[Job]:
    return [job_of(row) for row in tx.execute(query)]
