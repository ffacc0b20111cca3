"""The watched folder: files that appear in it, and have stopped growing, are imported by themselves."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from core import logs
from core.capture import ImportParams
from core.errors import CameraUnknown
from core.job import PRIORITY_SCHEDULED, JobKind, NewJob
from core.settings import Settings
from core.store import cameras, jobs
from core.store.database import Database

_log = logs.get("watch folder")
EVERY_S = 2.0
_AT_ONCE = 100
_Stamp = tuple[int, int]
"""Size in bytes, modification time in ns."""


class WatchFolder:
    """Remembers how each file looked at the last poll. `poll` is one step; for one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[Path, _Stamp] = {}
        self._taken: dict[Path, _Stamp] = {}
        self._complained = ""

    def poll(self, settings: Settings) -> int:
        """Enqueue imports of files that look as they did at the last poll; returns how many. Raises DatabaseBusy."""
        watched, camera_id = settings.imports.watch_folder, settings.imports.watch_camera
        if not watched:
            self._seen.clear()
            return 0
        now = dict(_files(Path(watched)))
        still = [
            path for path, stamp in now.items() if self._seen.get(path) == stamp and self._taken.get(path) != stamp
        ][:_AT_ONCE]
        self._seen = now
        self._taken = {path: stamp for path, stamp in self._taken.items() if path in now}
        if not still:
            return 0
        try:
            with self._database.write() as tx:
                cameras.get(tx, camera_id)
                for path in still:
                    jobs.enqueue(tx, _import_of(path, now[path], camera_id, settings))
        except CameraUnknown as unknown:
            if self._complained != camera_id:
                self._complained = camera_id
                _log.warning(f"The watched folder {watched} waits: {unknown.title}", hint="Set imports.watch_camera.")
            return 0
        self._taken |= {path: now[path] for path in still}
        return len(still)


def _files(folder: Path) -> Iterator[tuple[Path, _Stamp]]:
    for place, inside, names in os.walk(folder):
        inside[:] = [name for name in inside if not name.startswith(".")]
        for name in sorted(names):
            path = Path(place, name)
            try:
                about = path.stat()
            except OSError:
                continue  # gone again, or a dangling link
            if about.st_size and not name.startswith(".") and not name.endswith((".part", ".tmp", ".crdownload")):
                yield path, (about.st_size, about.st_mtime_ns)


def _import_of(path: Path, stamp: _Stamp, camera_id: str, settings: Settings) -> NewJob:
    # The same file is the same job, even after a restart, when nobody remembers that it was taken.
    said = f"{path}\0{stamp[0]}\0{stamp[1]}\0{camera_id}".encode("utf-8", "surrogateescape")
    return NewJob(
        kind=JobKind.IMPORT,
        params=ImportParams(camera_id=camera_id, paths=(str(path),)).model_dump(mode="json"),
        name=f"Watched: {path.name}",
        task_id=f"watch-{hashlib.sha256(said).hexdigest()[:32]}",
        tenant_id=settings.station.tenant_id or None,
        operator=settings.station.operator or None,
        priority=PRIORITY_SCHEDULED,
        camera_id=camera_id,
        tries=settings.jobs.max_attempts,
    )
