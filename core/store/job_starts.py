"""Jobs by the time they began, as the status routes list them, and what became of their children."""

from collections.abc import Collection

from sqlalchemy import func, select

from core.job import ENDED, Job, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, aside, job_of
from core.store.paging import Page, cursor_of, newest_first
from core.store.schema import BATCHES, NEVER_STARTED, STARTED, TOP_LEVEL, in_state, jobs


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
    found: list[Job] = []
    for states, began_at, which in _PARTS:
        if state is not None and state not in states:
            continue
        query = select(*COLUMNS).where(TOP_LEVEL, *which)
        if state is not None:
            query = query.where(aside("state") == state)
        if tenant_id is not None:
            query = query.where(aside("tenant_id") == tenant_id)
        if from_ns is not None:
            query = query.where(from_ns <= began_at)
        if to_ns is not None:
            query = query.where(to_ns > began_at)
        found += [job_of(row) for row in tx.execute(newest_first(query, began_at, jobs.c.number, cursor, limit))]
    found.sort(key=lambda job: (began_ns(job), job.number), reverse=True)
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], cursor_of(began_ns(last), last.number) if last else None)


# What started, what waits for its first start, and what ended before it: each in the order of when it began.
_PARTS = (
    (frozenset(JobState), jobs.c.started_at_ns, (STARTED,)),
    ({JobState.PENDING}, jobs.c.created_at_ns, (in_state(JobState.PENDING), aside("started_at_ns").is_(None))),
    (ENDED, jobs.c.created_at_ns, (NEVER_STARTED,)),
)


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
    return [
        job_of(row)
        for row in tx.execute(
            query.order_by(
                func.coalesce(jobs.c.started_at_ns, jobs.c.created_at_ns).desc(), jobs.c.number.desc()
            ).limit(limit)
        )
    ]
