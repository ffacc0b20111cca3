"""Adoption: a whole file without a row is given one, with what the file and its place still say of it."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from core.camera import ClockSource
from core.clip import Clip
from core.errors import MediaUnreadable, MediaUnsupported, NotFound
from core.frame import Frame
from core.ids import is_slug, new_id
from core.paths import DataFolder
from core.result import ResultFile, media_type_of
from core.settings import load
from core.store import cameras, clips, frames, jobs, results
from core.store.database import Database
from workers.jobs.import_reading import MODIFIED_U_NS, Content, read_content

_MADE_U_NS = 60 * 1_000_000_000


def adopt(folder: DataFolder, database: Database, path: str) -> str:
    """Add the row of `frames/YYYY/MM/DD/{camera}/{id}.{ext}` (clips likewise) or `results/{job}/{attempt}/{name}`.

    Returns its id. Raises MediaError if it does not decode or lies where no such file belongs, CameraUnknown if its
    camera is not there any more.
    """
    place = PurePosixPath(path)
    if place.parts[0] == "results":
        return _adopt_result(folder, database, place)
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


def _adopt_result(folder: DataFolder, database: Database, place: PurePosixPath) -> str:
    """What its job still says of it, where the job was not cleaned up."""
    if len(place.parts) != 4 or not place.parts[2].isdecimal():
        raise MediaUnsupported(f"{place} does not lie where the station writes such files", file=place.name)
    file, job_id = folder.absolute(str(place)), place.parts[1]
    size = file.stat().st_size
    if not size:
        raise MediaUnreadable(f"{place} is empty", file=place.name)
    with open(file, "rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    result = ResultFile(new_id(), job_id, place.name, str(place), media_type_of(place.name), size, digest)
    station_id = load(folder).station.id
    with database.write() as tx:
        if any(known.name == place.name for known in results.for_job(tx, job_id)):
            raise MediaUnsupported(f"Its job has another {place.name}", file=place.name)
        with suppress(NotFound):
            job = jobs.get(tx, job_id)
            result = replace(result, camera_id=job.camera_id, session_id=job.session_id, tenant_id=job.tenant_id)
        return results.add(tx, result, station_id=station_id).id


def _captured_at(item_id: str, content: Content) -> tuple[int, int]:
    """(UTC ns, 95 % half-width): the file's own words, else the moment in its id, when it was written."""
    try:
        written_ns = int(item_id[:12], 16) * 1_000_000
    except ValueError:
        written_ns = 0
    if content.captured_u_ns < MODIFIED_U_NS or len(item_id) != 26 or not written_ns:
        return content.captured_at_ns, content.captured_u_ns
    return written_ns - content.duration_ns, _MADE_U_NS
