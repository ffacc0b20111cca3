"""The history's pages: the numbers of the jobs that a filter lets through, newest first, read from whole indices.

A filter is met by streams, each an equal part of one index, which stands in the order of the numbers: the newest of all
are among the newest of each. The other conditions carry a unary plus, which keeps SQLite from their indices.
"""

from collections.abc import Collection, Iterable
from itertools import product
from typing import Any

from sqlalchemy import Select, select, text

from core.job import ENDED, OPEN, JobKind, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, JobFilter
from core.store.job_times import numbers_between
from core.store.paging import number_in
from core.store.schema import jobs

_NAMED = ("session_id", "tenant_id", "camera_id", "batch_id")
_FEW = 5000
_MADE = "made:"


def newest(tx: Reading, wanted: JobFilter, before: int | None, limit: int) -> Select[Any]:
    """The rows of the filter with a number less than `before`, newest first, its text left out."""
    beside, values = conditions(tx, wanted, before)
    streams = [_stream([*stream, *beside], limit) for stream in _streams(tx, wanted)]
    numbers = streams[0] if len(streams) == 1 else f"{' UNION ALL '.join(streams)} ORDER BY number DESC LIMIT {limit}"
    found = text(f"jobs.number IN ({numbers})").bindparams(**values)
    return select(*COLUMNS).where(found).order_by(jobs.c.number.desc())


def open_number(tx: Reading, states: Collection[JobState], limit: int) -> int:
    """How many there are in these open states, no further than just past the limit."""
    return _number(tx, [[f"state = '{state}'"] for state in states], limit)


def conditions(
    tx: Reading, wanted: JobFilter, before: int | None, number: str = "jobs.number"
) -> tuple[list[str], dict[str, Any]]:
    """All that the filter asks for but its text, as SQL that takes no index but that of the number; and its values."""
    values: dict[str, Any] = {name: value for name in _NAMED if (value := getattr(wanted, name)) is not None}
    said = [f"+jobs.{name} = :{name}" for name in values]
    said += [f"+jobs.state IN ({_words(wanted.states)})"] if wanted.states else []
    said += [f"+jobs.kind IN ({_words(wanted.kinds)})"] if wanted.kinds else []
    said += ["+jobs.batch_id IS NULL"] if wanted.top_level else []
    first, end = numbers_between(tx, wanted.from_ns, wanted.to_ns)
    if before is not None:
        end = before if end is None else min(end, before)
    for name, condition, value in (
        ("from_ns", "+jobs.created_at_ns >= :from_ns", wanted.from_ns),
        ("to_ns", "+jobs.created_at_ns < :to_ns", wanted.to_ns),
        ("first", f"{number} >= :first", first),
        ("end", f"{number} < :end", end),
    ):
        if value is not None:
            said.append(condition)
            values[name] = value
    return said, values


def number_before(cursor: str | None) -> int | None:
    """Raises UsageError for a cursor that is none."""
    if cursor is None:
        return None
    return number_in(cursor.removeprefix(_MADE) if cursor.startswith(_MADE) else "", cursor)


def cursor_after(number: int) -> str:
    return f"{_MADE}{number}"


def _stream(said: Iterable[str], limit: int) -> str:
    where = " AND ".join(said) or "1"
    return f"SELECT number FROM (SELECT number FROM jobs WHERE {where} ORDER BY number DESC LIMIT {limit})"


def _streams(tx: Reading, wanted: JobFilter) -> list[list[str]]:
    """The conditions of each part of an index; an empty one is the table itself."""
    states, kinds = sorted(wanted.states or JobState), sorted(wanted.kinds or JobKind)
    if wanted.batch_id is not None:
        return [[f"batch_id = :batch_id AND state = '{state}'"] for state in states]
    by_state = [[f"state = '{state}'"] for state in states if state in OPEN]
    by_state += [[f"state = '{state}' AND kind = '{kind}'"] for state, kind in product(states, kinds) if state in ENDED]
    if wanted.session_id is not None:
        return [[*part, "session_id = :session_id"] if "kind" in part[0] else part for part in by_state]
    for name in ("tenant_id", "camera_id"):
        if getattr(wanted, name) is not None:
            few = (wanted.states or wanted.kinds) and _number(tx, by_state, _FEW) <= _FEW
            return by_state if few else [[f"{name} = :{name}"]]
    return by_state if wanted.states or wanted.kinds else [[]]


def _number(tx: Reading, streams: list[list[str]], limit: int) -> int:
    """How many rows the streams have together, no further than just past the limit."""
    rows = [f"SELECT number FROM (SELECT number FROM jobs WHERE {stream[0]} LIMIT {limit + 1})" for stream in streams]
    return int(tx.scalar(text(f"SELECT count(*) FROM ({' UNION ALL '.join(rows)} LIMIT {limit + 1})")))


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(set(words)))
