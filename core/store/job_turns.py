"""The open jobs in the order in which they start: what is claimed next, and what the panel shows."""

from collections.abc import Collection
from itertools import product

from sqlalchemy import Select, TextClause, select, text, union_all

from core.job import JobKind, JobState
from core.store.schema import IS_READY, IS_TOP, in_state, jobs

_TURN = (jobs.c.priority.desc(), jobs.c.number)


def first_ready(kinds: Collection[JobKind]) -> TextClause:
    """As SQL, the number of the most urgent job of these kinds that may start now; NULL if there is none."""
    # A look into the index for each part: a kind at its limit may have a million jobs waiting before the first free
    # one. CROSS JOIN keeps SQLite from the other order.
    parts = ", ".join(f"({top}, '{kind}')" for top, kind in product((0, 1), sorted(kinds)))
    return text(
        f"(SELECT first.number FROM (VALUES {parts}) AS part CROSS JOIN jobs AS first ON first.number = ("
        f"SELECT number FROM jobs WHERE {in_state(JobState.PENDING)} AND {IS_READY} = 1 AND {IS_TOP} = part.column1 "
        "AND kind = part.column2 ORDER BY priority DESC, number LIMIT 1) "
        "ORDER BY first.priority DESC, first.number LIMIT 1)"
    )


def at_top(state: JobState, limit: int) -> Select[tuple[int]]:
    """The numbers of single jobs and batches in that open state, the most urgent first."""
    streams = [_stream(state, ready, kind, limit) for ready, kind in product((0, 1), JobKind)]
    merged = union_all(*[select(stream.subquery()) for stream in streams]).subquery()
    return select(merged.c.number).order_by(merged.c.priority.desc(), merged.c.number).limit(limit)


def _stream(state: JobState, ready: int, kind: JobKind, limit: int) -> Select[tuple[int, int]]:
    """One equal part of the index, which is in order."""
    part: list[TextClause] = [in_state(state), text(f"{IS_READY} = {ready}"), text(f"{IS_TOP} = 1")]
    return (
        select(jobs.c.number, jobs.c.priority).where(*part, text(f"jobs.kind = '{kind}'")).order_by(*_TURN).limit(limit)
    )
