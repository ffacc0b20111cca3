"""Ten thousand assets through Gemini's protocol: the pace against the ideal, and what faults and kills leave behind."""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.claim import Claim, NotMeasurable
from benchmarks.running import BenchStation, pause, wait_for
from core.packs import check_pack
from core.run import Asset, Finding, FindingState, FrameRef, NewRun, Run, RunProvider
from core.store import findings, runs
from tests.e2e.analysis_scenario import asked_wrongly
from tests.fakes.fake_vertex import TOKEN

ASSETS = int(os.environ.get("TRACKSHIFT_BENCH_ASSETS", "10000"))
LATENCY_S, IN_FLIGHT = 0.2, 50
WANT_RATIO, WANT_MB = 1.15, 300.0
RATES = {"RATE_LIMIT": 0.05, "BROKEN": 0.02, "NOT_JSON": 0.01}
KILLS = 3
FRAME_BYTES = 40_000
PACK = """
name = "bench_tyres"
version = "1"
title = "Tyres"
prompt = "Judge the tyre in the frame: how worn it is, whether it is damaged, and what speaks for it."

[schema]
type = "object"
required = ["wear", "score", "damaged", "note"]
additionalProperties = false

[schema.properties]
wear = { type = "string", enum = ["new", "used", "worn"] }
score = { type = "integer", minimum = 0, maximum = 100 }
damaged = { type = "boolean" }
note = { type = "string" }
"""


def measure() -> list[Claim]:
    need_cloud()
    from benchmarks import analyze_endurance

    return [*_measure_pace(), _measure_faults(), *analyze_endurance.measure()]


def need_cloud() -> None:
    """Raises NotMeasurable where Google's client is not installed."""
    import importlib.util

    if importlib.util.find_spec("google.genai") is None:
        raise NotMeasurable("the extra `cloud` is not installed")


@dataclass(slots=True)
class _Vertex:
    """The fake, a process of its own: what it costs is not the worker's."""

    port: int

    def told(self) -> dict[str, dict[str, object]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/fake/told", timeout=30) as answer:
            told: dict[str, dict[str, object]] = json.load(answer)
        return told


@contextmanager
def _vertex(rates: Mapping[str, float]) -> Iterator[_Vertex]:
    command = [sys.executable, "-m", "tests.fakes.fake_vertex", "--latency", str(LATENCY_S)]
    command += ["--rates", json.dumps(rates)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    try:
        assert process.stdout is not None
        yield _Vertex(int(json.loads(process.stdout.readline())["port"]))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


@contextmanager
def _station(vertex: _Vertex) -> Iterator[BenchStation]:
    environment = {
        "GEMINI__PROJECT": "bench",
        "GEMINI__BASE_URL": f"http://127.0.0.1:{vertex.port}",
        "GEMINI__ACCESS_TOKEN": TOKEN,
        "GEMINI__MAX_IN_FLIGHT": str(IN_FLIGHT),
        "GEMINI__REQUESTS_PER_MINUTE": "100000",
    }
    with BenchStation(environment) as station:
        yield station


def _make_run(station: BenchStation) -> Run:
    """Every asset has a frame of its own name and the same bytes: what is sent is read from the disk each time."""
    folder = station.folder.root / "given"
    folder.mkdir()
    frame = folder / "frame.jpg"
    frame.write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(FRAME_BYTES - 4))
    pack = check_pack(PACK, ".toml")
    assets = [Asset(f"car-{number:05}", (FrameRef(path=str(frame)),)) for number in range(ASSETS)]
    with station.database.write() as tx:
        return runs.make(tx, NewRun(pack.as_json(), RunProvider.GEMINI), assets)


def _now(station: BenchStation, run: Run) -> Run:
    with station.database.read() as tx:
        return runs.get(tx, run.id)


def _findings(station: BenchStation, run: Run) -> list[Finding]:
    with station.database.read() as tx:
        return findings.after(tx, run.id, -1, limit=2 * ASSETS)


@dataclass(slots=True)
class _Memory:
    """The worker's largest resident set, asked five times a second."""

    pid: int
    peak_mb: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        process = psutil.Process(self.pid)
        while not self._stop.wait(0.2):
            try:
                self.peak_mb = max(self.peak_mb, process.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                return

    @contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self.watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def _measure_pace() -> list[Claim]:
    ideal_s = ASSETS * LATENCY_S / IN_FLIGHT
    with _vertex({}) as vertex, _station(vertex) as station:
        run = _make_run(station)
        worker = station.start_worker()
        memory = _Memory(worker.pid)
        with memory.watched():
            wait_for(lambda: _now(station, run).pending == 0, 60 + 10 * ideal_s, "the run's end", 0.25)
        done = _now(station, run)
        cpu = psutil.Process(worker.pid).cpu_times()
        told = vertex.told()
        arrived = [int(str(ns)) for times in told["arrived_ns"].values() for ns in times]  # type: ignore[attr-defined]
        assert done.ended_at_ns is not None
        took_s = (done.ended_at_ns - min(arrived)) / 1e9
        calls = sum(int(str(number)) for number in told["calls"].values())
    ratio = took_s / ideal_s
    how = (
        f"s from the first call to the last finding of {ASSETS:,} assets of one {FRAME_BYTES // 1000} kB frame, a real "
        f"worker against a server on loopback that answers after {LATENCY_S * 1000:g} ms; {calls:,} calls, "
        f"{done.completed:,} findings; the worker used {cpu.user + cpu.system:.0f} s of CPU, imports included"
    )
    met = ratio <= WANT_RATIO and done.completed == ASSETS == calls
    want = f"≤ {WANT_RATIO:g} × the ideal {ideal_s:g} s"
    return [
        Claim("analyze pace", round(took_s, 1), ideal_s, round(ratio, 3), want, met, how),
        Claim(
            "analyze memory",
            round(memory.peak_mb, 1),
            None,
            None,
            f"≤ {WANT_MB:g} MB",
            memory.peak_mb <= WANT_MB,
            "MB resident in the worker at most, during the run above",
        ),
    ]


def _measure_faults() -> Claim:
    """Everything at once: overload, breakdowns, broken answers, and the worker killed three times."""
    ideal_s = ASSETS * LATENCY_S / IN_FLIGHT
    with _vertex(RATES) as vertex, _station(vertex) as station:
        run = _make_run(station)
        worker = station.start_worker()
        for kill in range(1, KILLS + 1):
            ended = kill * ASSETS // (KILLS + 1)

            def so_far(ended: int = ended) -> bool:
                return _now(station, run).pending <= ASSETS - ended

            wait_for(so_far, 120 + 20 * ideal_s, f"finding {ended}", 0.1)
            worker.kill()
            worker.wait()
            pause(0.2)
            worker = station.start_worker()
        wait_for(lambda: _now(station, run).pending == 0, 120 + 20 * ideal_s, "the run's end", 0.25)
        found = _findings(station, run)
        told = vertex.told()
        healthy = not station.database.integrity_check()
    states = Counter(finding.state for finding in found)
    arrived: Mapping[str, list[int]] = told["arrived_ns"]  # type: ignore[assignment]
    wrong, calls = asked_wrongly(found, arrived, ASSETS), sum(map(len, arrived.values()))
    shares = ", ".join(f"{share:.0%} {name}" for name, share in RATES.items())
    how = (
        f"assets lost, twice, failed without a word or asked again once they had their finding, of {ASSETS:,}, with "
        f"{shares} and {KILLS} kill -9 of the worker: {states[FindingState.COMPLETED]:,} completed, "
        f"{states[FindingState.FAILED]:,} told failures, {calls:,} calls, database "
        f"{'whole' if healthy else 'DAMAGED'}"
    )
    return Claim("analyze faults", float(len(wrong)), None, None, "0", healthy and not wrong, how)
