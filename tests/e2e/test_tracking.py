"""Tracking's messages by its two doors: a create is run to its end, and a cancel stops the work itself."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.api_token import read_or_create
from core.paths import DataFolder
from resources import resource
from tests.cli.command import trackshift
from tests.e2e.api_worker import api_worker, wait_for
from tests.real.child import free_port

CLIP = str(resource("demo/Pit_1_left.mp4"))


@pytest.mark.timeout(180)
def test_a_create_runs_a_tracking_to_its_end_and_a_cancel_stops_its_child_within_two_seconds(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    folder = DataFolder(data)
    with api_worker(data, port):
        token = read_or_create(folder)

        def ask(path: str, message: object = None) -> dict[str, Any]:
            body = None if message is None else json.dumps(message).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body)
            request.add_header("Authorization", f"Bearer {token}")
            request.add_header("Content-Type", "application/json")
            with urllib.request.urlopen(request, timeout=30) as answer:
                document = json.loads(answer.read())
            assert isinstance(document, dict)
            return document

        short = {"path": CLIP, "video_limit": 3, "annotate": False, "tiles": False}
        ask("/tracking-jobs", {"action": "create", "task_id": "short", "tracking_params": short})
        wait_for(lambda: ask("/status/short")["end_time"] is not None, lambda: json.dumps(ask("/status/short")))
        [product] = ask("/status/short?include_products=true")["products"]
        assert (product["status"], product["result"]["frames"]) == ("completed", 3), product
        assert {file["name"] for file in product["files"]} == {"tracks.txt", "tracks.json", "tracks.parquet"}

        message = {"action": "create", "task_id": "long", "tracking_params": {"path": CLIP, "tiles": True}}
        submitted = trackshift(data, "--json", "jobs", "submit", "-", stdin=json.dumps(message))
        job_id = submitted.document["job"]
        checkpoint = folder.checkpoints / f"{job_id}-0.jsonl"
        wait_for(
            lambda: checkpoint.exists() and checkpoint.stat().st_size > 1000, lambda: json.dumps(ask("/status/long"))
        )
        working = _working_child()
        assert working is not None
        ask("/tracking-jobs", {"action": "cancel", "task_id": "long"})
        began_s = time.monotonic()
        psutil.wait_procs([working], timeout=5)
        assert not working.is_running() and time.monotonic() - began_s < 2
        assert ask("/status/long")["status"] == "cancelled"
        wait_for(lambda: not checkpoint.exists(), lambda: "the checkpoint of a cancelled job stays")
    assert [path for path in (folder.results / job_id).rglob("*") if path.is_file()] == []


def _working_child() -> psutil.Process | None:
    """The computing child below the worker that this test started: it has the clip open."""
    for child in psutil.Process().children(recursive=True):
        try:
            if any(file.path == CLIP for file in child.open_files()):
                return child
        except psutil.Error:
            continue  # it ended
    return None
