"""docs/cli.md against the truth: each documented command is run, and its document has the keys and types shown."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.command import Done
from tests.cli.conftest import Queue
from tests.cli.documented import differences, documented
from tests.real.rtsp_server import RtspServer

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command in this process; tests/e2e runs the installed one."""
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("STORAGE__KIND", "folder")
    monkeypatch.setenv("STORAGE__FOLDER", str(tmp_path / "store"))

    def run(*argv: str) -> Done:
        code = main(["--data", str(tmp_path / "data"), "--json", *argv])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    yield run
    run("worker", "--stop")


def _holds(name: str, done: Done, code: int = 0) -> Done:
    assert done.code == code, done.stdout + done.stderr
    found = differences(documented(name), done.document)
    assert not found, "\n".join(found)
    return done


@pytest.mark.timeout(180)
def test_every_documented_shape_is_what_the_command_prints(
    run: Run, tmp_path: Path, make_rtsp_server: Callable[..., RtspServer]
) -> None:
    server = make_rtsp_server()
    _holds("camera add", run("camera", "add", "Pit_1", "--url", server.url()))
    _holds("camera test", run("camera", "test", "Pit_1"))
    frame = _holds("capture --wait", run("capture", "Pit_1", "--mode", "single_frame", "--wait")).document["frames"][0]
    clip = run("capture", "Pit_1", "--mode", "clip", "--pre", "60", "--post", "1", "--wait")
    assert clip.code == 3, "a pre-roll longer than the ring is told as a gap, and ends with 3"
    _holds("capture --wait", clip, code=3)
    assert not differences(documented("gap"), clip.document["gaps"][0])
    assert set(clip.document["clips"][0]) == set(frame) | set(documented("clip"))  # type: ignore[call-overload]
    _holds("camera list", run("camera", "list"))
    (tmp_path / "notes.jpg").write_text("no picture")
    imported = run("import", frame["path"], str(tmp_path / "notes.jpg"), "--camera", "Pit_1", "--wait")
    _holds("import --wait", imported, code=3)
    assert imported.document["duplicates"]
    assert imported.document["failed"]
    queued = _holds("capture", run("capture", "Pit_1")).document["job"]
    listed = _holds("jobs list", run("jobs", "list"))
    shown = run("jobs", "show", queued)
    assert set(shown.document) == set(listed.document["jobs"][0]) | {"frames", "clips", "gaps", "results"}
    watched = _holds("jobs watch", run("jobs", "watch", queued)).document["jobs"]
    assert not differences(documented("jobs list"), {"jobs": watched, "next": None})
    _holds("sync status", run("sync", "now"))
    _holds("sync status", run("sync", "pause"))
    _holds("sync status", run("sync", "resume"))
    _holds("doctor", run("doctor"))
    _holds("worker --stop", run("worker", "--stop"))
    _holds("fsck", run("fsck"))
    _holds("camera remove", run("camera", "remove", "Pit_1"))
    _holds("error", run("jobs", "show", "nowhere"), code=1)


def test_every_documented_shape_of_the_queue_is_what_the_command_prints(queue: Queue, tmp_path: Path) -> None:
    """None of these needs a worker."""

    def run(*argv: str) -> Done:
        code, document = queue.command(*argv)
        return Done(code, json.dumps(document), "")

    file = tmp_path / "message.json"
    file.write_text('{"action": "create", "task_id": "lap-12", "tracking_params": {"camera": "Pit_1"}}')
    made = _holds("jobs submit", run("jobs", "submit", str(file))).document["job"]
    listed = _holds("jobs list", run("jobs", "list")).document["jobs"]
    assert set(run("jobs", "next", made).document) == set(listed[0])
    _holds("jobs cancel --task-id", run("jobs", "cancel", "--task-id", "lap-12"))
    _holds("jobs cancel --task-id", run("jobs", "cancel", "--task-id", "lap-13"))
    _holds("jobs retry --all-failed", run("jobs", "retry", "--all-failed"))
    _holds("error", run("jobs", "retry", made), code=2)
    _holds("jobs export", run("jobs", "export", "--out", str(tmp_path / "jobs.csv")))
    _holds("jobs clean", run("jobs", "clean", "--older-than", "0"))
    _holds("jobs watch", run("jobs", "watch"))
    rect = _holds("camera box", run("camera", "box", "Pit_1", "--rect", "128,72,1024,576", "--size", "1280x720"))
    by_points = run("camera", "box", "pit_1", "--points", "0.1,0.1", "0.9,0.1", "0.9,0.9", "0.1,0.9")
    assert by_points.document["pit_box"] == rect.document["pit_box"] == [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
    _holds("error", run("camera", "box", "Pit_1", "--rect", "1,2,3"), code=2)
    _holds("error", run("camera", "box", "Pit_1", "--points", "0,0", "1,1", "1,0", "0,1"), code=2)
    assert run("camera", "box", "Pit_1", "--clear").document["pit_box"] is None
    _holds("error", run("camera", "box", "Pit_1", "--rect", "1,2,3,4"), code=2)
    _holds("api", run("api"))
    header = _holds("api", run("api", "--header", str(tmp_path / "api.header"))).document["header_file"]
    assert Path(header).read_text().startswith("Authorization: Bearer ")
    if os.name == "posix":
        assert Path(header).stat().st_mode & 0o077 == 0
    _holds("error", run("api", "--header", str(tmp_path / "no-folder" / "api.header")), code=2)
    added = _holds("schedules add", run("schedules", "add", "Morning", "--camera", "Pit_1", "--cron", "30 6 * * *"))
    id = added.document["id"]
    for action in ("disable", "enable", "run"):
        _holds("schedules add", run("schedules", action, id))
    listed = _holds("schedules list", run("schedules", "list")).document["schedules"]
    assert not differences(documented("schedules add"), listed[0])
    _holds("schedules remove", run("schedules", "remove", id))
    _holds("error", run("schedules", "run", id), code=1)
