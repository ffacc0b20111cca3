"""The README's lines for the local API, run as they are printed against a real worker and a real camera."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.command import COMMAND, trackshift
from tests.e2e.api_worker import answers, api_worker, wait_for
from tests.real.rtsp_server import RtspServer

README = Path(__file__).parents[2] / "README.md"
PORT = 8000

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def printed_lines() -> list[list[str]]:
    """The words of each line of the README's block, as a shell splits them."""
    section = README.read_text(encoding="utf-8").partition("\n## The local API\n")[2].partition("\n## ")[0]
    block = re.search(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert block is not None
    return [shlex.split(line) for line in block[1].splitlines()]


class Terminal:
    """Runs a line in one folder, with the station's data folder in the environment; no shell."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def run(self, words: list[str]) -> str:
        program = str(COMMAND) if words[0] == "trackshift" else words[0]
        done = subprocess.run(
            [program, *words[1:]], cwd=self._folder, env=self._environment, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode()


@pytest.fixture
def terminal(tmp_path: Path, make_rtsp_server: Callable[..., RtspServer]) -> Iterator[Terminal]:
    """In a folder with stop.jpg; a worker with the API on has the camera Haas_Pit_1."""
    if answers(PORT):
        pytest.skip(f"another program answers at port {PORT}")
    data = tmp_path / "data"
    assert trackshift(data, "camera", "add", "Haas_Pit_1", "--url", make_rtsp_server().url()).code == 0
    Image.effect_noise((320, 240), 60).convert("RGB").save(tmp_path / "stop.jpg")
    with api_worker(data, PORT) as environment:
        yield Terminal(tmp_path, environment)


@pytest.mark.timeout(240)
def test_the_readmes_curl_lines_do_what_they_say_as_printed(terminal: Terminal) -> None:
    header, upload, rtsp, status, listing, cancel, health, metrics = printed_lines()
    terminal.run(header)
    uploaded = json.loads(terminal.run(upload))
    assert (uploaded["status"], uploaded["files"][0]["filename"]) == ("accepted", "stop.jpg")
    accepted = json.loads(terminal.run(rtsp))
    assert (accepted["status"], accepted["camera_id"]) == ("accepted", "Haas_Pit_1")

    def told() -> dict[str, object]:
        document = json.loads(terminal.run(status))
        assert isinstance(document, dict)
        return document

    wait_for(lambda: told()["status"] == "processing", lambda: json.dumps(told()))
    stint = told()
    assert (stint["process_id"], stint["task_id"]) == (accepted["process_id"], "stint-3")
    assert [product["id"] for product in stint["products"]] == [stint["process_id"]]  # type: ignore[attr-defined]
    listed = json.loads(terminal.run(listing))
    assert stint["process_id"] in [process["process_id"] for process in listed["processes"]]
    assert json.loads(terminal.run(cancel))["process"]["status"] == "cancelled"
    assert told()["status"] == "cancelled"
    checks = json.loads(terminal.run(health))
    assert checks["status"] in ("healthy", "degraded"), checks

    report = ["curl", "-H", "@api.header", uploaded["report_url"]]
    wait_for(lambda: json.loads(terminal.run(report))["status"] == "completed", lambda: terminal.run(report))
    (item,) = json.loads(terminal.run(report))["items"]
    assert (item["original_filename"], item["location"]) == ("stop.jpg", "Box 4")
    counted = terminal.run(metrics)
    for name in ("ingestion_requests_total", "ingestion_frames_total", "ingestion_request_duration_seconds"):
        assert name in counted


def test_no_printed_line_needs_a_shell_or_shows_the_token() -> None:
    for words in printed_lines():
        assert words[0] in ("trackshift", "curl")
        assert not re.search(r"[$`|<>;]|Bearer", " ".join(words)), words
