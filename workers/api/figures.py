"""The metrics: what the API counted itself, and what the database says at each scrape."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.camera import CameraState
from core.job import JobKind
from core.store import cameras, figures
from core.store.database import Database
from core.upload import UploadState

_INGEST = {"/api/v1/ingest/upload": "upload", "/api/v1/ingest/rtsp": "rtsp"}


class Figures:
    """One registry a server; `seen` is told of each request, `text` is what Prometheus scrapes."""

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "api_requests", "Requests to the local API.", ["method", "status"], registry=self._registry
        )
        self._ingests = Counter(
            "ingestion_requests", "Requests to take frames in.", ["source", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "ingestion_request_duration_seconds",
            "From a request to take frames in to its answer.",
            ["source"],
            registry=self._registry,
        )
        for source in _INGEST.values():
            self._seconds.labels(source)
        self._registry.register(_FromDatabase(database))

    def seen(self, method: str, path: str, status: int, seconds: float) -> None:
        self._requests.labels(method if method in ("GET", "HEAD", "POST") else "other", str(status)).inc()
        source = _INGEST.get(path)
        if source is not None and method == "POST":
            self._ingests.labels(source, str(status)).inc()
            self._seconds.labels(source).observe(seconds)

    def text(self) -> bytes:
        """In the exposition format. Raises DatabaseBusy."""
        return generate_latest(self._registry)


class _FromDatabase(Collector):
    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        """Nothing, or the registry would ask the database for the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        now_ns = time.time_ns()
        with self._database.read() as tx:
            frames, clips = figures.items_made(tx)
            by_kind = figures.jobs_by_kind_and_state(tx)
            oldest = {kind: figures.oldest_ready_ns(tx, kind) for kind in JobKind}
            uploads = figures.uploads_by_state(tx)
            statuses = cameras.statuses(tx)
        yield _counter("ingestion_frames", "Frames captured and imported.", frames)
        yield _counter("ingestion_clips", "Clips captured and imported.", clips)
        jobs = GaugeMetricFamily("jobs", "Jobs in the database; batches are not counted.", labels=["kind", "state"])
        for (kind, state), number in by_kind.items():
            jobs.add_metric([str(kind), str(state)], number)
        yield jobs
        age = GaugeMetricFamily(
            "job_queue_age_seconds", "How long the oldest job waits that could start.", labels=["kind"]
        )
        for kind, made_ns in oldest.items():
            age.add_metric([str(kind)], 0.0 if made_ns is None else max(now_ns - made_ns, 0) / 1e9)
        yield age
        files = GaugeMetricFamily("uploads", "Files on their way to object storage.", labels=["state"])
        for upload_state, (number, _) in uploads.items():
            files.add_metric([str(upload_state)], number)
        yield files
        sent = uploads[UploadState.VERIFIED][1]
        yield _counter("uploads_sent_bytes", "Bytes whose copy in object storage is verified.", sent)
        fps = GaugeMetricFamily("camera_fps", "Pictures a second that arrive.", labels=["camera_id"])
        silence = GaugeMetricFamily("camera_packet_age_seconds", "Since the last packet.", labels=["camera_id"])
        live = GaugeMetricFamily("camera_live", "1 if the camera's feed is live.", labels=["camera_id"])
        for status in statuses:
            fps.add_metric([status.camera_id], status.fps)
            live.add_metric([status.camera_id], float(status.state is CameraState.LIVE))
            if status.last_packet_ns is not None:
                silence.add_metric([status.camera_id], max(now_ns - status.last_packet_ns, 0) / 1e9)
        yield from (fps, silence, live)


def _counter(name: str, words: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, words, value=value)
