"""A batch with one broken item: the rest of it is done, and API and CSV say that one product failed."""

import csv
import json
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.api_token import read_or_create
from core.paths import DataFolder
from tests.cli.command import trackshift
from tests.e2e.api_worker import api_worker, wait_for


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _form(files: dict[str, bytes]) -> tuple[bytes, str]:
    """multipart/form-data with the camera and the files."""
    bound = b"--bound\r\n"
    parts = [b'Content-Disposition: form-data; name="camera_id"\r\n\r\nHaas_Pit_1\r\n']
    for name, content in files.items():
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return bound + bound.join(parts) + b"--bound--\r\n", "multipart/form-data; boundary=bound"


@pytest.mark.timeout(180)
def test_a_batch_with_one_broken_item_ends_completed_and_api_and_csv_say_one_product_failed(tmp_path: Path) -> None:
    data, port = tmp_path / "data", _free_port()
    assert trackshift(data, "camera", "add", "Haas_Pit_1", "--url", "rtsp://127.0.0.1:9/x").code == 0
    files: dict[str, bytes] = {}
    for name in ("a.png", "b.png", "c.png"):
        Image.effect_noise((320, 240), 60).save(tmp_path / name)
        files[name] = (tmp_path / name).read_bytes()
    files["b.png"] = files["b.png"][: len(files["b.png"]) // 2]

    with api_worker(data, port):
        token = read_or_create(DataFolder(data))

        def ask(path: str, body: bytes | None = None, kind: str = "") -> bytes:
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body)
            request.add_header("Authorization", f"Bearer {token}")
            if body is not None:
                request.add_header("Content-Type", kind)
            with urllib.request.urlopen(request, timeout=30) as answer:
                read = answer.read()
            assert isinstance(read, bytes)
            return read

        accepted = json.loads(ask("/api/v1/ingest/upload", *_form(files)))
        path = f"/status/{accepted['request_id']}?include_products=true"

        def status() -> dict[str, Any]:
            document = json.loads(ask(path))
            assert isinstance(document, dict)
            return document

        wait_for(lambda: status()["end_time"] is not None, lambda: json.dumps(status()))
        ended = status()
        assert ended["status"] == "completed", ended
        assert (ended["products_processed"], ended["products_failed"], ended["progress"]) == (2, 1, 100)
        states = [product["status"] for product in ended["products"]]
        assert states == ["completed", "failed", "completed"]
        assert "b.png" in ended["products"][1]["error"]
        listed = ask(ended["csv_url"].removeprefix(f"http://127.0.0.1:{port}")).decode()
        assert [row["status"] for row in csv.DictReader(listed.splitlines())] == states

    assert trackshift(data, "jobs", "export", "--out", str(tmp_path / "jobs.csv")).code == 0
    with open(tmp_path / "jobs.csv", encoding="utf-8", newline="") as opened:
        rows = {row["id"]: row for row in csv.DictReader(opened)}
    row = rows[ended["process_id"]]
    assert (row["state"], row["products_processed"], row["products_failed"]) == ("completed", "2", "1")
    assert trackshift(data, "jobs", "watch", ended["process_id"]).code == 3
