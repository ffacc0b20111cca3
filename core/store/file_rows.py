"""What all files of the store have in common: one row a file, hidden and had back, there or gone."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, Table, select, update

from core.clip import Clip
from core.errors import NotFound
from core.frame import Frame
from core.result import ResultFile
from core.store import uploads
from core.store.database import Reading, Writing
from core.store.paging import changed_rows
from core.store.schema_files import HIDDEN, VISIBLE
from core.upload import ItemKind

StoredItem = Frame | Clip | ResultFile
S = TypeVar("S", bound=StoredItem)


class StoredFile(NamedTuple):
    """A file that the database says is there."""

    id: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class FileRows(Generic[S]):
    """The verbs of one table of files."""

    kind: ItemKind
    table: Table
    entity: Callable[..., S]
    names: tuple[str, ...]
    read: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """A row's columns as the entity's fields."""

    def get(self, tx: Reading, id: str) -> S:
        """Hidden or not. Raises NotFound."""
        found = self._one(tx, self._all().where(self.table.c.id == id))
        if found is None:
            raise NotFound(self.kind.value, id)
        return found

    def by_path(self, tx: Reading, path: str) -> S | None:
        """Hidden or not."""
        return self._one(tx, self._all().where(self.table.c.path == path))

    def changed(self, tx: Reading, revision: int, limit: int = 500) -> list[S]:
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

    def expired_deletions(self, tx: Reading, before_ns: int, limit: int = 500) -> list[S]:
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

    def _item(self, row: Any) -> S:
        return self.entity(**self.read(dict(row)))

    def _one(self, tx: Reading, query: Select[Any]) -> S | None:
        row = tx.row(query)
        return None if row is None else self._item(row)

    def _list(self, tx: Reading, query: Select[Any]) -> list[S]:
        return [self._item(row) for row in tx.rows(query)]


def names_of(entity: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(entity))
