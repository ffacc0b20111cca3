"""The clips, with their gaps: every verb is described in items.py and file_rows.py."""

from typing import Any

from sqlalchemy import select

from core.camera import Gap
from core.clip import Clip
from core.store import schema_files
from core.store.database import Reading
from core.store.file_rows import names_of
from core.store.items import ItemFilter, Items
from core.store.schema_files import VISIBLE
from core.upload import ItemKind

ClipFilter = ItemFilter


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"gaps": tuple(Gap(**gap) for gap in row["gaps"])}


_clips = Items(ItemKind.CLIP, schema_files.clips, Clip, names_of(Clip), _read)


def overlapping(tx: Reading, camera_id: str, from_ns: int | None, to_ns: int | None, limit: int = 100) -> list[Clip]:
    """The visible clips of a camera that show something of this time (UTC ns) and whose file is here, oldest first.

    With neither end, the newest alone.
    """
    c = schema_files.clips.c
    query = select(schema_files.clips).where(VISIBLE, c.camera_id == camera_id, c.file_gone_at_ns.is_(None))
    if from_ns is None and to_ns is None:
        query = query.order_by(c.captured_at_ns.desc(), c.id.desc()).limit(1)
    else:
        if from_ns is not None:
            query = query.where(c.captured_at_ns + c.duration_ns > from_ns)
        if to_ns is not None:
            query = query.where(c.captured_at_ns < to_ns)
        query = query.order_by(c.captured_at_ns, c.id).limit(limit)
    return [Clip(**_read(dict(row))) for row in tx.rows(query)]


add = _clips.add
get = _clips.get
by_path = _clips.by_path
by_hash = _clips.by_hash
for_job = _clips.for_job
page = _clips.page
count = _clips.count
changed = _clips.changed
star = _clips.star
delete = _clips.delete
undelete = _clips.undelete
expired_deletions = _clips.expired_deletions
mark_file_gone = _clips.mark_file_gone
mark_file_back = _clips.mark_file_back
every_path = _clips.every_path
