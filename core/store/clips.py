"""The clips, with their gaps: every verb is described in items.py and file_rows.py."""

from typing import Any

from core.camera import Gap
from core.clip import Clip
from core.store import schema_files
from core.store.file_rows import names_of
from core.store.items import ItemFilter, Items
from core.upload import ItemKind

ClipFilter = ItemFilter


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"gaps": tuple(Gap(**gap) for gap in row["gaps"])}


_clips = Items(ItemKind.CLIP, schema_files.clips, Clip, names_of(Clip), _read)

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
