"""What frames and clips have in common: one row a file, made together with its upload, hidden and had back."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, Table, func, insert, select, update

from core.clip import Clip
from core.errors import NotFound
from core.frame import Frame
from core.store import uploads
from core.store.database import Reading, Writing
from core.store.paging import Page, changed_rows, cursor_of, newest_first
from core.store.schema_files import HIDDEN, STARRED, VISIBLE
from core.upload import ItemKind

T = TypeVar("T", Frame, Clip)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which of the visible frames or clips; everything left out is not asked for. Times are captured_at, UTC ns."""

    camera_id: str | None = None
    session_id: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    """Exclusive."""
    starred: bool = False
    """Only the starred ones."""


class StoredFile(NamedTuple):
    """A file that the database says is there."""

    id: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Items(Generic[T]):
    """The verbs of one of the two tables."""

    kind: ItemKind
    table: Table
    entity: Callable[..., T]
    names: tuple[str, ...]
    read: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """A row's columns as the entity's fields."""

    def add(self, tx: Writing, item: T, *, station_id: str) -> T:
        """The row of a whole, durable file, and its upload's row.

        The same camera and ordinal of the same job is one item: what stands there already is returned and nothing
        is added. A caller whose file is then not the returned one's removes its own.
        """
        known = self._standing(tx, item)
        if known is not None:
            return known
        item = replace(item, created_at_ns=tx.now_ns, revision=tx.revision())
        values = {name: getattr(item, name) for name in self.names}
        if isinstance(item, Clip):
            values["gaps"] = [
                {"camera_id": g.camera_id, "start_ns": g.start_ns, "end_ns": g.end_ns, "reason": g.reason}
                for g in item.gaps
            ]
        tx.execute(insert(self.table).values(values))
        uploads.add(tx, self.kind, item, station_id=station_id)
        return item

    def _standing(self, tx: Reading, item: T) -> T | None:
        if item.job_id is None:
            return None
        c = self.table.c
        same = (c.job_id == item.job_id, c.camera_id == item.camera_id, c.ordinal == item.ordinal)
        return self._one(tx, self._all().where(*same))

    def get(self, tx: Reading, id: str) -> T:
        """Hidden or not. Raises NotFound."""
        found = self._one(tx, self._all().where(self.table.c.id == id))
        if found is None:
            raise NotFound(self.kind.value, id)
        return found

    def by_path(self, tx: Reading, path: str) -> T | None:
        """Hidden or not."""
        return self._one(tx, self._all().where(self.table.c.path == path))

    def by_hash(self, tx: Reading, sha256: str, camera_id: str | None = None) -> T | None:
        """A visible one with just these bytes, of this camera or of any; the first made if there are several."""
        c = self.table.c
        query = self._all().where(c.sha256 == sha256, VISIBLE)
        if camera_id is not None:
            query = query.where(c.camera_id == camera_id)
        return self._one(tx, query.order_by(c.id).limit(1))

    def for_job(self, tx: Reading, job_id: str) -> list[T]:
        """What a job made, hidden or not, by camera and ordinal."""
        c = self.table.c
        return self._list(tx, self._all().where(c.job_id == job_id).order_by(c.camera_id, c.ordinal))

    def page(self, tx: Reading, wanted: ItemFilter, cursor: str | None = None, limit: int = 50) -> Page[T]:
        """By captured_at, newest first. Raises UsageError for a cursor that is none."""
        c = self.table.c
        query = newest_first(self._filtered(self._all(), wanted), c.captured_at_ns, c.id, cursor, limit)
        found = self._list(tx, query)
        last = found[limit - 1] if len(found) > limit else None
        return Page(found[:limit], cursor_of(last.captured_at_ns, last.id) if last else None)

    def count(self, tx: Reading, wanted: ItemFilter) -> int:
        return int(tx.scalar(self._filtered(select(func.count()).select_from(self.table), wanted)))

    def changed(self, tx: Reading, revision: int, limit: int = 500) -> list[T]:
        """Changed after `revision`, hidden ones too; more than `limit` if one transaction changed more."""
        rows = changed_rows(tx, self._all(), self.table, revision, limit)
        return [self._item(row) for row in rows]

    def star(self, tx: Writing, id: str, starred: bool) -> None:
        """A starred one is never evicted, and is sent first. Raises NotFound."""
        marked = update(self.table).where(self.table.c.id == id)
        if not tx.execute(marked.values(starred=starred, revision=tx.revision())).rowcount:
            raise NotFound(self.kind.value, id)
        uploads.star(tx, self.kind, id, starred)

    def delete(self, tx: Writing, ids: Collection[str]) -> int:
        """Hide them and hold their uploads; returns how many were visible. Their files go days later."""
        hidden = update(self.table).where(self.table.c.id.in_(ids), VISIBLE)
        number = tx.execute(hidden.values(deleted_at_ns=tx.now_ns, revision=tx.revision())).rowcount
        uploads.hold(tx, self.kind, ids)
        return number

    def undelete(self, tx: Writing, ids: Collection[str]) -> int:
        """Have back what is hidden and whose file is still there; returns how many."""
        back = update(self.table).where(self.table.c.id.in_(ids), HIDDEN, self.table.c.file_gone_at_ns.is_(None))
        shown = back.values(deleted_at_ns=None, revision=tx.revision()).returning(self.table.c.id)
        found = tx.execute(shown).scalars().all()
        uploads.unhold(tx, self.kind, found)
        return len(found)

    def expired_deletions(self, tx: Reading, before_ns: int, limit: int = 500) -> list[T]:
        """Hidden before then, and the file still there; oldest first."""
        c = self.table.c
        query = self._all().where(HIDDEN, c.deleted_at_ns < before_ns, c.file_gone_at_ns.is_(None))
        return self._list(tx, query.order_by(c.deleted_at_ns, c.id).limit(limit))

    def mark_file_gone(self, tx: Writing, id: str) -> None:
        """The local file is about to be removed. Raises NotFound."""
        gone = update(self.table).where(self.table.c.id == id)
        if not tx.execute(gone.values(file_gone_at_ns=tx.now_ns, revision=tx.revision())).rowcount:
            raise NotFound(self.kind.value, id)

    def mark_file_back(self, tx: Writing, id: str) -> None:
        """The local file is there after all, and whole. Raises NotFound."""
        back = update(self.table).where(self.table.c.id == id)
        if not tx.execute(back.values(file_gone_at_ns=None, revision=tx.revision())).rowcount:
            raise NotFound(self.kind.value, id)

    def every_path(self, tx: Reading) -> Iterator[StoredFile]:
        """Every file that must be there, hidden ones too, by path."""
        c = self.table.c
        query = select(c.id, c.path, c.bytes, c.sha256).where(c.file_gone_at_ns.is_(None)).order_by(c.path)
        return (StoredFile(*row) for row in tx.execute(query))

    def _all(self) -> Select[Any]:
        return select(*(self.table.c[name] for name in self.names))

    def _item(self, row: Any) -> T:
        return self.entity(**self.read(dict(row)))

    def _one(self, tx: Reading, query: Select[Any]) -> T | None:
        row = tx.row(query)
        return None if row is None else self._item(row)

    def _list(self, tx: Reading, query: Select[Any]) -> list[T]:
        return [self._item(row) for row in tx.rows(query)]

    def _filtered(self, query: Select[Any], wanted: ItemFilter) -> Select[Any]:
        c = self.table.c
        query = query.where(STARRED if wanted.starred else VISIBLE)
        if wanted.camera_id is not None:
            query = query.where(c.camera_id == wanted.camera_id)
        if wanted.session_id is not None:
            query = query.where(c.session_id == wanted.session_id)
        if wanted.from_ns is not None:
            query = query.where(c.captured_at_ns >= wanted.from_ns)
        if wanted.to_ns is not None:
            query = query.where(c.captured_at_ns < wanted.to_ns)
        return query


def names_of(entity: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(entity))
