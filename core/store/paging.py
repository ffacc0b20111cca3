"""Pages by keyset: the next page starts after the last row, so that the thousandth costs what the first did."""

from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, Table, tuple_

from core.errors import UsageError
from core.store.database import Reading

T = TypeVar("T")
_DIGITS = 19


class Page(NamedTuple, Generic[T]):
    items: list[T]
    next: str | None
    """The cursor of the following page; None if this is the last."""


def newest_first(
    query: Select[Any], at: ColumnElement[int], id: ColumnElement[Any], cursor: str | None, limit: int
) -> Select[Any]:
    """The query's rows after the cursor, by time then id or number, newest first; one more than `limit`, for `next`."""
    if cursor is not None:
        at_text, _, last = cursor.partition(":")
        last_id = number_in(last, cursor) if isinstance(id.type, Integer) else last
        query = query.where(tuple_(at, id) < (number_in(at_text, cursor), last_id))
    return query.order_by(at.desc(), id.desc()).limit(limit + 1)


def number_in(part: str, cursor: str) -> int:
    """The number that a part of a cursor is. Raises UsageError if it is none that SQLite could hold."""
    if not part.isascii() or not part.isdecimal() or len(part) > _DIGITS or int(part) >= 2**63:
        raise UsageError(f"{cursor!r} is no cursor of a page")
    return int(part)


def cursor_of(at_ns: int, id: str | int) -> str:
    return f"{at_ns}:{id}"


def changed_rows(tx: Reading, query: Select[Any], table: Table, revision: int, limit: int) -> list[Any]:
    """Rows with a later revision, oldest change first. A transaction's rows are never split: there may be more."""
    later = query.where(table.c.revision > revision).order_by(table.c.revision)
    rows = list(tx.rows(later.limit(limit)))
    if len(rows) == limit:
        rows = list(tx.rows(later.where(table.c.revision <= rows[-1]["revision"])))
    return rows
