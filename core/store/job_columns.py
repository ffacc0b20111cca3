"""A job's row as the entity, and a filter of the history."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, literal_column

from core.job import Job, JobError, JobKind, JobState
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


def job_of(row: Any) -> Job:
    values = dict(row)
    # RETURNING hands a whole number back as an int, from a REAL column too.
    values["progress"] = float(values["progress"])
    if values["error"] is not None:
        values["error"] = JobError(**values["error"])
    return Job(**values)


def aside(column: str) -> ColumnElement[Any]:
    """The column without its indices: the unary plus keeps SQLite from one whose order would be sorted again."""
    return literal_column(f"+jobs.{column}", jobs.c[column].type)
