"""Runs that wait for what only the operator can mend: all their shards together, until a call is answered again."""

from typing import NamedTuple

from sqlalchemy import func, select, update

from core.errors import KnownError
from core.job import OPEN
from core.store.database import Reading, Writing
from core.store.job_holding import hold
from core.store.schema import jobs
from core.store.schema_analysis import RUN_THERE, runs

_KEY = "$.needs"


class Needy(NamedTuple):
    """A run, and what it needs in the operator's words."""

    name: str
    message: str
    hint: str


def wait_for_operator(tx: Writing, run_id: str, why: KnownError, not_before_ns: int) -> None:
    """Nothing pending of the run is tried before then; until `mended`, it is among those that need the operator."""
    batch_id = tx.scalar(select(runs.c.job_id).where(runs.c.id == run_id))
    hold(tx, str(batch_id), why.title, not_before_ns)
    needs = func.json_object("message", why.title, "hint", why.hint)
    _set(tx, run_id, func.json_set(runs.c.options, _KEY, needs))


def mended(tx: Writing, run_id: str) -> None:
    _set(tx, run_id, func.json_remove(runs.c.options, _KEY))


def that_need_operator(tx: Reading) -> list[Needy]:
    """Those that go on but for that; what the operator stopped is not waited for."""
    found = func.json_extract(runs.c.options, _KEY)
    query = (
        select(runs.c.name, runs.c.pack_name, func.json_extract(found, "$.message"), func.json_extract(found, "$.hint"))
        .join(jobs, jobs.c.id == runs.c.job_id)
        .where(RUN_THERE, runs.c.ended_at_ns.is_(None), runs.c.held_because.is_(None))
        .where(found.is_not(None), jobs.c.state.in_(OPEN))
        .order_by(runs.c.created_at_ns)
    )
    return [Needy(name or pack_name, message, hint) for name, pack_name, message, hint in tx.execute(query)]


def _set(tx: Writing, run_id: str, options: object) -> None:
    tx.execute(update(runs).where(runs.c.id == run_id).values(options=options, revision=tx.revision()))
