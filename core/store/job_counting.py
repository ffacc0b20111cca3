"""How many jobs there are of each kind and state: what is open or not filed is counted, the rest kept by triggers."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, func, select, text, union_all

from core.job import OPEN, JobState
from core.store.schema import BATCHES, IS_FILED, counters, in_state, jobs

_COUNTED = (jobs.c.kind, jobs.c.state)


def _open(state: JobState, sign: int, *which: Any) -> Select[Any]:
    counted = select(*_COUNTED, (sign * func.count()).label("jobs"))
    return counted.where(in_state(state), *which).group_by(jobs.c.kind)


_NOT_FILED = (
    select(*_COUNTED, func.count().label("jobs"))
    .where(text(f"jobs.{IS_FILED.replace('<=', '>')}"), text("+completed_at_ns IS NOT NULL AND +is_batch = 0"))
    .group_by(*_COUNTED)
)

COUNTED: CompoundSelect[Any] = union_all(
    select(counters.c.kind, counters.c.state, counters.c.number.label("jobs")).where(counters.c.name == "jobs"),
    _NOT_FILED,
    *[_open(state, 1) for state in sorted(OPEN)],
    *[_open(state, -1, BATCHES) for state in sorted(OPEN)],
)
"""Rows of kind, state and jobs, to be added up; batches are not counted, their children are."""
