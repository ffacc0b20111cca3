"""A station whose queue the tests fill by hand, and the command on it in this process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from core.camera import Camera
from core.job import Job, JobError, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.store import cameras, jobs
from core.store.database import Database, open_database

BROKEN = JobError(slug="media_unreadable", message="b.png is cut short", hint="Copy it again.", permanent=True)
CAMERA = "Pit_1"


@dataclass
class Queue:
    """The database as worker and window see it, and `trackshift --json` on it."""

    folder: DataFolder
    database: Database
    capsys: pytest.CaptureFixture[str]

    def made(self, name: str = "", kind: JobKind = JobKind.IMPORT, **fields: Any) -> Job:
        with self.database.write() as tx:
            return jobs.enqueue(tx, self.new(name, kind, **fields))

    def new(self, name: str = "", kind: JobKind = JobKind.IMPORT, **fields: Any) -> NewJob:
        return NewJob(kind, fields.pop("params", {"paths": ["/a.png"]}), name=name, camera_id=CAMERA, **fields)

    def batch(self, name: str, children: int) -> Job:
        with self.database.write() as tx:
            return jobs.enqueue_batch(tx, self.new(name), [self.new(str(number)) for number in range(children)])

    def worked(self, *, broken: bool = False, summary: dict[str, object] | None = None) -> Job:
        """The next attempt, ended at once."""
        with self.database.write() as tx:
            job = jobs.claim(tx, worker_id="worker-1", kinds_free=dict.fromkeys(JobKind, 1))
            assert job is not None
            if broken:
                jobs.fail(tx, job, BROKEN, None)
            else:
                jobs.finish(tx, job, summary or {})
        return self.get(job.id)

    def get(self, id: str) -> Job:
        with self.database.read() as tx:
            return jobs.get(tx, id)

    def state(self, id: str) -> JobState:
        return self.get(id).state

    def command(self, *argv: str) -> tuple[int, dict[str, Any]]:
        code = main(["--data", str(self.folder.root), "--json", *argv])
        document = json.loads(self.capsys.readouterr().out)
        assert isinstance(document, dict)
        return code, document

    def ids(self, *filters: str) -> list[str]:
        """What `jobs list` shows with these filters."""
        code, page = self.command("jobs", "list", *filters)
        assert code == 0, page
        return [job["id"] for job in page["jobs"]]


@pytest.fixture
def queue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Queue]:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    database = open_database(folder)
    with database.write() as tx:
        cameras.add(tx, Camera(id=CAMERA, url="rtsp://127.0.0.1:9/x"))
    yield Queue(folder, database, capsys)
    database.close()
