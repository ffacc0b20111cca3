"""The data folder: where everything of one station lies, and how a file becomes whole before anyone names it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_data_dir

from core.errors import DataFolderUnwritable, DiskFull, UsageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says when there is no room."""
PART = ".part"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """All paths of one station. Rows store paths relative to `root`, with '/'."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(os.path.abspath(self.root.expanduser())))

    @property
    def database(self) -> Path:
        return self.root / "station.db"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.toml"

    @property
    def frames(self) -> Path:
        return self.root / "frames"

    @property
    def clips(self) -> Path:
        return self.root / "clips"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def packs(self) -> Path:
        """The user's own packs."""
        return self.root / "packs"

    @property
    def preview(self) -> Path:
        return self.root / "preview"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock_file(self) -> Path:
        return self.root / "worker.lock"

    @property
    def credentials_file(self) -> Path:
        return self.root / "credentials.json"

    @property
    def api_token_file(self) -> Path:
        return self.root / "api.token"

    @property
    def incoming(self) -> Path:
        """What came in by the API and waits for its import."""
        return self.root / "incoming"

    @property
    def identity_file(self) -> Path:
        """Holds the station's UUID, the same as the database, so that neither is used with a stranger."""
        return self.root / "station.id"

    def mailbox(self, camera_id: str) -> Path:
        return self.preview / f"{camera_id}.mailbox"

    def absolute(self, relative: str) -> Path:
        """A row's path as an absolute one. Raises UsageError if it would leave the data folder."""
        path = Path(os.path.normpath(self.root / relative))
        if not relative or "\0" in relative or not path.is_relative_to(self.root) or path == self.root:
            raise UsageError(f"The path {relative!r} leaves the data folder")
        return path

    def relative(self, path: Path) -> str:
        """An absolute path inside the folder as a row stores it. Raises UsageError if it lies outside."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            raise UsageError(f"The path {str(path)!r} is not in the data folder") from None

    def create(self) -> None:
        """Make the folders. Raises DataFolderUnwritable."""
        try:
            for folder in (self.root, self.frames, self.clips, self.results, self.preview, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".writable-{os.getpid()}.part"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError as refused:
            if refused.errno in FULL:
                raise DiskFull(folder=self.root) from refused
            raise DataFolderUnwritable(folder=self.root) from refused


def default_data_folder() -> Path:
    """TRACKSHIFT_DATA, or this user's place for application data."""
    return Path(os.environ.get("TRACKSHIFT_DATA") or user_data_dir("trackshift-station", appauthor=False))


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can (Windows can't, and need not)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as refused:
        # Some network and FAT mounts have no fsync for folders.
        if refused.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def _make_folders(folder: Path) -> None:
    missing = [folder, *folder.parents]
    missing = missing[: next((n for n, step in enumerate(missing) if step.is_dir()), len(missing))]
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        fsync_folder(step.parent)


@contextmanager
def durable_file(target: Path) -> Iterator[BinaryIO]:
    """A binary file (reading and writing) that becomes `target` when the block ends well: .part, fsync, rename, fsync.

    Whatever fails up to the rename, the .part is removed and `target` is as it was; after it, `target` is whole.
    Raises DiskFull, DataFolderUnwritable; other OSErrors (a drive pulled out) pass through.
    """
    part = target.with_name(target.name + PART)
    try:
        _make_folders(target.parent)
        with open(part, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
        fsync_folder(target.parent)
    except PermissionError as refused:
        raise DataFolderUnwritable(folder=target.parent) from refused
    except OSError as failed:
        if failed.errno in FULL:
            raise DiskFull(folder=target.parent) from failed
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def is_half_written(path: Path) -> bool:
    """True of what an attempt was writing: a .part file, or a file in a .part folder."""
    return path.name.endswith(PART) or path.parent.name.endswith(PART)


def write_durably(target: Path, data: bytes | bytearray | memoryview) -> None:
    """Write a whole file so that it is either all there or not there at all. Raises as `durable_file`."""
    with durable_file(target) as file:
        file.write(data)
