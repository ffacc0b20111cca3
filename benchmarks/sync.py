"""The outbox's pace: many small frames to a local S3 server, against the bare client doing the same requests."""

import hashlib
import io
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from minio import Minio

from benchmarks.claim import Claim, median
from benchmarks.running import BenchStation, pause, wait_for
from core.camera import ClockSource
from core.frame import Frame
from core.ids import new_id
from core.setting_sections import StorageSettings
from core.store import frames, stations, uploads
from tests.real.s3_server import S3Server

FRAMES = 2000
FRAME_BYTES = 200_000
ROUNDS = 3
THREADS = StorageSettings().concurrency
BUCKET = "trackshift-frames"


def measure() -> list[Claim]:
    """Rounds of ours and the peer's, each against a fresh server; medians."""
    ours, peer = [], []
    for number in range(ROUNDS):
        ours.append(FRAMES / station_s(number))
        peer.append(FRAMES / bare_s(number))
    mine, theirs = median(ours), median(peer)
    how = (
        f"frames a second, {FRAMES} × {FRAME_BYTES // 1000} KB to nanio, median of {ROUNDS} rounds; "
        f"peer: minio client, {THREADS} threads as ours, the same three requests a frame "
        "(put, stat against the MD5, JSON beside it)"
    )
    return [
        Claim("sync", round(mine, 1), round(theirs, 1), round(mine / theirs, 3), "≥ 0.8 ×", mine >= 0.8 * theirs, how)
    ]


def pictures(seed: int) -> list[bytes]:
    """Incompressible, each another, the same for both sides of a round."""
    rng = random.Random(seed)
    return [rng.randbytes(FRAME_BYTES) for _ in range(FRAMES)]


def station_s(seed: int) -> float:
    """Seconds from the word `go` until every upload's row says verified."""
    with S3Server("nanio", buckets=[BUCKET]) as server:
        environment = {
            "STORAGE__ENDPOINT": server.endpoint,
            "STORAGE__ACCESS_KEY": server.access_key,
            "STORAGE__SECRET_KEY": server.secret_key,
            "STORAGE__BUCKET_NAME": BUCKET,
        }
        with BenchStation(environment) as station:
            fill(station, pictures(seed))
            station.start_worker()
            pause(5.0)  # its imports are not the outbox's pace

            def verified() -> int:
                with station.database.read() as tx:
                    return uploads.summary(tx).verified

            began_s = time.monotonic()
            with station.database.write() as tx:
                stations.set_sync_paused(tx, False)
                stations.wake(tx)
            wait_for(lambda: verified() == FRAMES, 300, f"{FRAMES} verified objects")
            return time.monotonic() - began_s


def fill(station: BenchStation, made: list[bytes]) -> None:
    """Frames as a day offline leaves them: files, rows, and uploads that wait."""
    now_ns = time.time_ns()
    names = [f"frames/2026/11/21/Pit_1/{new_id()}.jpg" for _ in made]
    (station.folder.root / names[0]).parent.mkdir(parents=True)
    for name, data in zip(names, made, strict=True):
        station.folder.absolute(name).write_bytes(data)
    with station.database.write() as tx:
        stations.set_sync_paused(tx, True)
        for ordinal, (name, data) in enumerate(zip(names, made, strict=True)):
            frame = Frame(
                id=Path(name).stem,
                path=name,
                camera_id="Pit_1",
                session_id=None,
                job_id=None,
                ordinal=ordinal,
                format="jpg",
                width=1280,
                height=720,
                bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                captured_at_ns=now_ns + ordinal,
                captured_u_ns=1_000_000,
                clock_source=ClockSource.ARRIVAL,
            )
            frames.add(tx, frame, station_id="bench")


def bare_s(seed: int) -> float:
    """Seconds that the bare client needs for the same bytes, requests and threads; the bytes lie in memory."""
    made = pictures(seed)
    metadata = {"camera_id": "Pit_1", "station_id": "bench", "original_filename": ""}
    mine = threading.local()
    with S3Server("nanio", buckets=[BUCKET]) as server:

        def send(ordinal: int) -> None:
            if not hasattr(mine, "client"):
                mine.client = Minio(
                    server.endpoint, server.access_key, server.secret_key, secure=False, region="us-east-1"
                )
            client, data, key = mine.client, made[ordinal], f"frames/2026/11/21/Pit_1/{ordinal:026d}.jpg"
            digest = hashlib.sha256(data).hexdigest()
            client.put_object(BUCKET, key, io.BytesIO(data), len(data), "image/jpeg", {**metadata, "sha256": digest})
            found = client.stat_object(BUCKET, key)
            if (found.size, found.etag) != (len(data), hashlib.md5(data).hexdigest()):
                raise RuntimeError(f"{key} is not what was sent")
            beside = f'{{"key": "{key}", "sha256": "{digest}"}}'.encode()
            client.put_object(BUCKET, f"{key}.json", io.BytesIO(beside), len(beside), "application/json")

        began_s = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(send, range(FRAMES)))
        return time.monotonic() - began_s
