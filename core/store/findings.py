"""The findings of a run: told one by one as they come, fenced by the attempt; and read as a table with charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.sql.functions import Function

from core.errors import NotFound, UsageError
from core.job import Job
from core.run import FINDING_MOVES, Finding, FindingState, FrameRef
from core.store import jobs
from core.store.database import Reading, Writing
from core.store.moves import StaleAttempt, before
from core.store.paging import Page, number_in
from core.store.prepared import Prepared, given
from core.store.schema_analysis import findings

_OWN = {"number", "asset_id", "location", "state", "error", "model", "took_ms", "cost_usd", "tokens_in", "tokens_out"}


@dataclass(frozen=True, slots=True)
class FindingEnd:
    """How one finding ended; tokens and cost are of this try's calls and are added to those before."""

    number: int
    values: dict[str, object] | None = None
    error: dict[str, str] | None = None
    """slug, message, hint; exactly one of `values` and `error` is there."""
    model: str = ""
    raw: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    took_ms: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Everything left out is not asked for."""

    state: FindingState | None = None
    text: str = ""
    """In the asset's name, its location or anywhere in its answer."""
    column: str | None = None
    """A pack's column that equals `value`, or lies between `low` and `high` (both included)."""
    value: str | int | float | bool | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FindingSort:
    """By a pack's column, or by number, asset_id, location, state, model, took_ms, cost_usd …; empty ones last."""

    column: str = "number"
    descending: bool = False


def pending(tx: Reading, job_id: str) -> list[Finding]:
    """What a shard has still to do, in the order of the run."""
    query = select(findings).where(findings.c.job_id == job_id, findings.c.state == FindingState.PENDING)
    return [_finding(row) for row in tx.rows(query.order_by(findings.c.number))]


def of_shard(tx: Reading, job_id: str) -> list[Finding]:
    """All that a shard has or had to do, in the order of the run."""
    query = select(findings).where(findings.c.job_id == job_id)
    return [_finding(row) for row in tx.rows(query.order_by(findings.c.number))]


def record(tx: Writing, job: Job, run_id: str, ended: Sequence[FindingEnd]) -> None:
    """Keep how these findings ended. Raises StaleAttempt: then nothing of it counts."""
    jobs.assert_current(tx, job)
    for end in ended:
        told = _TELL.changed(
            tx,
            run_id=run_id,
            number=end.number,
            job_id=job.id,
            state=FindingState.FAILED if end.error is not None else FindingState.COMPLETED,
            error=end.error,
            answer=end.values,
            model=end.model,
            raw=end.raw,
            tokens_in=end.tokens_in,
            tokens_out=end.tokens_out,
            cost_usd=end.cost_usd,
            took_ms=end.took_ms,
            notes=list(end.notes),
            ended_at_ns=tx.now_ns,
            revision=tx.revision(),
        )
        if not told:
            raise StaleAttempt("job", job.id, job.attempt)


(_BEFORE_END,) = {*before(FINDING_MOVES, FindingState.COMPLETED), *before(FINDING_MOVES, FindingState.FAILED)}
_SUMMED = ("tokens_in", "tokens_out", "cost_usd")
_SET = ("state", "error", "answer", "model", "raw", "took_ms", "notes", "ended_at_ns", "revision")
_TELL = Prepared(
    update(findings)
    .where(*(findings.c[name] == given(name, findings.c[name]) for name in ("run_id", "number", "job_id")))
    .where(findings.c.state == _BEFORE_END)
    .values({name: given(name, findings.c[name]) for name in _SET})
    .values({name: findings.c[name] + given(name, findings.c[name]) for name in _SUMMED})
)


def get(tx: Reading, run_id: str, asset_id: str) -> Finding:
    """Raises NotFound."""
    row = tx.row(select(findings).where(findings.c.run_id == run_id, findings.c.asset_id == asset_id))
    if row is None:
        raise NotFound("finding", asset_id)
    return _finding(row)


def page(
    tx: Reading,
    run_id: str,
    sort: FindingSort | None = None,
    wanted: FindingFilter | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Finding]:
    """A page in the given order; the cursor is how many rows stand before it. Raises UsageError for one that is none.

    The rows of a run never grow fewer or more, so a place by number stays what it is.
    """
    offset = 0 if cursor is None else number_in(cursor, cursor)
    query = _filtered(select(findings), run_id, wanted or FindingFilter()).order_by(*_order(sort or FindingSort()))
    rows = tx.rows(query.offset(offset).limit(limit + 1))
    return Page([_finding(row) for row in rows[:limit]], str(offset + limit) if len(rows) > limit else None)


def after(tx: Reading, run_id: str, number: int, limit: int = 500) -> list[Finding]:
    """Those that follow `number` (-1: all) in the run's own order: the way to read a large run whole."""
    query = select(findings).where(findings.c.run_id == run_id, findings.c.number > number)
    return [_finding(row) for row in tx.rows(query.order_by(findings.c.number).limit(limit))]


def changed(tx: Reading, run_id: str, revision: int, limit: int = 500) -> list[Finding]:
    """Changed after `revision`, oldest change first; at most `limit`: ask again until none come."""
    later = select(findings).where(findings.c.run_id == run_id, findings.c.revision > revision)
    rows = list(tx.rows(later.order_by(findings.c.revision).limit(limit)))
    if len(rows) == limit:  # a transaction's rows are never split
        rows = list(tx.rows(later.where(findings.c.revision <= rows[-1]["revision"])))
    return [_finding(row) for row in rows]


def count(tx: Reading, run_id: str, wanted: FindingFilter) -> int:
    return int(tx.scalar(_filtered(select(func.count()).select_from(findings), run_id, wanted)))


def counts(tx: Reading, run_id: str) -> dict[FindingState, int]:
    found = dict.fromkeys(FindingState, 0)
    by_state = select(findings.c.state, func.count()).where(findings.c.run_id == run_id).group_by(findings.c.state)
    return found | {FindingState(state): number for state, number in tx.execute(by_state)}


def column_counts(
    tx: Reading, run_id: str, column: str, wanted: FindingFilter | None = None
) -> list[tuple[str | int | float | None, int]]:
    """How often each value of a pack's column was found, most often first; None where it has none (flags: 0 and 1)."""
    value = _answer(column)
    query = _filtered(select(value, func.count()), run_id, wanted or FindingFilter(state=FindingState.COMPLETED))
    return [(found, number) for found, number in tx.execute(query.group_by(value).order_by(func.count().desc(), value))]


def column_numbers(tx: Reading, run_id: str, column: str, wanted: FindingFilter | None = None) -> list[float]:
    """Every value of a pack's number column that there is, in ascending order."""
    value = _answer(column)
    query = _filtered(select(value), run_id, wanted or FindingFilter(state=FindingState.COMPLETED))
    return [float(found) for found in tx.execute(query.where(value.is_not(None)).order_by(value)).scalars()]


def _answer(column: str) -> Function[Any]:
    if not column.replace("_", "").isalnum():
        raise UsageError(f"{column!r} is no column of a pack")
    return func.json_extract(findings.c.answer, f"$.{column}")


def _order(sort: FindingSort) -> tuple[ColumnElement[Any], ...]:
    by: ColumnElement[Any] = findings.c[sort.column] if sort.column in _OWN else _answer(sort.column)
    towards = by.desc() if sort.descending else by.asc()
    return (towards,) if sort.column == "number" else (by.is_(None), towards, findings.c.number)


def _filtered(query: Select[Any], run_id: str, wanted: FindingFilter) -> Select[Any]:
    c = findings.c
    query = query.where(c.run_id == run_id)
    if wanted.state is not None:
        query = query.where(c.state == wanted.state)
    if wanted.text.strip():
        words = wanted.text.strip()
        query = query.where(
            c.asset_id.icontains(words, autoescape=True)
            | c.location.icontains(words, autoescape=True)
            | func.coalesce(func.json_extract(c.error, "$.message"), "").icontains(words, autoescape=True)
            | func.coalesce(c.answer, "").icontains(words, autoescape=True)
        )
    if wanted.column is not None:
        value = _answer(wanted.column)
        if wanted.low is not None:
            query = query.where(value >= wanted.low)
        if wanted.high is not None:
            query = query.where(value <= wanted.high)
        if wanted.low is None and wanted.high is None:
            query = query.where(value.is_(None) if wanted.value is None else value == wanted.value)
    return query


def _finding(row: Any) -> Finding:
    values = dict(row)
    values["values"] = values.pop("answer")
    values["frames"] = tuple(FrameRef(frame.get("id"), frame.get("path")) for frame in values["frames"])
    values["notes"] = tuple(values["notes"])
    return Finding(**values)
