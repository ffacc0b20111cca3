"""The command line itself: options anywhere, errors as documents, exit codes."""

import json
from pathlib import Path

import pytest

from cli.main import main
from core.camera import CameraFound, CameraState, CameraStatus, ClockSource
from core.paths import DataFolder
from core.store import cameras
from core.store.database import open_database
from tests.cli.documented import differences, documented


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_global_options_may_stand_before_or_after_the_subcommand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(tmp_path / "data")
    before = _run(capsys, "--data", data, "--json", "camera", "list")
    after = _run(capsys, "camera", "list", "--json", "--data", data)
    assert before == after
    assert json.loads(before[1]) == {"cameras": []}


def test_the_data_folder_may_come_from_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKSHIFT_DATA", str(tmp_path / "elsewhere"))
    assert _run(capsys, "jobs", "list")[0] == 0
    assert (tmp_path / "elsewhere" / "station.db").exists()


@pytest.mark.parametrize(
    "argv",
    [
        ["capture"],
        ["no-such-thing"],
        ["capture", "Pit_1", "--mode", "event"],
        ["jobs", "list", "--limit", "0"],
        ["camera", "add", "Pit_1", "--url", "rtsp://127.0.0.1/x", "--user", "u"],
        ["capture", "Pit_1", "--count", "0", "--mode", "burst"],
        ["capture", "Pit_1", "--meta", "{"],
        ["capture", "Pit_1", "--meta", '{"exposure": -1}'],
        ["capture", "Pit_1", "--at", "yesterday"],
        ["import", "/no/such/file", "--camera", "Pit_1"],
    ],
)
def test_a_wrong_command_line_is_told_as_one_document_and_ends_with_2(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = _run(capsys, "--data", str(tmp_path), *argv, "--json")
    assert code == 2
    assert not differences(documented("error"), json.loads(out))
    assert json.loads(out)["hint"]


def test_without_json_an_error_goes_to_stderr_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "--data", str(tmp_path), "capture", "Pit_9")
    assert (code, out) == (1, "")
    assert "Pit_9" in err


def test_a_capture_of_an_unknown_camera_queues_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--json"]
    code, out, _ = _run(capsys, *data, "capture", "Pit_9", "--mode", "clip")
    assert (code, json.loads(out)["error"]) == (1, "camera_unknown")
    assert json.loads(_run(capsys, *data, "jobs", "list")[1])["jobs"] == []


def test_a_login_in_a_url_is_split_off_and_shown_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--json"]
    code, out, _ = _run(capsys, *data, "camera", "add", "Pit_1", "--url", "rtsp://op:s3cret@127.0.0.1:9/x")
    assert code == 0
    assert json.loads(out)["url"] == "rtsp://127.0.0.1:9/x"
    shown = _run(capsys, *data, "camera", "list")[1]
    assert "s3cret" not in shown
    assert all(b"s3cret" not in file.read_bytes() for file in tmp_path.glob("station.db*"))


def test_camera_ids_that_differ_only_by_case_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--json"]
    assert _run(capsys, *data, "camera", "add", "Pit_1", "--url", "rtsp://127.0.0.1:9/x")[0] == 0
    code, out, _ = _run(capsys, *data, "camera", "add", "pit_1", "--url", "rtsp://127.0.0.1:9/y")
    assert code in (1, 2)
    assert "it_1" in json.loads(out)["message"]


def test_a_live_camera_is_not_connected_to_twice_only_to_be_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens at its address: what answers is its feed."""
    data, url = ["--data", str(tmp_path), "--json"], "rtsp://127.0.0.1:9/x"
    assert _run(capsys, *data, "camera", "add", "Pit_1", "--url", url)[0] == 0
    found = CameraFound("h264", 1280, 720, 25.0, 1.0, ClockSource.RTCP)
    database = open_database(DataFolder(tmp_path))
    with database.write() as tx:
        cameras.report(tx, CameraStatus("Pit_1", CameraState.LIVE, found=found))
    database.close()
    for asked in ([], ["--url", url]):
        code, out, _ = _run(capsys, *data, "camera", "test", "pit_1", *asked)
        assert (code, json.loads(out)["width"]) == (0, 1280)
    assert _run(capsys, *data, "camera", "test", "Pit_1", "--url", f"{url}/other")[0] == 1


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    code, out, _ = _run(capsys, "--data", str(tmp_path / "file"), "--json", "jobs", "list")
    assert (code, json.loads(out)["error"]) == (1, "data_folder_unwritable")


def test_a_clip_without_a_post_roll_takes_the_one_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTURE__POST_ROLL_S", "7.5")
    data = ["--data", str(tmp_path), "--json"]
    assert _run(capsys, *data, "camera", "add", "Pit_1", "--url", "rtsp://127.0.0.1:9/x")[0] == 0
    for asked, post_s in (([], 7.5), (["--post", "1"], 1.0)):
        job = json.loads(_run(capsys, *data, "capture", "Pit_1", "--mode", "clip", *asked)[1])["job"]
        assert json.loads(_run(capsys, *data, "jobs", "show", job)[1])["params"]["post_s"] == post_s


def test_an_event_capture_needs_a_pit_box_and_says_where_to_draw_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, watch = ["--data", str(tmp_path), "--json"], ["capture", "Pit_1", "--mode", "event_driven"]
    assert _run(capsys, *data, "camera", "add", "Pit_1", "--url", "rtsp://127.0.0.1:9/x")[0] == 0
    code, out, _ = _run(capsys, *data, *watch)
    assert (code, json.loads(out)["error"]) == (1, "no_pit_box") and "Pit box" in json.loads(out)["hint"]
    assert _run(capsys, *data, "camera", "box", "Pit_1", "--points", "0.1,0.1", "0.9,0.1", "0.9,0.9")[0] == 0
    job = json.loads(_run(capsys, *data, *watch, "--duration", "60")[1])["job"]
    params = json.loads(_run(capsys, *data, "jobs", "show", job)[1])["params"]
    assert (params["mode"], params["duration_s"]) == ("event_driven", 60.0)
