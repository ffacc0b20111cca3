"""Adoption: a whole file without a row is given one, with what the file and its place still say of it."""

from pathlib import PurePosixPath
from typing import Any

from core.camera import ClockSource
from core.clip import Clip
from core.errors import MediaUnsupported
from core.frame import Frame
from core.ids import is_slug
from core.paths import DataFolder
from core.settings import load
from core.store import cameras, clips, frames
from core.store.database import Database
from workers.jobs.import_reading import MODIFIED_U_NS, Content, read_content

_MADE_U_NS = 60 * 1_000_000_000


def adopt(folder: DataFolder, database: Database, path: str) -> str:
    """Add the row of `frames/YYYY/MM/DD/{camera}/{id}.{ext}` (clips likewise); returns its id.

    Raises MediaError if it does not decode, CameraUnknown if its camera is not there any more.
    """
    place = PurePosixPath(path)
    item_id, camera_id = place.stem, place.parent.name
    content = read_content(folder.absolute(path))
    if not is_slug(item_id) or content.is_clip != (place.parts[0] == "clips"):
        raise MediaUnsupported(f"{path} does not lie where the station writes such files", file=place.name)
    at_ns, u_ns = _captured_at(item_id, content)
    common: dict[str, Any] = {
        "id": item_id,
        "path": path,
        "session_id": None,
        "job_id": None,
        "ordinal": 0,
        "format": content.format,
        "width": content.width,
        "height": content.height,
        "bytes": content.bytes,
        "sha256": content.sha256,
        "captured_at_ns": at_ns,
        "captured_u_ns": u_ns,
        "clock_source": ClockSource.FILE,
        "exif": content.exif,
    }
    station_id = load(folder).station.id
    with database.write() as tx:
        common["camera_id"] = cameras.get(tx, camera_id).id
        if content.is_clip:
            of_clip: dict[str, Any] = {
                "codec": content.codec,
                "duration_ns": content.duration_ns,
                "frame_count": content.frame_count,
            }
            clips.add(tx, Clip(**common, **of_clip), station_id=station_id)
        else:
            frames.add(tx, Frame(**common), station_id=station_id)
    return item_id


def _captured_at(item_id: str, content: Content) -> tuple[int, int]:
    """(UTC ns, 95 % half-width): the file's own words, else the moment in its id, when it was written."""
    try:
        written_ns = int(item_id[:12], 16) * 1_000_000
    except ValueError:
        written_ns = 0
    if content.captured_u_ns < MODIFIED_U_NS or len(item_id) != 26 or not written_ns:
        return content.captured_at_ns, content.captured_u_ns
    return written_ns - content.duration_ns, _MADE_U_NS
