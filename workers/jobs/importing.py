"""The import: files from disk taken in as frames and clips, each whole, once, and committed by itself."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core import logs
from core.camera import ClockSource
from core.capture import ImportParams
from core.clip import Clip
from core.errors import DataFolderUnwritable, DiskFull, KnownError, MediaError, MediaUnreadable, MediaUnsupported
from core.frame import Frame
from core.ids import new_id
from core.object_keys import object_key
from core.paths import durable_file
from core.store import cameras, clips, frames, jobs
from core.store.database import Reading, Writing
from core.upload import ItemKind
from workers.computing import ChildDied, ChildTimedOut
from workers.jobs.import_reading import CLIP_FORMATS, Content, format_of, read_content
from workers.runner import JobContext, Outcome

_log = logs.get("importing")
_CHUNK_BYTES = 1 << 20
_SUFFIXES = CLIP_FORMATS | {"jpg", "jpeg", "png", "bmp", "tif", "tiff"}
_LISTED_MOST = 500
# A child reads and decodes at least this fast even on a busy machine, and always gets a minute.
_READ_BYTES_S = 4_000_000
_READ_LEAST_S = 60.0


@dataclass(slots=True)
class _Tally:
    """What has become of the items so far."""

    known: dict[str, Frame | Clip]
    """By sha256: what this job's earlier attempts committed already."""
    next_ordinal: int
    imported: int = 0
    skipped: int = 0
    duplicates: list[dict[str, object]] = field(default_factory=list)
    failed: list[dict[str, object]] = field(default_factory=list)
    first_failure: KnownError | None = None

    def summary(self) -> dict[str, object]:
        return {
            "imported": self.imported,
            "duplicate_count": len(self.duplicates),
            "duplicates": self.duplicates[:_LISTED_MOST],
            "failed_count": len(self.failed),
            "failed": self.failed[:_LISTED_MOST],
            "skipped": self.skipped,
        }


def run(context: JobContext) -> Outcome:
    """Import the params' files and folders. Cancelled, it leaves whole items in place.

    One bad file fails alone; the job fails if nothing could be taken in. Raises KnownError, Cancelled, StaleAttempt.
    """
    params = ImportParams.model_validate(context.job.params)
    with context.database.read() as tx:
        camera_id = cameras.get(tx, params.camera_id).id
        done: list[Frame | Clip] = [*frames.for_job(tx, context.job.id), *clips.for_job(tx, context.job.id)]
    tally = _Tally(
        known={item.sha256: item for item in done},
        next_ordinal=max((item.ordinal + 1 for item in done), default=0),
    )
    items = list(_expanded(params.paths, tally))
    for number, path in enumerate(items):
        context.cancel.check()
        try:
            _Item(context, params, camera_id, tally, path, (number, len(items))).take_in()
        except MediaError as refused:
            _log.info(f"not imported: {refused.title}", job_id=context.job.id)
            tally.first_failure = tally.first_failure or refused
            tally.failed.append({"path": str(path), **refused.as_json()})
    if not tally.imported and not tally.duplicates:
        raise _nothing(params, items, tally)
    return Outcome(tally.summary())


def _expanded(paths: tuple[str, ...], tally: _Tally) -> Iterator[Path]:
    """Files as they were named; of folders every file, sorted, that is not hidden and looks like a medium."""
    for named in map(Path, paths):
        if not named.is_dir():
            yield named
            continue
        for folder, inside, files in os.walk(named):
            inside[:] = sorted(name for name in inside if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder, name)
                if not name.startswith(".") and (path.suffix[1:].lower() in _SUFFIXES or _begins_like_a_medium(path)):
                    yield path
                else:
                    tally.skipped += 1


def _begins_like_a_medium(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with open(path, "rb") as file:
            return format_of(file.read(4096)) is not None
    except OSError:
        return False


def _nothing(params: ImportParams, items: list[Path], tally: _Tally) -> KnownError:
    first = tally.first_failure
    if first is None:
        return MediaUnsupported(f"There are no frames or videos in {', '.join(params.paths)}", file=params.paths[0])
    if len(items) == 1:
        return first
    message = f"None of the {len(items)} files could be imported. The first: {first.title}"
    return MediaError(message, file=items[0].name, hint=first.hint.removesuffix(first.safe).strip())


@dataclass(frozen=True, slots=True)
class _Item:
    context: JobContext
    params: ImportParams
    camera_id: str
    tally: _Tally
    path: Path
    place: tuple[int, int]
    """Its number from 0, of how many."""

    def take_in(self) -> None:
        """Raises MediaError if this file can't be taken in, other KnownErrors if none can be now."""
        content = self._content()
        if self.tally.known.pop(content.sha256, None) is not None:
            self.tally.imported += 1
            return
        with self.context.database.read() as tx:
            twin_id = self._twin_id(tx, content)
        if twin_id is None:
            twin_id = self._store(content)
        if twin_id is None:
            self.tally.imported += 1
        else:
            self.tally.duplicates.append({"path": str(self.path), "id": twin_id})

    def _tell(self, stage: str, share: float) -> None:
        number, count = self.place
        self.context.progress(100 * (number + share) / count, stage, f"{number + 1} of {count}: {self.path.name}")

    def _content(self) -> Content:
        self._tell("reading", 0.0)
        largest = self.context.settings.upload.max_file_size
        name = self.path.name
        try:
            size = self.path.stat().st_size
        except OSError:
            size = 0  # the child says why
        try:
            return self.context.compute.run(
                read_content,
                self.path,
                frozenset(self.tally.known),
                largest,
                cancel=self.context.cancel,
                timeout_s=_READ_LEAST_S + size / _READ_BYTES_S,
                waiting=lambda: self._tell("reading", 0.1),
            )
        except ChildDied as died:
            raise MediaUnreadable(f"{name} is damaged: decoding it crashed", file=name) from died
        except ChildTimedOut as slow:
            raise MediaUnreadable(f"{name} could not be read and decoded in time", file=name) from slow

    def _twin_id(self, tx: Reading, content: Content) -> str | None:
        of_kind = clips if content.is_clip else frames
        twin = of_kind.by_hash(tx, content.sha256, self.camera_id)
        return twin.id if twin else None

    def _store(self, content: Content) -> str | None:
        """Copy the file in and commit its row; the id of its twin instead if another import was quicker."""
        kind = ItemKind.CLIP if content.is_clip else ItemKind.FRAME
        item_id = new_id()
        path = object_key(kind, self.camera_id, item_id, content.captured_at_ns, content.format)
        target = self.context.folder.absolute(path)
        self._refuse_if_full(content)
        committed = False
        try:
            self._write(content, target)
            with self.context.database.write() as tx:
                jobs.assert_current(tx, self.context.job)
                twin_id = self._twin_id(tx, content)
                if twin_id is None:
                    self._add(tx, content, item_id, path)
            committed = twin_id is None
        finally:
            if not committed:
                target.unlink(missing_ok=True)
        self.tally.next_ordinal += 1
        return twin_id

    def _refuse_if_full(self, content: Content) -> None:
        retention = self.context.settings.retention
        wanted = content.bytes + (retention.min_free_bytes if content.is_clip else 0)
        if shutil.disk_usage(self.context.folder.root).free < wanted:
            raise DiskFull(folder=self.context.folder.root)

    def _write(self, content: Content, target: Path) -> None:
        try:
            with durable_file(target) as file:
                self._copy(content, file)
        except OSError as lost:
            # A file that its file system can't hold (4 GB on FAT), a drive that was pulled out.
            why = f"{target.parent} can't be written: {lost.strerror or lost}"
            raise DataFolderUnwritable(why, folder=target.parent) from lost

    def _copy(self, content: Content, file: BinaryIO) -> None:
        digest, copied = hashlib.sha256(), 0
        for chunk in _chunks(self.path):
            self.context.cancel.check()
            digest.update(chunk)
            file.write(chunk)
            copied += len(chunk)
            self._tell("copying", 0.5 + 0.5 * min(copied / content.bytes, 1.0))
        if digest.hexdigest() != content.sha256:
            name = self.path.name
            raise MediaUnreadable(f"{name} changed while it was read", file=name, hint="Import it again.")

    def _add(self, tx: Writing, content: Content, item_id: str, path: str) -> None:
        job, words = self.context.job, self.params.metadata
        common: dict[str, Any] = {
            "id": item_id,
            "path": path,
            "camera_id": self.camera_id,
            "session_id": job.session_id,
            "job_id": job.id,
            "ordinal": self.tally.next_ordinal,
            "format": content.format,
            "width": content.width,
            "height": content.height,
            "bytes": content.bytes,
            "sha256": content.sha256,
            "captured_at_ns": content.captured_at_ns,
            "captured_u_ns": content.captured_u_ns,
            "clock_source": ClockSource.FILE,
            "exif": content.exif,
            "original_filename": self.path.name,
            "request_id": self.params.request_id,
            "operator": job.operator,
            "tenant_id": job.tenant_id,
            **words.model_dump(),
        }
        if content.is_clip:
            of_clip: dict[str, Any] = {
                "codec": content.codec,
                "duration_ns": content.duration_ns,
                "frame_count": content.frame_count,
            }
            clips.add(tx, Clip(**common, **of_clip), station_id=self.context.station_id)
        else:
            frames.add(tx, Frame(**common), station_id=self.context.station_id)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as lost:
        why = f"{path.name} can't be read any more: {lost.strerror or lost}"
        raise MediaUnreadable(why, file=path.name, hint="Check its drive, then import it again.") from lost
