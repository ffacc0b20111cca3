"""The folder check: every row has its whole file, every file its row, every row its upload; and mending what can be."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import KnownError
from core.paths import DataFolder, is_half_written
from core.process import Role
from core.settings import load
from core.store import files, processes, uploads
from core.store.database import Database
from core.upload import UploadState

_CHUNK_BYTES = 1 << 20
# A worker that runs writes files before it commits their rows.
_YOUNG_S = 120.0


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    """database, missing, unreadable, size, sha256, half_written, no_row, returned or no_upload."""
    path: str
    """Relative to the data folder."""
    message: str
    item: str = ""
    """The id of the frame, clip or result whose row it is."""


def check(folder: DataFolder, database: Database) -> list[Finding]:
    """Read every file and every row; the database goes on being used meanwhile."""
    found = [Finding("database", folder.database.name, problem) for problem in database.integrity_check()]
    with database.read() as tx:
        working = bool(processes.present(tx, Role.WORKER, time.time_ns()))
        # One snapshot: rows and uploads are compared as of one moment, files are younger.
        rows = {row.path: row for row in files.every_path(tx)}
        sent = {upload.path: upload for upload in uploads.every(tx)}
    for path, row in rows.items():
        problem = _compare(folder.absolute(path), row.bytes, row.sha256)
        if problem is not None and _is_named(database, path):
            found.append(Finding(problem[0], path, problem[1], row.id))
        if path not in sent:
            found.append(Finding("no_upload", path, "has no upload: it would never be sent", row.id))
    for file in _files(folder):
        relative = folder.relative(file)
        if relative in rows or (working and _age_s(file) < _YOUNG_S):
            continue
        if is_half_written(file):
            found.append(Finding("half_written", relative, "was never finished"))
        elif (gone := _gone_row(database, relative)) is not None:
            if gone:
                found.append(Finding("returned", relative, "is there, its row says it is gone", gone))
        else:
            found.append(Finding("no_row", relative, "is in no row"))
    return found


def repair(folder: DataFolder, database: Database, findings: list[Finding]) -> list[Finding]:
    """Mend what can be mended without losing a byte that matters; returns what was.

    A file without a row is taken in; a row without its file says so, until the file is back (a drive was not mounted);
    a file whose bytes changed is left as it is, for the operator to look at. No whole file is removed.
    """
    menders: dict[str, Callable[[DataFolder, Database, Finding], bool]] = {
        "half_written": _remove,
        "returned": _take_back,
        "missing": _mark_gone,
        "no_upload": _add_upload,
        "no_row": _adopt,
    }
    return [found for found in findings if found.kind in menders and menders[found.kind](folder, database, found)]


def _compare(path: Path, size: int, sha256: str) -> tuple[str, str] | None:
    try:
        with open(path, "rb") as file:
            about = os.fstat(file.fileno())
            if about.st_size != size:
                return "size", f"has {about.st_size} bytes, its row says {size}"
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        return "missing", "is not there, its row says it is"
    except OSError as refused:
        return "unreadable", f"can't be read: {refused.strerror}"
    return None if digest.hexdigest() == sha256 else ("sha256", "is not what was written: its SHA-256 differs")


def _is_named(database: Database, path: str) -> bool:
    """Whether a row still says that this file is there: retention may have removed both since the snapshot."""
    with database.read() as tx:
        item = files.by_path(tx, path)
    return item is not None and item.file_gone_at_ns is None


def _gone_row(database: Database, path: str) -> str | None:
    """The id of the row that says this file is gone; '' if a row names it by now; None if none does."""
    with database.read() as tx:
        item = files.by_path(tx, path)
    if item is None:
        return None
    return item.id if item.file_gone_at_ns is not None else ""


def _files(folder: DataFolder) -> Iterator[Path]:
    for top in (folder.frames, folder.clips, folder.results):
        for place, inside, names in os.walk(top):
            inside.sort()
            yield from (Path(place, name) for name in sorted(names))


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0  # gone since it was listed


def _remove(folder: DataFolder, database: Database, found: Finding) -> bool:
    folder.absolute(found.path).unlink(missing_ok=True)
    return True


def _mark_gone(folder: DataFolder, database: Database, found: Finding) -> bool:
    """A verified one is still in object storage; of any other nothing is left to send, so it is hidden."""
    with database.write() as tx:
        item = files.by_path(tx, found.path)
        if item is None:
            return False
        files.mark_file_gone(tx, item)
        upload = uploads.of_item(tx, files.kind_of(item), item.id)
        if upload is None or upload.state is not UploadState.VERIFIED:
            files.hide(tx, item)
    return True


def _take_back(folder: DataFolder, database: Database, found: Finding) -> bool:
    """What the operator deleted stays hidden: retention removes its file when its days are over."""
    with database.write() as tx:
        item = files.by_path(tx, found.path)
        if item is None or _compare(folder.absolute(found.path), item.bytes, item.sha256) is not None:
            return False
        files.mark_file_back(tx, item)
        if item.deleted_at_ns == item.file_gone_at_ns:  # hidden by `_mark_gone`, not by the operator
            files.show(tx, item)
    return True


def _add_upload(folder: DataFolder, database: Database, found: Finding) -> bool:
    with database.write() as tx:
        item = files.by_path(tx, found.path)
        if item is None:
            return False
        uploads.add(tx, files.kind_of(item), item, station_id=load(folder).station.id)
    return True


def _adopt(folder: DataFolder, database: Database, found: Finding) -> bool:
    from workers.adoption import adopt  # late: only a repair decodes

    try:
        adopt(folder, database, found.path)
    except KnownError:
        return False
    return True
