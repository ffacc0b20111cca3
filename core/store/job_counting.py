"""How many jobs there are of each kind and state: what is open is counted, what ended is kept by triggers."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, func, select, union_all

from core.job import OPEN, JobState
from core.store.schema import BATCHES, counters, in_state, jobs


def _open(state: JobState, sign: int, *which: Any) -> Select[Any]:
    counted = select(jobs.c.kind, jobs.c.state, (sign * func.count()).label("jobs"))
    return counted.where(in_state(state), *which).group_by(jobs.c.kind)


COUNTED: CompoundSelect[Any] = union_all(
    select(counters.c.kind, counters.c.state, counters.c.number.label("jobs")).where(counters.c.name == "jobs"),
    *[_open(state, 1) for state in sorted(OPEN)],
    *[_open(state, -1, BATCHES) for state in sorted(OPEN)],
)
"""Rows of kind, state and jobs, to be added up; batches are not counted, their children are."""
