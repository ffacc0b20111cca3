"""Jobs by the time they began, as the status routes list them, and what became of their children."""

from collections.abc import Collection

from sqlalchemy import Integer, func, literal_column, select

from core.job import Job, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, NAMES, job_of
from core.store.paging import Page, cursor_of, newest_first
from core.store.schema import BATCHES, BEGUN_AT, TOP_LEVEL, jobs

_BEGUN_AT = literal_column(BEGUN_AT, Integer)


def began_ns(job: Job) -> int:
    """When it started; until then, when it was made."""
    return job.created_at_ns if job.started_at_ns is None else job.started_at_ns


def page(
    tx: Reading,
    *,
    state: JobState | None = None,
    tenant_id: str | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Job]:
    """Single jobs and batches, latest start first; to_ns is exclusive. Raises UsageError for a cursor that is none."""
    query = select(jobs.c.number, *COLUMNS).where(TOP_LEVEL)
    if state is not None:
        # The unary plus: an index on the state would have to be sorted again.
        query = query.where(literal_column("+jobs.state", jobs.c.state.type) == state)
    if tenant_id is not None:
        query = query.where(literal_column("+jobs.tenant_id", jobs.c.tenant_id.type) == tenant_id)
    if from_ns is not None:
        query = query.where(from_ns <= _BEGUN_AT)
    if to_ns is not None:
        query = query.where(to_ns > _BEGUN_AT)
    rows = tx.rows(newest_first(query, _BEGUN_AT, jobs.c.number, cursor, limit))
    found = [job_of({name: row[name] for name in NAMES}) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(found, cursor_of(began_ns(found[-1]), rows[limit - 1]["number"]) if more else None)


def child_counts(tx: Reading, batch_ids: Collection[str]) -> dict[str, dict[JobState, int]]:
    """How many children of each batch are in each state."""
    if not batch_ids:
        return {}
    number = func.count().label("number")
    query = select(jobs.c.batch_id, jobs.c.state, number).where(jobs.c.batch_id.in_(batch_ids))
    found: dict[str, dict[JobState, int]] = {}
    for row in tx.rows(query.group_by(jobs.c.batch_id, jobs.c.state)):
        found.setdefault(row["batch_id"], {})[row["state"]] = row["number"]
    return found


def active_batches(tx: Reading, limit: int) -> list[Job]:
    """Batches that have not ended, latest beginning first."""
    query = select(*COLUMNS).where(BATCHES, jobs.c.state.in_((JobState.PROCESSING, JobState.PENDING)))
    return [job_of(row) for row in tx.rows(query.order_by(_BEGUN_AT.desc(), jobs.c.number.desc()).limit(limit))]
