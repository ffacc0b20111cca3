"""The folder store: a USB drive or NAS with the guarantees of an S3 server, proven by reading back what lies there."""

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import FileChanged, FileGone, StorageDenied, StorageMismatch, StorageUnreachable
from core.paths import FULL, fsync_folder, write_durably
from workers.sync.object_store import BLOCK_BYTES, PROBE_PREFIX, REMOVABLE, Pace, Sending, Stored

MARK = ".trackshift-store"
_GONE = frozenset({errno.ENOENT, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT})


class FolderStore:
    """Objects as files below `folder`.

    The folder carries a mark of its own, and `known` (a file in the data folder) remembers which folders had
    one: an unmounted drive leaves an empty mount point behind, and that must not be filled in its place.
    """

    retry_cap_s = 2.0

    def __init__(self, folder: Path, known: Path) -> None:
        self.label = str(folder)
        self._folder = folder
        self._known = known

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        pass

    def ensure(self) -> None:
        with self._asked():
            if (self._folder / MARK).exists():
                self._remember()
                return
            if str(self._folder) in self._remembered():
                raise StorageUnreachable(
                    f"The drive of {self.label} is not there",
                    hint="Plug it in; sending goes on by itself. "
                    f"If it was emptied on purpose, put an empty file named {MARK} into it.",
                )
            if not self._folder.parent.is_dir():
                raise StorageUnreachable(f"{self._folder.parent} is not there", hint="Plug the drive in.")
            self._folder.mkdir(exist_ok=True)
            self._write(MARK, json.dumps({"store": secrets.token_hex(8)}).encode())
            self._remember()

    def send(self, sending: Sending) -> frozenset[str]:
        whole = hashlib.sha256()
        sent_bytes = 0
        try:
            file = open(sending.path, "rb")  # noqa: SIM115  closed below; its own errors must not look like the store's
        except OSError as gone:
            raise FileGone(file=sending.name) from gone
        with file, self._asked(), self._durable(sending.key) as descriptor:
            while block := _read_local(file.fileno(), sending.name):
                sending.pace(len(block))
                _write_all(descriptor, block)
                whole.update(block)
                sent_bytes += len(block)
                if sent_bytes % (8 << 20) < len(block) and sent_bytes <= sending.bytes:
                    sending.keep(sent_bytes, None)
            if sent_bytes != sending.bytes or whole.hexdigest() != sending.sha256:
                raise FileChanged(file=sending.name)
        return frozenset()

    def put(self, key: str, data: bytes, pace: Pace) -> None:
        pace(len(data))
        with self._asked():
            self._write(key, data)
        if b"".join(self.read(key, pace)) != data:
            raise StorageMismatch(key=key)

    def stat(self, key: str) -> Stored | None:
        with self._asked():
            self._must_be_there()
            try:
                return Stored(self._path(key).stat().st_size, None)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, key: str, pace: Pace) -> Iterator[bytes]:
        with self._asked():
            self._must_be_there()
            try:
                descriptor = os.open(self._path(key), os.O_RDONLY | getattr(os, "O_BINARY", 0))
            except FileNotFoundError:
                raise StorageMismatch(key=key) from None
            try:
                if hasattr(os, "posix_fadvise"):
                    # From the drive, not from this machine's memory of what it wrote.
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                while block := os.read(descriptor, BLOCK_BYTES):
                    pace(0)
                    yield block
            finally:
                os.close(descriptor)

    def remove(self, key: str) -> None:
        if not key.startswith(REMOVABLE):
            raise ValueError(f"{key} is no probe or result: it is never removed")
        with self._asked():
            self._path(key).unlink(missing_ok=True)
            with suppress(OSError):
                self._path(PROBE_PREFIX).rmdir()

    def _path(self, key: str) -> Path:
        path = Path(os.path.normpath(self._folder / key))
        if not path.is_relative_to(self._folder):
            raise ValueError(f"the key {key!r} leaves the store")
        return path

    def _must_be_there(self) -> None:
        if not (self._folder / MARK).exists():
            raise StorageUnreachable(f"The drive of {self.label} is not there", hint="Plug it in.")

    def _write(self, key: str, data: bytes) -> None:
        with self._durable(key) as descriptor:
            _write_all(descriptor, data)

    @contextmanager
    def _durable(self, key: str) -> Iterator[int]:
        if key != MARK:
            self._must_be_there()
        target = self._path(key)
        part = target.with_name(target.name + ".part")
        made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644)
        try:
            try:
                yield descriptor
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(part, target)
            for folder in {target.parent, *(folder.parent for folder in made)}:
                fsync_folder(folder)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _remembered(self) -> list[str]:
        try:
            return [str(folder) for folder in json.loads(self._known.read_text("utf-8"))]
        except (OSError, ValueError):
            return []

    def _remember(self) -> None:
        remembered = self._remembered()
        if str(self._folder) not in remembered:
            write_durably(self._known, json.dumps([*remembered, str(self._folder)]).encode())

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except OSError as failed:
            if failed.errno in FULL:
                raise StorageDenied(f"{self.label} is full", hint="Make room there, then press Sync now.") from failed
            if failed.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise StorageDenied(
                    f"The station may not write in {self.label}",
                    hint="Give this user the right to write there, or choose another folder in Settings ▸ Storage.",
                ) from failed
            if failed.errno in _GONE or os.name == "nt":
                raise StorageUnreachable(
                    f"The drive of {self.label} is not there", hint="Plug it in; sending goes on by itself."
                ) from failed
            raise StorageDenied(
                f"{self.label} can't be used as a store: {failed.strerror}",
                hint="Choose another folder in Settings ▸ Storage.",
            ) from failed


def _read_local(descriptor: int, name: str) -> bytes:
    try:
        return os.read(descriptor, BLOCK_BYTES)
    except OSError as unreadable:
        raise FileGone(f"{name} can't be read: {unreadable.strerror}", file=name) from unreadable


def _write_all(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]
