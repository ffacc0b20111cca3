"""The demo's cameras: the footage served over RTSP on loopback by a process that leaves with its parent."""

import argparse
import asyncio
import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import resources
from core.closing import Closing
from workers.demo.angles import ANGLES
from workers.demo.rtsp_server import DemoServer, load
from workers.demo.stop import LOOP_S, STATIONARY_S

START_S = 60.0  # the footage lies in the package; drawing it again takes most of this


def footage(work_dir: Path | None) -> dict[str, Path]:
    """Camera id → its MP4 file: as shipped, else drawn into `work_dir` once."""
    shipped = Path(resources.__file__).parent / "demo"
    for folder in (shipped, *([work_dir] if work_dir else [])):
        files = {angle.camera_id: folder / f"{angle.camera_id}.mp4" for angle in ANGLES}
        if all(path.is_file() for path in files.values()):
            return files
    from workers.demo.footage import render_all

    drawn = render_all(work_dir or Path(tempfile.mkdtemp(prefix="trackshift-cameras-")))
    return {path.stem: path for path in drawn}


def serve_until_stdin_closes(work_dir: str | Path | None = None, port: int = 0) -> None:
    """Serve the four cameras; print {"urls": {id: url}, "names": {id: name}} as one line when they can be opened.

    Runs until standard input ends, so the cameras never outlive the process that holds the other end.
    """
    films = {name: load(path) for name, path in footage(Path(work_dir) if work_dir else None).items()}

    def ready(bound: int) -> None:
        urls = {name: f"rtsp://127.0.0.1:{bound}/{name}" for name in films}
        print(json.dumps({"urls": urls, "names": {angle.camera_id: angle.name for angle in ANGLES}}), flush=True)

    async def serve() -> None:
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()

        def wait_for_the_end() -> None:
            while sys.stdin.buffer.read(1):
                pass
            loop.call_soon_threadsafe(stopping.set)

        threading.Thread(target=wait_for_the_end, name="stdin", daemon=True).start()
        await DemoServer(films).run(port, ready, stopping)

    asyncio.run(serve())


class DemoCameras(Closing):
    """The four cameras while the context lasts. `urls` and `names` go by camera id."""

    def __init__(self, work_dir: Path) -> None:
        from core.worker_process import worker_command  # late: the cameras' own process needs no database

        command = [*worker_command(), "demo-cameras", "--work", str(work_dir)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with contextlib.ExitStack() as unless_described:
            unless_described.callback(self.close)
            described = json.loads(self._first_line())
            unless_described.pop_all()
        self._playing_since_s = time.monotonic()
        self.urls: dict[str, str] = described["urls"]
        self.names: dict[str, str] = described["names"]

    @property
    def process_id(self) -> int:
        return self._process.pid

    def seconds_to_stop(self) -> float:
        """Until the car next comes to stand in the box; the footage goes round and round."""
        return (STATIONARY_S - (time.monotonic() - self._playing_since_s)) % LOOP_S

    def _first_line(self) -> bytes:
        assert self._process.stdout is not None
        said: queue.Queue[bytes] = queue.Queue()
        # A pipe can't be read with a deadline on Windows but by a thread.
        reader = threading.Thread(target=_read_line, args=(self._process.stdout, said), name="demo-cameras")
        reader.start()
        try:
            line = said.get(timeout=START_S)
        except queue.Empty:
            line = b""
        if not line:
            self._process.kill()
        reader.join()
        if not line:
            raise RuntimeError("the demo's cameras did not start; what they said is above")
        return line

    def close(self) -> None:
        """End the cameras; it is over when this returns."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _read_line(pipe: IO[bytes], said: "queue.Queue[bytes]") -> None:
    said.put(pipe.readline())


def start_demo_cameras(work_dir: Path) -> DemoCameras:
    """Start the cameras in a process of their own; they can be opened. work_dir: for footage that is not shipped."""
    return DemoCameras(work_dir)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m workers.demo.cameras", description="Serve the demo's cameras.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--work", type=Path)
    chosen = parser.parse_args(argv)
    serve_until_stdin_closes(chosen.work, chosen.port)


if __name__ == "__main__":
    main()
