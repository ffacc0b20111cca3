"""A station with files in its outbox, and the pieces that send them."""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.camera import Camera, ClockSource
from core.clock import SystemClock
from core.credentials import Credentials
from core.frame import Frame
from core.ids import new_id
from core.paths import DataFolder, write_durably
from core.settings import Settings
from core.store import cameras, frames, uploads
from core.store.database import Database, open_database
from core.upload import ItemKind, SyncSummary, Upload
from workers.sync.object_store import ObjectStore, Pace, Sending
from workers.sync.opening import open_store
from workers.sync.uploader import Uploader

MIB = 1 << 20


def eventually(reached: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, "it did not come to be in time"
        threading.Event().wait(0.02)


def no_pace(sent_bytes: int) -> None:
    pass


@dataclass
class Outbox:
    folder: DataFolder
    database: Database
    settings: Settings
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.folder, self.environment)

    def add(self, data: bytes = b"", *, size: int = 1000, write: bool = True, starred: bool = False) -> Upload:
        """A frame with its file, waiting to be sent."""
        data = data or os.urandom(size)
        id = new_id()
        frame = Frame(
            id=id,
            path=f"frames/2026/11/21/Pit_1/{id}.jpg",
            camera_id="Pit_1",
            session_id=None,
            job_id=None,
            ordinal=0,
            format="jpg",
            width=1,
            height=1,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            captured_at_ns=1_795_266_245_000_000_000,
            captured_u_ns=1,
            clock_source=ClockSource.ARRIVAL,
            original_filename="Bröker ▸ 箱.jpg",
            starred=starred,
        )
        if write:
            write_durably(self.folder.absolute(frame.path), data)
        with self.database.write() as tx:
            frames.add(tx, frame, station_id="station-1")
            found = uploads.of_item(tx, ItemKind.FRAME, id)
        assert found is not None
        return found

    def uploader(self, opener: Callable[[Settings, Credentials], ObjectStore] = open_store) -> Uploader:
        return Uploader(
            self.database, self.folder, self.settings, self.credentials, SystemClock(), new_id(), opener=opener
        )

    def summary(self) -> SyncSummary:
        with self.database.read() as tx:
            return uploads.summary(tx)

    def now(self, upload: Upload) -> Upload:
        with self.database.read() as tx:
            return uploads.get(tx, upload.id)

    def sending(self, upload: Upload, pace: Pace = no_pace, **changed: object) -> Sending:
        values: dict[str, object] = {
            "path": self.folder.absolute(upload.path),
            "name": upload.path,
            "key": upload.path,
            "bytes": upload.bytes,
            "sha256": upload.sha256,
            "metadata": upload.metadata,
            "multipart": upload.multipart,
            "keep": lambda sent_bytes, multipart: None,
            "pace": pace,
        }
        return Sending(**{**values, **changed})  # type: ignore[arg-type]


def make_outbox(folder: DataFolder, settings: Settings, environment: dict[str, str] | None = None) -> Outbox:
    folder.create()
    database = open_database(folder, checkpoints=True)
    with database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/one"))
    return Outbox(folder, database, settings, environment or {})


class Running:
    """An uploader's `run` on a thread, ended with the block."""

    def __init__(self, uploader: Uploader) -> None:
        self.uploader = uploader
        self.stopping = threading.Event()
        self.failed: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, name="uploader-under-test")

    def _run(self) -> None:
        try:
            self.uploader.run(self.stopping)
        except BaseException as failed:
            self.failed.append(failed)
            raise

    def __enter__(self) -> "Running":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.uploader.wake()
        self.thread.join(20)
        assert not self.thread.is_alive()
        assert not self.failed
