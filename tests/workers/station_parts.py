"""A station for tests of the worker's parts: a data folder, its database, one camera, and attempts run by hand."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from core.camera import Camera, ClockSource
from core.capture import ImportParams
from core.clock import Clock, SystemClock
from core.frame import Frame
from core.ids import new_id
from core.job import Job, JobKind, NewJob
from core.object_keys import object_key
from core.paths import DataFolder, write_durably
from core.result import ResultFile, media_type_of, result_path
from core.settings import Settings
from core.store import cameras, frames, jobs, results
from core.store.database import Database, open_database
from core.upload import ItemKind
from workers.cancellation import CancelToken
from workers.computing import Computing
from workers.runner import JobContext

WORKER = "worker-1"
CAMERA = "Haas_Pit_1"


@dataclass
class StationParts:
    """Closed by the fixture that made it."""

    folder: DataFolder
    database: Database
    clock: Clock
    settings: Settings
    told: list[tuple[float, str, str]] = field(default_factory=list)

    def job(self, job_id: str) -> Job:
        with self.database.read() as tx:
            return jobs.get(tx, job_id)

    def enqueue(self, kind: JobKind = JobKind.IMPORT, **fields: Any) -> Job:
        with self.database.write() as tx:
            return jobs.enqueue(tx, NewJob(kind=kind, params=fields.pop("params", {}), camera_id=CAMERA, **fields))

    def enqueue_import(self, *paths: Path) -> Job:
        params = ImportParams(camera_id=CAMERA, paths=tuple(map(str, paths)))
        return self.enqueue(params=params.model_dump(mode="json"))

    def claim(self, worker_id: str = WORKER) -> Job:
        with self.database.write() as tx:
            job = jobs.claim(tx, worker_id=worker_id, kinds_free=dict.fromkeys(JobKind, 1))
        assert job is not None
        return job

    def cancel(self, job_id: str) -> None:
        with self.database.write() as tx:
            jobs.cancel(tx, job_id)

    def context(self, job: Job, compute: Computing, cancel: CancelToken | None = None) -> JobContext:
        token = cancel or CancelToken()

        def tell(percent: float, stage: str, message: str) -> None:
            token.check()
            self.told.append((percent, stage, message))

        return JobContext(
            job=job,
            database=self.database,
            folder=self.folder,
            settings=self.settings,
            cancel=token,
            progress=tell,
            compute=compute,
            feeds=cast("Any", None),
            clock=self.clock,
            station_id="station-1",
        )

    def made(self, job: Job, name: str = "tracks.txt", data: bytes = b"1,1,0,0,5,5") -> ResultFile:
        """A result file of this job, on disk and with its row."""
        import hashlib

        path = result_path(job.id, max(job.attempt, 1), name)
        write_durably(self.folder.absolute(path), data)
        digest = hashlib.sha256(data).hexdigest()
        file = ResultFile(new_id(), job.id, name, path, media_type_of(name), len(data), digest, job.camera_id)
        with self.database.write() as tx:
            return results.add(tx, file, station_id="station-1")

    def all_frames(self) -> list[Frame]:
        with self.database.read() as tx:
            return list(frames.page(tx, frames.FrameFilter(), None, 10_000).items)

    def media_files(self) -> list[str]:
        tops = (self.folder.frames, self.folder.clips)
        return sorted(self.folder.relative(path) for top in tops for path in top.rglob("*") if path.is_file())

    def captured(self, data: bytes = b"a picture", *, row: bool = True, at_ns: int | None = None) -> str:
        """A frame on disk, with its row or without; its path."""
        import hashlib

        at_ns = self.clock.utc_ns() if at_ns is None else at_ns
        frame_id = new_id()
        path = object_key(ItemKind.FRAME, CAMERA, frame_id, at_ns, "jpg")
        write_durably(self.folder.absolute(path), data)
        if row:
            frame = Frame(
                id=frame_id,
                path=path,
                camera_id=CAMERA,
                session_id=None,
                job_id=None,
                ordinal=0,
                format="jpg",
                width=4,
                height=3,
                bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                captured_at_ns=at_ns,
                captured_u_ns=1_000_000,
                clock_source=ClockSource.ARRIVAL,
            )
            with self.database.write() as tx:
                frames.add(tx, frame, station_id="station-1")
        return path


def open_station_parts(root: Path, clock: Clock | None = None, **settings: Any) -> StationParts:
    clock = clock or SystemClock()
    folder = DataFolder(root)
    folder.create()
    database = open_database(folder, clock=clock)
    with database.write() as tx:
        cameras.add(tx, Camera(id=CAMERA, url="rtsp://127.0.0.1:1/cam"))
    return StationParts(folder, database, clock, Settings(**settings))
