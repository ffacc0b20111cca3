"""The incoming folder: what came in by the API stays until its import is done with it, and no longer."""

import os
import shutil
import time
from pathlib import Path

from core.ids import new_id
from core.job import OPEN, Job, JobState
from core.paths import DataFolder, fsync_folder
from core.store import jobs
from core.store.database import Database

EVERY_S = 30.0
_PART = ".part"
_BETWEEN = "~"
_UNNAMED_S = 3600.0


def place_for(folder: DataFolder, correlation_id: str) -> Path:
    """A new folder (not made yet) for an upload that is still coming; its name says whose it is."""
    return folder.incoming / f"{new_id()}{_BETWEEN}{correlation_id}{_PART}"


def accept(part: Path) -> Path:
    """The upload is whole: its folder under the name that jobs may use, durable. Raises OSError."""
    whole = part.with_name(part.name.removesuffix(_PART))
    os.replace(part, whole)
    fsync_folder(whole.parent)
    return whole


def sweep(folder: DataFolder, database: Database, *, starting: bool = False) -> int:
    """Remove what no import needs any more; starting: and what a former life left unfinished. Returns how many.

    A failed import may be tried again, so its file stays as long as the job. Raises DatabaseBusy.
    """
    if not folder.incoming.is_dir():
        return 0
    removed = 0
    for upload in sorted(folder.incoming.iterdir()):
        if upload.name.endswith(_PART):
            removed += _removed(upload) if starting else 0
            continue
        needed = _needed(upload, database)
        if needed is None:
            # Whole, but without a job: it came a moment ago, or the worker died in between.
            old = starting or time.time() - upload.stat().st_mtime > _UNNAMED_S
            removed += _removed(upload) if old else 0
            continue
        for file in sorted(upload.iterdir()):
            removed += 0 if file in needed else _removed(file)
        if not needed:
            removed += _removed(upload)
    return removed


def _needed(upload: Path, database: Database) -> set[Path] | None:
    """The places in it whose files an import still wants; None if there never was a job."""
    with database.read() as tx:
        made = jobs.by_correlation(tx, upload.name.partition(_BETWEEN)[2])
    theirs = {place: job for job in made if not job.is_batch for place in _places(upload, job)}
    if not theirs:
        return None
    return {place for place, job in theirs.items() if job.state in OPEN or job.state is JobState.FAILED}


def _places(upload: Path, job: Job) -> set[Path]:
    named = job.params.get("paths")
    paths = [Path(str(path)) for path in named] if isinstance(named, list) else []
    return {path.parent for path in paths if path.parent.parent == upload}


def _removed(path: Path) -> int:
    shutil.rmtree(path, ignore_errors=True)
    return 1
