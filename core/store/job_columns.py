"""A job's row as the entity, and a filter of the history as SQL."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column

from core.job import Job, JobError, JobKind, JobState
from core.store.schema import TOP_LEVEL, jobs

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


def narrowed(query: Select[Any], wanted: JobFilter, *, aside_from_all: bool = False) -> Select[Any]:
    """The query's rows that the filter lets through, its text left out.

    aside_from_all: no index on what is filtered by; the query has a way of its own to its rows.
    """
    few = aside_from_all or wanted.tenant_id or wanted.batch_id
    for name in ("session_id", "camera_id", "tenant_id", "batch_id"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where((aside(name) if aside_from_all else jobs.c[name]) == value)
    created_at_ns = aside("created_at_ns") if aside_from_all else jobs.c.created_at_ns
    if wanted.states:
        state = aside("state") if few else jobs.c.state
        states = sorted(set(wanted.states))
        query = query.where(state == states[0] if len(states) == 1 else state.in_(states))
    if wanted.kinds:
        kinds = sorted(set(wanted.kinds))
        alone = len(kinds) == 1 and not few and (bool(wanted.session_id) == bool(wanted.states))
        kind = jobs.c.kind if alone else aside("kind")
        query = query.where(kind == kinds[0] if len(kinds) == 1 else kind.in_(kinds))
    if wanted.from_ns is not None:
        query = query.where(created_at_ns >= wanted.from_ns)
    if wanted.to_ns is not None:
        query = query.where(created_at_ns < wanted.to_ns)
    if wanted.top_level:
        query = query.where(aside("batch_id").is_(None) if aside_from_all else TOP_LEVEL)
    return query


def aside(column: str) -> ColumnElement[Any]:
    """The column without its indices: the unary plus keeps SQLite from one whose order would be sorted again."""
    return literal_column(f"+jobs.{column}", jobs.c[column].type)
