"""What a press costs: from the key to the file on disk, and from the queue to the first instruction of the job."""

import os
import subprocess
import time
from dataclasses import dataclass

from benchmarks.claim import Claim, median, percentile
from benchmarks.running import BenchStation, need_gstreamer, pause, urls_of, wait_for
from core.capture import CaptureMode, CaptureParams
from core.job import ENDED, JobKind, JobState, NewJob
from core.store import frames, jobs
from tests.real.rtsp_server import Mount, RtspServer

PRESSES = 100
BETWEEN_S = 0.13  # never the same place in the camera's 40 ms
PEER_PRESSES = 7
STILL_WANT_MS, START_WANT_MS = 250.0, 100.0


@dataclass(frozen=True, slots=True)
class Press:
    """Milliseconds from the key to the job's start, and to the whole file under its name."""

    start_ms: float
    file_ms: float


def measure_still() -> list[Claim]:
    """One camera, 1280×720; the peer is what a person without a station would do: ask ffmpeg for one picture."""
    need_gstreamer()
    with RtspServer([Mount("/pit", width=1280, height=720)]) as server:
        made = presses(server)
        peer = [ffmpeg_ms(server.url("/pit")) for _ in range(PEER_PRESSES)]
    ours, theirs = percentile([press.file_ms for press in made], 95), median(peer)
    middle = median([press.file_ms for press in made])
    how = (
        f"ms from the key to the whole JPEG under its name, p95 of {len(made)} presses at 1280×720 "
        f"(median {middle:.0f}); peer: ffmpeg -frames:v 1, which has to connect first, median of {PEER_PRESSES}"
    )
    met = ours <= STILL_WANT_MS
    return [
        Claim("still", round(ours, 1), round(theirs, 1), round(ours / theirs, 3), f"≤ {STILL_WANT_MS:g} ms", met, how)
    ]


def measure_start() -> list[Claim]:
    """From the row in the queue to the claim by the worker."""
    need_gstreamer()
    with RtspServer([Mount("/pit", width=1280, height=720)]) as server:
        made = presses(server)
    starts = [press.start_ms for press in made]
    ours = percentile(starts, 95)
    how = (
        f"ms from enqueue to start, p95 of {len(made)} captures (median {median(starts):.0f}); "
        "no peer: the limit is a person's patience"
    )
    return [Claim("start", round(ours, 1), None, None, f"≤ {START_WANT_MS:g} ms", ours <= START_WANT_MS, how)]


def presses(server: RtspServer) -> list[Press]:
    with BenchStation() as station:
        station.add_cameras(urls_of(server))
        station.start_worker()
        station.wait_until_live(1, ring_s=3.0)
        made = []
        for _ in range(PRESSES):
            made.append(press(station))
            pause(BETWEEN_S)
    return made


def press(station: BenchStation) -> Press:
    at_ns = time.time_ns()
    params = CaptureParams(camera_id="pit", mode=CaptureMode.SINGLE_FRAME, at_ns=at_ns).model_dump(mode="json")
    with station.database.write() as queue:
        job_id = jobs.enqueue(queue, NewJob(kind=JobKind.CAPTURE, params=params, camera_id="pit")).id

    def ended() -> bool:
        with station.database.read() as tx:
            return jobs.get(tx, job_id).state in ENDED

    wait_for(ended, 20, "the capture's end")
    with station.database.read() as done:
        job, made = jobs.get(done, job_id), frames.for_job(done, job_id)
    if job.state is not JobState.COMPLETED or job.started_at_ns is None:
        raise RuntimeError(f"the capture ended {job.state}: {job.error}")
    # A rename changes ctime: that is when the file stood under its name.
    named_ns = max(station.folder.absolute(frame.path).stat().st_ctime_ns for frame in made)
    return Press((job.started_at_ns - at_ns) / 1e6, (named_ns - at_ns) / 1e6)


def ffmpeg_ms(url: str) -> float:
    began_s = time.monotonic()
    source = ["-rtsp_transport", "tcp", "-i", url]
    command = ["ffmpeg", "-nostdin", "-v", "error", *source, "-frames:v", "1", "-f", "mjpeg", "-y", os.devnull]
    subprocess.run(command, check=True, timeout=30)
    return (time.monotonic() - began_s) * 1000
