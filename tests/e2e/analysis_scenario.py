"""A run against everything that a night at the track holds: windows closed, workers killed, the network gone."""

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from core.job import OPEN, Job, JobState
from core.packs import check_pack
from core.paths import DataFolder
from core.process import Role
from core.run import Asset, Finding, FindingState, FrameRef, NewRun, Run, RunProvider
from core.store import findings, jobs, processes, runs, stations
from core.store.database import Database, open_database
from core.worker_process import worker_command
from tests.fakes.fake_vertex import TOKEN, FakeVertex

T = TypeVar("T")
_WITHIN_S = 90.0
PACK = """
name = "tyres"
version = "1"
prompt = "How worn is the tyre?"
[schema]
type = "object"
required = ["wear"]
[schema.properties]
wear = { type = "integer", minimum = 0, maximum = 100 }
"""


def asked_wrongly(found: Sequence[Finding], arrived_ns: Mapping[str, Sequence[int]], assets: int) -> list[str]:
    """What is lost, twice, failed without a word, or was asked again once it had its finding."""
    named = Counter(finding.asset_id for finding in found)
    wrong = ["an asset has no finding"] * (assets - len(named))
    wrong += [f"{asset_id} has {number} findings" for asset_id, number in named.items() if number > 1]
    for finding in found:
        if finding.ended_at_ns is None:
            wrong.append(f"{finding.asset_id} waits still")
        elif finding.state is FindingState.FAILED and not finding.error:
            wrong.append(f"{finding.asset_id} failed without a word")
        elif max(arrived_ns.get(finding.asset_id, [0])) > finding.ended_at_ns:
            wrong.append(f"{finding.asset_id} was asked again after it had its finding")
    return wrong


class AnalysisScenario:
    """A data folder, a run of so many assets in it, and the processes that come and go; `close` ends them all."""

    def __init__(self, root: Path, vertex: FakeVertex, assets: int, *, in_flight: int) -> None:
        self.vertex, self.assets = vertex, assets
        self._folder = DataFolder(root / "data")
        self._folder.create()
        self._environment = os.environ | {
            "TRACKSHIFT_DATA": str(self._folder.root),
            "QT_QPA_PLATFORM": "offscreen",
            "GEMINI__PROJECT": "team-1",
            "GEMINI__BASE_URL": vertex.url,
            "GEMINI__ACCESS_TOKEN": TOKEN,
            "GEMINI__MAX_IN_FLIGHT": str(in_flight),
            "GEMINI__REQUESTS_PER_MINUTE": "100000",
        }
        self._started: list[subprocess.Popen[bytes]] = []
        self.database: Database = open_database(self._folder)
        frame = root / "frame.jpg"
        frame.write_bytes(b"\xff\xd8\xff\xe0" + bytes(20_000))
        named = [Asset(f"car-{number:03}", (FrameRef(path=str(frame)),)) for number in range(assets)]
        with self.database.write() as tx:
            stations.set_first_run_done(tx)
            self._run_id = runs.make(tx, NewRun(check_pack(PACK, ".toml").as_json(), RunProvider.GEMINI), named).id

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()
        for pid in self._worker_pids():
            _kill(pid)
        self.database.close()

    # processes

    def open_window(self) -> subprocess.Popen[bytes]:
        """It starts the worker that this folder lacks."""
        return self._launch()

    def start_worker(self) -> None:
        self._launch("worker")

    def kill_worker(self) -> None:
        (pid,) = self._worker_pids()
        _kill(pid)

    def _launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        with open(self._folder.root / "said.out", "ab") as said:
            process = subprocess.Popen(
                [*worker_command(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self._environment,
            )
        self._started.append(process)
        return process

    def _worker_pids(self) -> list[int]:
        with self.database.read() as tx:
            return [worker.pid for worker in processes.every(tx, Role.WORKER) if _lives(worker.pid)]

    # what is so far

    def run(self) -> Run:
        with self.database.read() as tx:
            return runs.get(tx, self._run_id)

    def waiting(self) -> list[Job]:
        """The shards that are open, if all of them wait for the service."""
        with self.database.read() as tx:
            shards = [job for job in jobs.children(tx, runs.get(tx, self._run_id).job_id) if job.state in OPEN]
        waits = all(job.state is JobState.PENDING and "can't be reached" in (job.held_because or "") for job in shards)
        return shards if waits else []

    def make_due(self, waiting: Iterable[Job]) -> None:
        """As if their half minute were over."""
        with self.database.write() as tx:
            for job in waiting:
                jobs.run_next(tx, job.id)

    def until(self, reached: Callable[[], T], what: str) -> T:
        """What `reached` gives, once it is something."""
        deadline = time.monotonic() + _WITHIN_S
        while not (found := reached()):
            assert time.monotonic() < deadline, f"{what} did not come: {self.run()}"
            threading.Event().wait(0.05)
        return found

    def until_ended(self, number: int) -> None:
        self.until(lambda: self.run().pending <= self.assets - number, f"finding {number}")

    def findings(self) -> list[Finding]:
        with self.database.read() as tx:
            return findings.after(tx, self._run_id, -1, limit=2 * self.assets)

    def problems(self) -> list[str]:
        """Nothing, if each asset has one finding, none was asked again once it had it, and the database is whole."""
        return [
            *asked_wrongly(self.findings(), self.vertex.arrived_ns, self.assets),
            *self.database.integrity_check(),
        ]


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(pid: int) -> None:
    """As kill -9 does. pid: of a worker of the scenario's own folder."""
    psutil.Process(pid).kill()
    while _lives(pid):
        threading.Event().wait(0.01)
