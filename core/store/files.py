"""Every file that the station keeps, whatever its kind: found by its path, and the rows that it belongs to."""

from collections.abc import Iterator

from core.clip import Clip
from core.frame import Frame
from core.store import clips, frames, results
from core.store.database import Reading, Writing
from core.store.file_rows import StoredFile, StoredItem
from core.upload import ItemKind

_OF_KIND = {ItemKind.FRAME: frames, ItemKind.CLIP: clips, ItemKind.RESULT: results}


def kind_of(item: StoredItem) -> ItemKind:
    if isinstance(item, Frame):
        return ItemKind.FRAME
    return ItemKind.CLIP if isinstance(item, Clip) else ItemKind.RESULT


def by_path(tx: Reading, path: str) -> StoredItem | None:
    """Hidden or not."""
    return frames.by_path(tx, path) or clips.by_path(tx, path) or results.by_path(tx, path)


def get(tx: Reading, item: StoredItem) -> StoredItem:
    """The item as it stands now. Raises NotFound."""
    found: StoredItem = _OF_KIND[kind_of(item)].get(tx, item.id)
    return found


def every_path(tx: Reading) -> Iterator[StoredFile]:
    """Every file that must be there, hidden ones too."""
    for of_kind in (frames, clips, results):
        yield from of_kind.every_path(tx)


def expired_deletions(tx: Reading, before_ns: int) -> list[StoredItem]:
    """Hidden before then, and the file still there; some of them if there are many."""
    return [item for of_kind in (frames, clips, results) for item in of_kind.expired_deletions(tx, before_ns)]


def mark_file_gone(tx: Writing, item: StoredItem) -> None:
    """The local file is about to be removed. Raises NotFound."""
    _OF_KIND[kind_of(item)].mark_file_gone(tx, item.id)


def mark_file_back(tx: Writing, item: StoredItem) -> None:
    """The local file is there after all, and whole. Raises NotFound."""
    _OF_KIND[kind_of(item)].mark_file_back(tx, item.id)


def hide(tx: Writing, item: StoredItem) -> None:
    _OF_KIND[kind_of(item)].delete(tx, [item.id])


def show(tx: Writing, item: StoredItem) -> None:
    """Have it back, where it is hidden and its file is there."""
    _OF_KIND[kind_of(item)].undelete(tx, [item.id])
