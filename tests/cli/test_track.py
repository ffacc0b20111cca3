"""`trackshift track` and `models` on their own: no worker, no data folder, and the shapes that docs/cli.md shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from resources import resource
from tests.cli.command import trackshift
from tests.cli.documented import differences, documented
from tests.workers.vision.tiny_model import SIDECAR, save_clip, save_tiny, walking


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any]]:
    code = main([*argv, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return code, document


def test_a_clip_is_tracked_by_the_installed_command_without_a_data_folder(tmp_path: Path) -> None:
    clip, data = str(resource("demo/Pit_1_left.mp4")), tmp_path / "data"
    done = trackshift(data, "--json", "track", clip, "--out", str(tmp_path / "out"), "--limit", "13", "--no-clip")
    assert done.code == 0, done.stderr
    assert differences(documented("track"), done.document) == []
    assert done.document["tracks"] and done.document["frames"] == 13
    assert {track["class"] for track in done.document["tracks"]} <= {"person", "vehicle", "bicycle"}
    lines = (tmp_path / "out" / "tracks.txt").read_text().splitlines()
    assert len(lines) == sum(track["frames"] for track in done.document["tracks"])
    assert not data.exists()


def test_zones_are_named_in_px_and_a_clip_without_tracks_is_exit_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = str(save_tiny(tmp_path))
    clip = save_clip(tmp_path / "clip.mp4", 16, walking)
    zones = ("--zone", "right=160,0,160,128", "--zone", "left=0,0 160,0 160,128 0,128")
    code, document = run(capsys, "track", str(clip), "--model", model, "--tiles", "off", *zones)
    assert code == 0
    assert not differences(documented("track --zone"), document["zones"][0])
    assert [zone["name"] for zone in document["zones"]] == ["right", "left"]
    assert [zone["entries"] for zone in document["zones"]] == [1, 1]
    empty = save_clip(tmp_path / "empty.mp4", 5, lambda number: [])
    code, document = run(capsys, "track", str(empty), "--model", model)
    assert (code, document["tracks"], document["zones"], document["files"]) == (0, [], [], {})


@pytest.mark.parametrize(
    "argv, code, error",
    [
        (["nowhere.mp4"], 1, "media_unreadable"),
        (["CLIP", "--model", "other"], 1, "model_unusable"),
        (["CLIP", "--zone", "1,2,3"], 2, "usage_error"),
        (["CLIP", "--zone", "box=a,b"], 2, "usage_error"),
        (["CLIP", "--high", "2"], 2, "usage_error"),
        (["CLIP", "--detect-every", "0"], 2, "usage_error"),
        (["CLIP", "--out", "CLIP"], 2, "usage_error"),
    ],
)
def test_what_can_not_be_tracked_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str], code: int, error: str
) -> None:
    clip = str(save_clip(tmp_path / "clip.mp4", 2, walking))
    model = [] if "--model" in argv else ["--model", str(save_tiny(tmp_path))]
    told, document = run(capsys, "track", *[clip if word == "CLIP" else word for word in argv], *model)
    assert (told, document["error"]) == (code, error), document


def test_a_detector_of_ones_own_is_tried_taken_in_and_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path / "data"))
    code, document = run(capsys, "models", "import", str(save_tiny(tmp_path)), "--name", "squares", *data)
    assert code == 0 and not differences(documented("models import"), document)
    save_tiny(tmp_path / "data" / "models", "bad", "decoder = 1")
    code, document = run(capsys, "models", "list", *data)
    assert code == 0 and not differences(documented("models list"), document)
    assert [model["name"] for model in document["models"]] == ["ssd_mobilenet_v2_oid", "squares"]
    assert [broken["error"] for broken in document["broken"]] == ["model_unusable"]
    wrong = save_tiny(tmp_path, "wrong", SIDECAR.replace("centernet", "yolov8"))
    code, document = run(capsys, "models", "import", str(wrong), *data)
    assert (code, document["error"]) == (1, "model_unusable")
