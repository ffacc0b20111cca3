"""What frames and clips have in common: one row a file, made together with its upload, hidden and had back."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Select, func, insert, select

from core.clip import Clip
from core.frame import Frame
from core.store import uploads
from core.store.database import Reading, Writing
from core.store.file_rows import FileRows
from core.store.paging import Page, cursor_of, newest_first
from core.store.schema_files import STARRED, VISIBLE

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


@dataclass(frozen=True)
class Items(FileRows[T]):
    """The verbs of frames, or of clips."""

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
