"""The frames: every verb is described in items.py and file_rows.py."""

from core.frame import Frame
from core.store import schema_files
from core.store.file_rows import names_of
from core.store.items import ItemFilter, Items
from core.upload import ItemKind

FrameFilter = ItemFilter

_frames = Items(ItemKind.FRAME, schema_files.frames, Frame, names_of(Frame))

add = _frames.add
get = _frames.get
by_path = _frames.by_path
by_hash = _frames.by_hash
for_job = _frames.for_job
page = _frames.page
count = _frames.count
changed = _frames.changed
star = _frames.star
delete = _frames.delete
undelete = _frames.undelete
expired_deletions = _frames.expired_deletions
mark_file_gone = _frames.mark_file_gone
mark_file_back = _frames.mark_file_back
every_path = _frames.every_path
