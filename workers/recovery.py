"""Recovery: before the first claim, what a worker left behind when it died is put right."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import logs
from core.paths import DataFolder, is_half_written
from core.process import Role
from core.store import files, jobs, processes, uploads
from core.store.database import Database

_log = logs.get("recovery")
# The last file of a worker may be younger than its last beat; file systems round times, FAT to 2 s.
_AFTER_LAST_BEAT_NS = 10_000_000_000
_ROUNDING_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Recovered:
    jobs: int
    uploads: int
    files: tuple[str, ...]
    """Removed: half-written, or whole and never committed. Relative to the data folder."""


def recover(database: Database, folder: DataFolder, worker_id: str) -> Recovered:
    """Call it with the worker lock held, so that every other worker's row is a dead one's.

    Its attempts and uploads are open again. Its files that no row names go: their jobs run again, and nobody was told
    of them. Only files from its lifetime: where an older database was put back, the newer files are no debris.
    """
    with database.read() as tx:
        dead = [worker for worker in processes.every(tx, Role.WORKER) if worker.id != worker_id]
    with database.write() as tx:
        lost_jobs = jobs.recover(tx, worker_id)
        lost_uploads = uploads.release(tx, worker_id)
    removed = []
    if dead:
        since_ns = min(worker.started_at_ns for worker in dead) - _ROUNDING_NS
        until_ns = max(worker.beat_at_ns for worker in dead) + _AFTER_LAST_BEAT_NS
        with database.read() as tx:
            for path in _written(folder, since_ns, until_ns):
                relative = folder.relative(path)
                if files.by_path(tx, relative) is None:
                    path.unlink(missing_ok=True)
                    removed.append(relative)
        # Last: if we die here, the next worker does it all again.
        with database.write() as tx:
            for worker in dead:
                processes.leave(tx, worker.id)
    recovered = Recovered(lost_jobs, lost_uploads, tuple(removed))
    if dead:
        _log.info("a worker had died", jobs=lost_jobs, uploads=lost_uploads, files=len(removed))
    return recovered


def _written(folder: DataFolder, since_ns: int, until_ns: int) -> Iterator[Path]:
    """Files of frames, clips and results written in that time, and every half-written one beside them."""
    for top in (folder.frames, folder.clips, folder.results):
        for place, _, names in os.walk(top):
            # A folder that got no new name since then holds nothing new: years of frames cost one stat a day's folder.
            if os.stat(place).st_mtime_ns < since_ns:
                continue
            for name in names:
                path = Path(place, name)
                if is_half_written(path) or since_ns <= path.stat().st_mtime_ns <= until_ns:
                    yield path
