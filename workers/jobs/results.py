"""The one way a handler publishes files: made aside, whole and durable, then named in the completing transaction."""

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from core.errors import DataFolderUnwritable, DiskFull
from core.ids import new_id
from core.paths import FULL, PART, fsync_folder
from core.result import ResultFile, media_type_of, result_path
from core.store import results
from core.store.database import Writing
from workers.runner import JobContext, Outcome

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")
_REMOVE_TRIES = 20
_REMOVE_EVERY_S = 0.1


class ResultFolder:
    """The files of one attempt, for the `with` block of its handler. Leave it without `outcome`, and nothing stays.

    with ResultFolder(context) as made:
        context.compute.run(write_tracks, made.path("tracks.txt"), cancel=context.cancel)
        return made.outcome({"tracks": 3})
    """

    def __init__(self, context: JobContext, *, camera_id: str | None = None, session_id: str | None = None) -> None:
        """The files belong to the job's camera and session where none are given. Raises DiskFull."""
        job = context.job
        self._context = context
        self._camera_id = camera_id or job.camera_id
        self._session_id = session_id or job.session_id
        self._target = context.folder.absolute(result_path(job.id, job.attempt, "."))
        self._making = self._target.with_name(self._target.name + PART)
        self._handed_over = False

    def __enter__(self) -> Self:
        """Raises DiskFull, DataFolderUnwritable."""
        try:
            _remove(self._making)
            self._making.mkdir(parents=True)
            fsync_folder(self._making.parent.parent)
        except OSError as refused:
            raise self._told(refused) from refused
        return self

    def path(self, name: str) -> Path:
        """Where to write the file of this name, in whatever way; an existing file is one that was written before."""
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no plain name with an extension")
        return self._making / name

    def outcome(self, summary: Mapping[str, object]) -> Outcome:
        """All files that stand under `path` made durable, to be named with the job's completion.

        An empty text becomes one line end: object storage proves nothing of no bytes. Raises DiskFull,
        DataFolderUnwritable.
        """
        try:
            files = tuple(self._durable(path) for path in sorted(self._making.iterdir()))
            fsync_folder(self._making)
            os.replace(self._making, self._target)
            self._handed_over = True
            fsync_folder(self._target.parent)
        except OSError as refused:
            if self._handed_over:
                _remove(self._target)
            raise self._told(refused) from refused
        station_id = self._context.station_id

        def publish(tx: Writing) -> None:
            for file in files:
                results.add(tx, file, station_id=station_id)

        return Outcome(dict(summary), publish, tuple(file.path for file in files))

    def _durable(self, path: Path) -> ResultFile:
        job = self._context.job
        with open(path, "r+b") as file:
            if file.seek(0, os.SEEK_END) == 0:
                file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
        return ResultFile(
            id=new_id(),
            job_id=job.id,
            name=path.name,
            path=result_path(job.id, job.attempt, path.name),
            media_type=media_type_of(path.name),
            bytes=size,
            sha256=digest,
            camera_id=self._camera_id,
            session_id=self._session_id,
            tenant_id=job.tenant_id,
        )

    def _told(self, refused: OSError) -> Exception:
        if refused.errno in FULL:
            return DiskFull(folder=self._context.folder.root)
        return DataFolderUnwritable(f"{self._making} can't be written: {refused.strerror}", folder=self._making.parent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._handed_over:
            _remove(self._making)


def _remove(folder: Path) -> None:
    """A child that is being killed may write on for a moment; what then stays, recovery and fsck remove."""
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        threading.Event().wait(_REMOVE_EVERY_S)
