import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.alert import AlertKind
from core.camera import CameraState, CameraStatus
from core.credentials import Credentials
from core.store import alerts, cameras
from tests.workers.api.running_api import Api, is_refused, running_api
from tests.workers.station_parts import CAMERA, StationParts
from workers.api.events import WATCHERS_MOST
from workers.health import Check, Health, Verdict, check_station

PARTS = {"database", "storage", "cameras", "disk", "worker"}


def test_health_asks_each_part_and_says_how_long_it_took(api: Api):
    told = api.get("/health").json()
    assert told["checks"].keys() == PARTS
    assert all(check["ms"] >= 0 and check["message"] for check in told["checks"].values())
    assert told["status"] == "degraded", "no store is set"


def test_the_doctor_prints_the_same_parts(station: StationParts, api: Api):
    told = api.get("/health").json()["checks"]
    checks = {check.name: check for check in check_station(station.folder)}
    assert checks.keys() >= PARTS
    for name in PARTS - {"disk"}:
        assert checks[name].message == told[name]["message"]


def test_a_part_that_hangs_costs_its_deadline_and_one_thread_however_often_it_is_asked(
    station: StationParts, monkeypatch: pytest.MonkeyPatch
):
    release = threading.Event()

    def hangs(*_: object) -> Check:
        release.wait(30)
        return Check("", Verdict.OK, "awake")

    monkeypatch.setattr("workers.health._storage", hangs)
    monkeypatch.setattr("workers.health.PARTS_DEADLINE_S", 0.3)
    before = threading.active_count()
    with running_api(station) as api:
        for _ in range(3):
            answer = api.get("/health")
            checks = answer.json()["checks"]
            assert answer.status_code == 200 and checks["storage"]["message"].startswith("no answer within")
            assert checks["database"]["status"] == "healthy"
        asking = [thread for thread in threading.enumerate() if thread.name == "health-storage"]
        assert len(asking) == 1 and threading.active_count() < before + 60
        release.set()
        asking[0].join(5)


@pytest.mark.allow_warnings
def test_a_part_without_which_nothing_works_is_503(station: StationParts, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> Check:
        raise ZeroDivisionError

    monkeypatch.setattr("workers.health._database", broken)
    with running_api(station) as api:
        answer = api.get("/health")
        assert answer.status_code == 503 and answer.json()["status"] == "unhealthy"
        assert answer.json()["checks"]["database"]["status"] == "unhealthy"


def test_an_answer_serves_all_who_ask_within_a_second(station: StationParts, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def counted(*_: object) -> Check:
        asked.append(1)
        return Check("", Verdict.OK, "fine")

    monkeypatch.setattr("workers.health._storage", counted)
    health = Health(station.folder, station.database, Credentials(station.folder), lambda: station.settings)
    for _ in range(5):
        health.check()
    assert len(asked) == 1


def metrics_of(api: Api) -> dict[str, dict[tuple[str, ...], float]]:
    text = api.get("/metrics").text
    return {
        sample.name: {
            tuple(other.labels.values()): other.value for other in family.samples if other.name == sample.name
        }
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_move_with_what_happens(api: Api, station: StationParts):
    before = metrics_of(api)
    assert before["ingestion_frames_total"] == {(): 0.0}
    assert before["jobs"]["capture", "pending"] == 0
    station.captured()
    asked = {"camera_id": CAMERA}
    assert api.post("/api/v1/ingest/rtsp", json=asked).status_code == 202
    assert api.post("/api/v1/ingest/rtsp", json={}).status_code == 422
    with station.database.write() as tx:
        cameras.report(
            tx, CameraStatus(CAMERA, CameraState.LIVE, since_ns=1, fps=24.9, last_packet_ns=tx.now_ns - 10**9)
        )
    after = metrics_of(api)
    assert after["ingestion_frames_total"] == {(): 1.0}
    assert after["ingestion_requests_total"]["rtsp", "202"] == 1
    assert after["ingestion_requests_total"]["rtsp", "422"] == 1
    assert after["ingestion_request_duration_seconds_count"]["rtsp",] == 2
    assert after["jobs"]["capture", "pending"] == 1
    assert 0 < after["job_queue_age_seconds"]["capture",] < 60
    assert after["uploads"]["waiting",] == 1 and after["uploads_sent_bytes_total"] == {(): 0.0}
    assert after["camera_fps"][CAMERA,] == pytest.approx(24.9)
    assert 1 <= after["camera_packet_age_seconds"][CAMERA,] < 60


def told_by(lines: Iterator[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(revision, name, document) of each event."""
    event: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif "data" in event:
            yield int(event["id"]), event["event"], json.loads(event["data"])
            event = {}


def test_events_tell_jobs_cameras_and_alerts_in_the_order_they_changed(api: Api, station: StationParts):
    with api.known.stream("GET", "/events") as stream:
        events = told_by(stream.iter_lines())
        revision, name, _ = next(events)
        assert name == "ready" and stream.headers["Content-Type"].startswith("text/event-stream")
        job = station.enqueue()
        with station.database.write() as tx:
            cameras.report(tx, CameraStatus(CAMERA, CameraState.LIVE, fps=25.0))
        with station.database.write() as tx:
            alerts.raise_alert(tx, AlertKind.CAMERA_LOST, CAMERA, "It is lost", "Look at it")
        station.cancel(job.id)
        got: list[tuple[int, str, dict[str, Any]]] = []
        while not got or got[-1][2].get("status") != "cancelled":
            got.append(next(events))
        revisions = [revision, *(number for number, _, _ in got)]
        assert revisions == sorted(revisions)
        assert {name for _, name, _ in got} == {"job", "camera", "alert"}
        assert got[-1][2]["process_id"] == job.id


def test_a_watcher_that_comes_back_misses_nothing(api: Api, station: StationParts):
    with api.known.stream("GET", "/events") as stream:
        seen, _, _ = next(told_by(stream.iter_lines()))
    made = [station.enqueue().id for _ in range(3)]
    with api.known.stream("GET", "/events", headers={"Last-Event-ID": str(seen)}) as stream:
        events = told_by(stream.iter_lines())
        assert next(events)[1] == "ready"
        assert [next(events)[2]["process_id"] for _ in range(3)] == made


def test_more_changes_than_fit_at_once_are_all_told(api: Api, station: StationParts):
    made = [station.enqueue().id for _ in range(430)]
    with api.known.stream("GET", "/events?since=0") as stream:
        told = []
        for _, name, document in told_by(stream.iter_lines()):
            told += [document["process_id"]] if name == "job" else []
            if len(told) == 430:
                break
    assert told == made


def test_no_more_may_watch_than_it_can_serve(api: Api):
    watched = []
    with ExitStack() as stack:
        for _ in range(WATCHERS_MOST):
            stream = stack.enter_context(api.known.stream("GET", "/events"))
            watched.append(stream.iter_lines())
            next(watched[-1])
        assert is_refused(api.get("/events"), 429, "too_many_watchers")


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=9223372036854775808"])
def test_a_revision_that_is_none_is_refused(api: Api, query: str):
    assert is_refused(api.get(f"/events?{query}"), 422, "invalid")
