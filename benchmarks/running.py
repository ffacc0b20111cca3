"""What the benchmarks run: the real worker and window on a data folder of their own; and the CPU they used."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from benchmarks.claim import NotMeasurable
from core.camera import Camera, CameraState
from core.paths import DataFolder
from core.store import cameras, stations
from core.store.database import Database, open_database
from core.worker_process import worker_command
from tests.real.rtsp_server import RtspServer, missing_gstreamer

_nothing = threading.Event()


def wait_for(reached: Callable[[], bool], within_s: float, what: str) -> None:
    """Return once it is so; raises TimeoutError naming `what`."""
    deadline_s = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {within_s:g} s")
        _nothing.wait(0.02)


def pause(seconds: float) -> None:
    """Let what is measured run."""
    _nothing.wait(seconds)


class BenchStation:
    """A fresh data folder and its processes; the folder and all of them go with the context."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._stack = ExitStack()
        self._environment = dict(environment or {})
        self.worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        root = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="station-", ignore_cleanup_errors=True))
        self.folder = DataFolder(Path(root) / "data")
        self.folder.create()
        self.database: Database = open_database(self.folder)
        self._stack.callback(self.database.close)
        with self.database.write() as tx:
            stations.set_first_run_done(tx)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.worker is not None:
            self.stop(self.worker)
        self._stack.close()

    def launch(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """The installed command on this folder; what it prints goes to logs/bench.out."""
        settings = {**os.environ, **self._environment, **(environment or {}), "TRACKSHIFT_DATA": str(self.folder.root)}
        with open(self.folder.logs / "bench.out", "ab") as said:
            return subprocess.Popen(
                [*worker_command(), *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=settings
            )

    def start_worker(self) -> subprocess.Popen[bytes]:
        self.worker = self.launch("worker")
        return self.worker

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Ask it to end as a system shutting down would, and wait."""
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def add_cameras(self, urls: Mapping[str, str]) -> None:
        with self.database.write() as tx:
            for camera_id, url in urls.items():
                cameras.add(tx, Camera(id=camera_id, url=url))
            stations.bump_settings(tx)

    def wait_until_live(self, count: int, ring_s: float = 0.0, within_s: float = 30.0) -> None:
        """Until that many feeds are live with so many seconds in their rings."""

        def live() -> bool:
            with self.database.read() as tx:
                told = cameras.statuses(tx)
            return sum(status.state is CameraState.LIVE and status.ring_s >= ring_s for status in told) >= count

        wait_for(live, within_s, f"{count} live cameras")


def need_gstreamer() -> None:
    """Raises NotMeasurable where no real RTSP server can run."""
    if reason := missing_gstreamer():
        raise NotMeasurable(reason)


def urls_of(server: RtspServer) -> dict[str, str]:
    """Camera id → URL of each mount."""
    return {mount.path.strip("/"): server.url(mount.path) for mount in server.mounts}


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """User and system seconds that the processes and all their children have used so far."""
    used = 0.0
    for process in processes:
        for each in (process, *process.children(recursive=True)):
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            used += times.user + times.system
    return used


def cpu_share(pids: Iterable[int], seconds: float) -> float:
    """Cores that the process trees keep busy on average over that long."""
    watched = [psutil.Process(pid) for pid in pids]
    before_s, began_s = cpu_s(watched), time.monotonic()
    pause(seconds)
    return (cpu_s(watched) - before_s) / (time.monotonic() - began_s)
