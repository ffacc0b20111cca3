import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.api_token import read_or_create
from core.process import Role
from core.settings import save
from core.store import processes, stations
from tests.cli.documented import differences
from tests.conftest import eventually
from tests.real.child import free_port
from tests.workers.api.running_api import Api
from tests.workers.jobs.media_files import write_frame, write_half
from tests.workers.station_parts import CAMERA, StationParts
from workers.app import Mode, run_worker

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
BLOCKS = {
    name: json.loads(text) for name, text in re.findall(r"^```json (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}


def holds(name: str, answer: httpx.Response) -> None:
    """The answer has the shape that the page shows."""
    assert differences(shape(BLOCKS[name]), shape(answer.json())) == [], f"{name}: {answer.text}"


def shape(document: Any) -> Any:
    """Without the results of products, whose keys are the kind's own."""
    if isinstance(document, dict):
        return {key: {} if key == "result" and value else shape(value) for key, value in document.items()}
    return [shape(one) for one in document] if isinstance(document, list) else document


@pytest.fixture
def worker_api(station: StationParts) -> Iterator[Api]:
    """The API as the worker serves it, on a station without reachable cameras."""
    port = free_port()
    save(station.folder, {"api.enabled": True, "api.port": port})
    switch_s = sys.getswitchinterval()
    thread = threading.Thread(target=run_worker, args=(station.folder,), kwargs={"mode": Mode.FOREVER})
    thread.start()
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=20) as stranger, httpx.Client(base_url=url, timeout=20) as known:

        def answers() -> bool:
            try:
                return stranger.get("/").status_code == 200
            except httpx.TransportError:
                return False

        assert eventually(answers, 30)
        known.headers["Authorization"] = f"Bearer {read_or_create(station.folder)}"
        yield Api(port, known, stranger)
    with station.database.write() as tx:
        processes.ask_stop(tx, "the test ends")
    thread.join(20)
    assert not thread.is_alive()
    sys.setswitchinterval(switch_s)


def test_what_the_page_shows_is_what_is_answered(worker_api: Api, station: StationParts, tmp_path: Path):
    api = worker_api
    whole = write_frame(tmp_path / "a.jpg", 1)
    broken = write_half(tmp_path / "c.jpg", write_frame(tmp_path / "b.jpg", 2, (400, 300)))
    holds("root", api.stranger.get("/"))
    holds("health", api.get("/health"))
    holds("error", api.get("/status/7"))
    files = [("files", (path.name, path.read_bytes())) for path in (whole, broken)]
    sent = api.post("/api/v1/ingest/upload", data={"camera_id": CAMERA, "meta": '{"lap": 7}'}, files=files)
    holds("upload", sent)
    request_id, process_id = sent.json()["request_id"], sent.json()["process_id"]
    assert eventually(lambda: api.get(f"/status/{process_id}").json()["end_time"] is not None, 30)
    holds("status", api.get(f"/status/{process_id}?include_products=true"))
    assert api.get(f"/status/{request_id}").json()["products_failed"] == 1
    holds("ingest-status", api.get(f"/api/v1/ingest/status/{request_id}"))
    report = api.get(f"/api/v1/ingest/report/{request_id}")
    holds("ingest-report", report)
    [item] = report.json()["items"]
    assert (item["original_filename"], item["meta"]) == ("a.jpg", {"lap": 7})
    assert [failed["filename"] for failed in report.json()["failed_files"]] == ["c.jpg"]
    holds("list", api.get("/status"))
    holds("master", api.get(f"/master_task_status/{process_id}"))
    holds("active", api.get("/active_batch_processes"))
    holds("rtsp", api.post("/api/v1/ingest/rtsp", json=BLOCKS["rtsp-request"] | {"camera_id": "New_1"}))
    tracked = BLOCKS["tracking-request"] | {"tracking_params": {"camera": CAMERA}}
    holds("tracking", api.post("/tracking-jobs", json=tracked))
    job = api.post("/jobs/capture", json={**BLOCKS["job-request"], "params": {"camera_id": CAMERA, "mode": "burst"}})
    holds("tracking", job)
    holds("cancel", api.post(f"/cancel_batch_process/{job.json()['process']['process_id']}"))


def test_one_correlation_id_goes_from_the_request_to_the_job_s_lines_in_the_log(
    worker_api: Api, station: StationParts, tmp_path: Path
):
    frame = write_frame(tmp_path / "a.png")
    given = {"X-Request-ID": "lap-7.a"}
    sent = worker_api.post(
        "/api/v1/ingest/upload",
        data={"camera_id": CAMERA},
        files={"files": ("a.png", frame.read_bytes())},
        headers=given,
    )
    assert sent.json()["request_id"] == "lap-7.a"
    assert eventually(lambda: len(station.all_frames()) == 1, 20)
    assert station.all_frames()[0].request_id == "lap-7.a"

    def lines() -> set[str]:
        said = map(json.loads, (station.folder.logs / "worker.log").read_text("utf-8").splitlines())
        return {line["logger"] for line in said if line.get("correlation_id") == "lap-7.a"}

    assert eventually(lambda: lines() >= {"api", "runner"}, 10)


def test_switched_off_in_settings_it_is_gone_and_the_worker_stays(worker_api: Api, station: StationParts):
    save(station.folder, {"api.enabled": False})
    with station.database.write() as tx:
        stations.bump_settings(tx)

    def gone() -> bool:
        try:
            worker_api.stranger.get("/")
        except httpx.TransportError:
            return True
        return False

    assert eventually(gone, 10)
    with station.database.read() as reading:
        assert processes.present(reading, Role.WORKER)


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_that_describe_it_need_no_internet(api: Api, page: str):
    text = api.get(page).text
    linked = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert linked and all(link.startswith("/") for link in linked)
    assert all(api.get(link).status_code == 200 for link in linked)
    assert not re.search(r"https?://", text)


def test_the_document_names_every_route_and_that_all_but_the_root_need_the_token(api: Api):
    document = api.get("/openapi.json").json()
    for route in re.findall(r"^## `(?:GET|POST) (\S+)`", PAGE, re.MULTILINE):
        shape = re.sub(r"\{\w+\}", "{}", route)
        assert shape in {re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]}
    assert document["security"] == [{"token": []}] and document["paths"]["/"]["get"]["security"] == []
    assert "TrackingMessage" in document["components"]["schemas"]
