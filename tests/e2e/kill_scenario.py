"""The kill: `kill -9` of a real worker at random instants of its work, and what must hold after it."""

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.camera import Camera, CameraState
from core.clip import Clip
from core.frame import Frame
from core.job import OPEN, JobState
from core.paths import DataFolder
from core.process import Role
from core.store import cameras, clips, frames, jobs, processes, uploads
from core.store.database import Database, open_database
from tests.e2e.kill_load import CAMERA, Load, wanted_files
from tests.real.rtsp_server import RtspServer
from tests.real.s3_server import S3Server
from workers.fsck import check

ROOT = Path(__file__).resolve().parents[2]
_START_S = 60.0
_LATEST_KILL_S = 2.5
_END_S = 120.0
_LIVE_S = 10.0


@dataclass(slots=True)
class KillReport:
    """What was tried, and what was found wrong: `problems` is empty if nothing was lost or doubled."""

    kills: int = 0
    frames: int = 0
    clips: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    objects: int = 0
    amid: Counter[str] = field(default_factory=Counter)
    """How often a kill fell amid a capture, an import, an upload."""
    asked: Counter[str] = field(default_factory=Counter)
    """Cancels of running and of waiting jobs, retries and batches with one broken item."""
    problems: list[str] = field(default_factory=list)


def run_kill_scenario(
    root: Path, *, count: int, seed: int = 0, tell: Callable[[str], None] = lambda text: None
) -> KillReport:
    """Kill the worker `count` times in a data folder under `root`, restart it, and check all there is at the end.

    Needs GStreamer's RTSP server and a free core or two; about 4 s a kill.
    """
    with RtspServer() as camera_server, S3Server("nanio") as s3:
        scenario = _Scenario(root, camera_server.url(), s3, random.Random(seed))
        try:
            for number in range(count):
                scenario.round(number)
                tell(f"{number + 1} of {count} kills")
            return scenario.end()
        finally:
            scenario.close()


class _Scenario:
    def __init__(self, root: Path, camera_url: str, s3: S3Server, rng: random.Random) -> None:
        self._root, self._s3, self._rng = root, s3, rng
        self._folder = DataFolder(root / "data")
        self._folder.create()
        self._database: Database = open_database(self._folder)
        self._report = KillReport()
        self._committed: dict[str, str] = {}
        """sha256 by path, of every row that was ever seen."""
        self._load = Load(root / "in", self._database, rng, self._report.asked)
        with self._database.write() as tx:
            cameras.add(tx, Camera(id=CAMERA, url=camera_url))

    def close(self) -> None:
        self._database.close()

    def round(self, number: int) -> None:
        """Give work, kill the worker somewhere in it, and see that what is committed is whole."""
        with self._worker() as process:
            if number % 3:  # else the kill falls into the connecting, and what is left of the last round
                self._wait_for_the_camera()
            self._load.enqueue(number)
            kill_in_s = self._rng.uniform(0.0, _LATEST_KILL_S)
            steer_in_s = self._rng.uniform(0.0, kill_in_s)
            _pause(steer_in_s)
            self._load.steer()
            _pause(kill_in_s - steer_in_s)
            self._note_what_goes_on()
            process.kill()
        self._report.kills += 1
        self._check_rows()

    def end(self) -> KillReport:
        """Let a last worker finish everything, and what failed once more, and check all there is."""
        with self._worker() as process:
            self._wait_until_all_ended()
            self._load.retry_all()
            self._wait_until_all_ended()
            with self._database.write() as tx:
                processes.ask_stop(tx, "the scenario ends")
            if process.wait(30) != 0:
                self._report.problems.append(f"the last worker ended with {process.returncode}")
        self._check_rows(again=True)
        self._check_jobs()
        self._report.problems += self._load.problems()
        self._check_objects()
        self._report.problems += [f"database: {problem}" for problem in self._database.integrity_check()]
        self._report.problems += [f"fsck: {found}" for found in check(self._folder, self._database)]
        return self._report

    def _wait_until_all_ended(self) -> None:
        deadline = time.monotonic() + _END_S
        while not self._all_ended():
            if time.monotonic() > deadline:
                self._report.problems.append(f"not everything ended within {_END_S:.0f} s: {self._open()}")
                return
            _pause(0.1)

    @contextmanager
    def _worker(self) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [sys.executable, "-P", "-m", "trackshift", "--data", str(self._folder.root), "worker"]
        environment = os.environ | {
            "STORAGE__ENDPOINT": self._s3.endpoint,
            "STORAGE__ACCESS_KEY": self._s3.access_key,
            "STORAGE__SECRET_KEY": self._s3.secret_key,
        }
        with open(self._root / "worker.out", "ab") as printed:
            process = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=printed, stderr=printed)
        try:
            self._wait_for_beat(process)
            yield process
        finally:
            process.kill()
            process.wait()

    def _wait_for_beat(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            with self._database.read() as tx:
                if any(worker.pid == process.pid for worker in processes.every(tx, Role.WORKER)):
                    return
            if process.poll() is not None or time.monotonic() > deadline:
                said = (self._root / "worker.out").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the worker did not start ({process.poll()}): {said}")
            _pause(0.02)

    def _wait_for_the_camera(self) -> None:
        began_ns, deadline = time.time_ns(), time.monotonic() + _LIVE_S
        while time.monotonic() < deadline:
            with self._database.read() as tx:
                statuses = cameras.statuses(tx)
            if any(each.state is CameraState.LIVE and (each.last_packet_ns or 0) > began_ns for each in statuses):
                return
            _pause(0.05)

    def _note_what_goes_on(self) -> None:
        with self._database.read() as tx:
            running = jobs.page(tx, jobs.JobFilter(states={JobState.PROCESSING}), None, 100).items
            sending = uploads.summary(tx).sending
        self._report.amid.update({str(job.kind) for job in running} | ({"upload"} if sending else set()))

    def _all_ended(self) -> bool:
        return not any(self._open())

    def _open(self) -> tuple[int, int]:
        with self._database.read() as tx:
            number, summary = jobs.counts(tx), uploads.summary(tx)
        return number[JobState.PENDING] + number[
            JobState.PROCESSING
        ], summary.waiting + summary.sending + summary.blocked

    def _rows(self) -> list[Frame | Clip]:
        with self._database.read() as tx:
            of_frames = frames.page(tx, frames.FrameFilter(), None, 1_000_000).items
            return [*of_frames, *clips.page(tx, clips.ClipFilter(), None, 1_000_000).items]

    def _check_rows(self, *, again: bool = False) -> None:
        """Every row that was ever committed is there, and its file is whole; again: those seen before too."""
        rows = {row.path: row for row in self._rows()}
        self._report.problems += [f"lost: {path}" for path in self._committed.keys() - rows.keys()]
        for path, row in rows.items():
            if path in self._committed and self._committed[path] != row.sha256:
                self._report.problems.append(f"changed: {path}")
            if path in self._committed and not again:
                continue
            try:
                whole = hashlib.sha256(self._folder.absolute(path).read_bytes()).hexdigest() == row.sha256
            except FileNotFoundError:
                whole = False
            if not whole:
                self._report.problems.append(f"not whole: {path}")
        self._committed = {path: row.sha256 for path, row in rows.items()}
        self._report.clips = sum(isinstance(row, Clip) for row in rows.values())
        self._report.frames = len(rows) - self._report.clips

    def _check_jobs(self) -> None:
        """Every job ended; a completed import has every file, once; a completed single frame has one."""
        with self._database.read() as tx:
            every = jobs.page(tx, jobs.JobFilter(), None, 1_000_000).items
        rows = self._rows()
        made = Counter(row.job_id for row in rows)
        self._report.jobs = Counter(str(job.state) for job in every)
        self._report.problems += [f"not ended: {job.id}" for job in every if job.state in OPEN]
        for job in every:
            if job.state is JobState.COMPLETED and (wanted := wanted_files(job)) is not None and made[job.id] != wanted:
                self._report.problems.append(f"{job.kind} {job.id} made {made[job.id]} of {wanted}")
        doubled = Counter((row.camera_id, row.sha256) for row in rows if row.original_filename is not None)
        self._report.problems += [f"imported twice: {key}" for key, number in doubled.items() if number > 1]
        places = Counter((row.job_id, type(row).__name__, row.ordinal) for row in rows)
        self._report.problems += [f"made twice: {key}" for key, number in places.items() if number > 1]

    def _check_objects(self) -> None:
        """Every file's object has its bytes."""
        keys = set(self._s3.keys())
        for path in self._committed:
            if path not in keys:
                self._report.problems.append(f"no object: {path}")
            elif self._s3.read(path) != self._folder.absolute(path).read_bytes():
                self._report.problems.append(f"another object: {path}")
            else:
                self._report.objects += 1


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)
