"""What the queue costs: jobs a second through enqueue, claim and finish, and how soon an idle worker starts one."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.claim import Claim, NotMeasurable, median, percentile
from benchmarks.running import BenchStation, pause, wait_for
from core.job import JobKind, JobState, NewJob
from core.paths import DataFolder
from core.store import jobs
from core.store.database import open_database

JOBS, ROUNDS = 200, 5
STARTS = 100
SHARE_OF_FASTEST, START_WANT_MS = 0.7, 60.0
PAYLOAD = '{"camera_id": "Haas_Pit_1", "mode": "single_frame", "at_ns": 1795266245000000000}'
Through = Callable[[int], None]
"""Takes so many jobs through the queue, one after another."""


def measure() -> list[Claim]:
    """Each step its own commit, durable when it returns (WAL, synchronous=FULL), one thread; rounds in turn."""
    with ExitStack() as stack:
        queues: dict[str, Through] = {"ours": stack.enter_context(_ours())}
        for name, opened in (("huey", _huey), ("litequeue", _litequeue), ("persist-queue", _persist_queue)):
            queues[name] = stack.enter_context(opened())
        rates: dict[str, list[float]] = {name: [] for name in queues}
        for through in queues.values():
            through(20)
        for _ in range(ROUNDS):
            for name, through in queues.items():
                began_s = time.perf_counter()
                through(JOBS)
                rates[name].append(JOBS / (time.perf_counter() - began_s))
    ours = median(rates.pop("ours"))
    peers = {name: median(found) for name, found in rates.items()}
    fastest, middle = max(peers.values()), median(list(peers.values()))
    told = ", ".join(f"{name} {rate:.0f}" for name, rate in sorted(peers.items(), key=lambda peer: -peer[1]))
    how = (
        f"jobs a second through enqueue, claim and finish, each step its own commit at synchronous=FULL, median of "
        f"{ROUNDS} rounds of {JOBS}; peers: {told} (huey forgets a job as it hands it out; its finish is the result "
        "that its consumer stores)"
    )
    met = ours >= SHARE_OF_FASTEST * fastest and ours >= middle
    want = f"≥ {SHARE_OF_FASTEST:g} × the fastest, ≥ the median"
    return [
        Claim("queue", round(ours, 1), round(fastest, 1), round(ours / fastest, 3), want, met, how),
        _measure_start(),
    ]


def _measure_start() -> Claim:
    """From the row to the claim by a real, idle worker; a job to track nothing ends at once, and needs no camera."""
    with BenchStation() as station:
        station.start_worker()
        starts_ms = []
        for number in range(STARTS + 5):
            with station.database.write() as queue:
                job = jobs.enqueue(queue, NewJob(JobKind.TRACK, {}, tries=1))

            def ended(job_id: str = job.id) -> bool:
                with station.database.read() as tx:
                    return jobs.get(tx, job_id).state is JobState.FAILED

            wait_for(ended, 30, "the job's end")
            with station.database.read() as tx:
                done = jobs.get(tx, job.id)
            if number >= 5 and done.started_at_ns is not None:
                starts_ms.append((done.started_at_ns - done.created_at_ns) / 1e6)
            pause(0.05)
    ours = percentile(starts_ms, 95)
    how = f"ms from enqueue to start by an idle worker, p95 of {len(starts_ms)} (median {median(starts_ms):.1f})"
    return Claim("queue start", round(ours, 1), None, None, f"≤ {START_WANT_MS:g} ms", ours <= START_WANT_MS, how)


@contextmanager
def _ours() -> Iterator[Through]:
    with _folder() as root:
        database = open_database(DataFolder(root), checkpoints=True)

        def through(number: int) -> None:
            for _ in range(number):
                with database.write() as tx:
                    jobs.enqueue(tx, NewJob(JobKind.TRACK, {"said": PAYLOAD}))
                with database.write() as tx:
                    job = jobs.claim(tx, worker_id="bench", kinds_free=dict.fromkeys(JobKind, 1))
                assert job is not None
                with database.write() as tx:
                    jobs.finish(tx, job, {})

        yield through
        with database.read() as tx:
            counted = jobs.counts(tx)
        assert counted[JobState.COMPLETED] == sum(counted.values()), counted
        database.close()


@contextmanager
def _huey() -> Iterator[Through]:
    try:
        from huey.storage import SqliteStorage
    except ImportError as missing:
        raise NotMeasurable("huey is not installed (it is a development dependency)") from missing
    with _folder() as root:
        storage = SqliteStorage("bench", filename=str(root / "huey.db"), fsync=True)

        def through(number: int) -> None:
            for done in range(number):
                storage.enqueue(PAYLOAD.encode())
                assert storage.dequeue() is not None
                storage.put_data(f"{done}", b"done")

        yield through
        storage.close()


@contextmanager
def _litequeue() -> Iterator[Through]:
    try:
        from litequeue import LiteQueue
    except ImportError as missing:
        raise NotMeasurable("litequeue is not installed (it is a development dependency)") from missing
    with _folder() as root:
        queue = LiteQueue(str(root / "lite.db"))
        queue.conn.execute("PRAGMA synchronous = FULL")

        def through(number: int) -> None:
            for _ in range(number):
                queue.put(PAYLOAD)
                message = queue.pop()
                queue.done(message.message_id)

        yield through
        queue.close()


@contextmanager
def _persist_queue() -> Iterator[Through]:
    try:
        from persistqueue import SQLiteAckQueue
    except ImportError as missing:
        raise NotMeasurable("persist-queue is not installed (it is a development dependency)") from missing
    with _folder() as root:
        queue = SQLiteAckQueue(str(root), auto_commit=True, multithreading=True)

        def through(number: int) -> None:
            for _ in range(number):
                queue.put(PAYLOAD)
                queue.ack(queue.get(block=False))

        yield through
        queue.close()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="queue-", ignore_cleanup_errors=True) as root:
        yield Path(root)
