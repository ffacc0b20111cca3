"""A job's row as the entity, and a filter of the history."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Any, cast

from sqlalchemy import ColumnElement, func, literal_column, text

from core.job import Job, JobError, JobKind, JobState
from core.store.database import NEWEST
from core.store.prepared import given
from core.store.schema import jobs

COLUMNS = [jobs.c[field.name] for field in fields(Job)]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs of the history; everything left out is not asked for. Times are of creation, UTC ns."""

    states: Collection[JobState] = ()
    kinds: Collection[JobKind] = ()
    session_id: str | None = None
    camera_id: str | None = None
    tenant_id: str | None = None
    batch_id: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    """Exclusive."""
    text: str = ""
    """Words, each of which begins one of the name, camera, team, operator, task_id or error; or the start of an id."""
    top_level: bool = False
    """Leave out the children of batches."""


OWN_REVISION = func.coalesce(given("drawn", jobs.c.revision), text(f"{NEWEST} + 1"))
"""Of a statement that certainly changes one job: the row holds what it draws, which spares the counter's page."""
_PUT = tuple(getattr(Job, column.key).__set__ for column in COLUMNS)


def job_of(row: Iterable[Any]) -> Job:
    """row: the values of COLUMNS."""
    # By its slots: a frozen dataclass's own __init__ takes four times as long, once for each row of every page.
    job = object.__new__(Job)
    for put, value in zip(_PUT, row, strict=True):
        put(job, value)
    # RETURNING hands a whole number back as an int, from a REAL column too.
    object.__setattr__(job, "progress", float(job.progress))
    if job.error is not None:
        object.__setattr__(job, "error", JobError(**cast("dict[str, Any]", job.error)))
    return job


def aside(column: str) -> ColumnElement[Any]:
    """The column without its indices: the unary plus keeps SQLite from one whose order would be sorted again."""
    return literal_column(f"+jobs.{column}", jobs.c[column].type)
