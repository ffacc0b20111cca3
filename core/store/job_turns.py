"""The open jobs in the order in which they start: what is claimed next, and what the panel shows."""

from collections.abc import Collection
from functools import cache
from itertools import product

from sqlalchemy import Select, TextClause, select, text, union_all

from core.job import JobKind, JobState
from core.store.database import Reading
from core.store.prepared import Prepared
from core.store.schema import IS_READY, IS_TOP, in_state, jobs

_TURN = (jobs.c.priority.desc(), jobs.c.number)


def first_ready(tx: Reading, kinds: Collection[JobKind]) -> int | None:
    """The number of the most urgent job of these kinds that may start now; None if there is none."""
    number: int | None = _first(frozenset(kinds)).first(tx)
    return number


def at_top(state: JobState, limit: int) -> Select[tuple[int]]:
    """The numbers of single jobs and batches in that open state, the most urgent first."""
    return _merged([_stream(state, ready, 1, kind, limit) for ready, kind in product((0, 1), JobKind)], limit)


@cache
def _first(kinds: frozenset[JobKind]) -> Prepared:
    # A look into the index for each kind: one at its limit may have a million jobs waiting before the first free one.
    streams = [_stream(JobState.PENDING, 1, top, kind, 1) for top, kind in product((0, 1), sorted(kinds))]
    return Prepared(_merged(streams, 1))


def _stream(state: JobState, ready: int, top: int, kind: JobKind, limit: int) -> Select[tuple[int, int]]:
    """One equal part of the index, which is in order."""
    part: list[TextClause] = [in_state(state), text(f"{IS_READY} = {ready}"), text(f"{IS_TOP} = {top}")]
    return (
        select(jobs.c.number, jobs.c.priority).where(*part, text(f"jobs.kind = '{kind}'")).order_by(*_TURN).limit(limit)
    )


def _merged(streams: list[Select[tuple[int, int]]], limit: int) -> Select[tuple[int]]:
    merged = union_all(*[select(stream.subquery()) for stream in streams]).subquery()
    return select(merged.c.number).order_by(merged.c.priority.desc(), merged.c.number).limit(limit)
