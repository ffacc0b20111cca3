"""Where a frame or clip lies: one name for its path in the data folder and its key in object storage."""

from datetime import UTC, datetime

from core.upload import ItemKind

_FOLDERS = {ItemKind.FRAME: "frames", ItemKind.CLIP: "clips"}


def object_key(kind: ItemKind, camera_id: str, item_id: str, captured_at_ns: int, extension: str) -> str:
    """`frames/YYYY/MM/DD/{camera}/{id}.{ext}`, by the UTC date of capture."""
    day = datetime.fromtimestamp(max(captured_at_ns, 0) // 1_000_000_000, UTC)
    return f"{_FOLDERS[kind]}/{day:%Y/%m/%d}/{camera_id}/{item_id}.{extension}"
