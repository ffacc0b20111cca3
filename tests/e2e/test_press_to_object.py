"""From a live camera to a verified object by the installed command; camera and bucket are not of our making."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command import trackshift
from tests.real.rtsp_server import RtspServer
from tests.real.s3_server import S3Server


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    trackshift(tmp_path / "data", "worker", "--stop")


def _span_s(clip: str) -> float:
    """The clip's length as ffprobe reads it, from the packets' times."""
    asked = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "packet=pts_time",
        "-of",
        "json",
        clip,
    ]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout)
    times = sorted(float(packet["pts_time"]) for packet in told["packets"])
    return times[-1] - times[0]


@pytest.mark.timeout(180)
def test_a_press_becomes_a_file_a_row_and_a_verified_object(
    data: Path, make_rtsp_server: Callable[..., RtspServer], make_s3_server: Callable[..., S3Server]
) -> None:
    camera, store = make_rtsp_server(auth="digest"), make_s3_server("nanio")
    environment = {
        "STORAGE__ENDPOINT": store.endpoint,
        "STORAGE__ACCESS_KEY": store.access_key,
        "STORAGE__SECRET_KEY": store.secret_key,
        "STORAGE__SECURE": "false",
    }

    def run(*argv: str, stdin: str = "") -> dict[str, object]:
        done = trackshift(data, "--json", *argv, stdin=stdin, environment=environment)
        assert done.code == 0, done.stdout + done.stderr
        assert camera.password not in done.stdout + done.stderr
        return done.document

    login = ("--user", camera.user, "--password-stdin")
    run("camera", "add", "Haas_Pit_1", "--url", camera.url(), *login, stdin=f"{camera.password}\n")
    frames = run(
        "capture", "Haas_Pit_1", "--mode", "single_frame", "--meta", '{"location": "Box 4", "lap": 12}', "--wait"
    )
    # By now the ring may not reach five seconds back: wait for it, as an operator at a live wall would have.
    wait = run("capture", "Haas_Pit_1", "--mode", "interval", "--fps", "1", "--duration", "6", "--wait")
    assert len(wait["frames"]) == 6  # type: ignore[arg-type]
    clips = run("capture", "Haas_Pit_1", "--mode", "clip", "--pre", "5", "--post", "2", "--wait")
    assert clips["gaps"] == []
    synced = run("sync", "now")
    assert synced["safe_to_leave"] is True

    frame, clip = frames["frames"][0], clips["clips"][0]  # type: ignore[index]
    assert (frame["location"], frame["meta"]) == ("Box 4", {"lap": 12})
    for item in (frame, clip):
        local = Path(item["path"]).read_bytes()
        assert store.read(item["object_key"]) == local
        assert hashlib.sha256(local).hexdigest() == item["sha256"]
        assert item["uncertainty_ns"] > 0
    keyframe_interval_s, picture_s = 1.0, 1 / 25
    assert 7.0 - 2 * picture_s <= _span_s(clip["path"]) <= 7.0 + keyframe_interval_s + 2 * picture_s
    logged = "".join(file.read_text(errors="replace") for file in (data / "logs").iterdir())
    assert camera.password not in logged
    assert trackshift(data, "worker", "--stop").code == 0
    assert trackshift(data, "fsck").code == 0
