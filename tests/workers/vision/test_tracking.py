"""A clip is tracked by the times of its pictures, goes on where it stopped, and says what was in its zones."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.errors import MediaUnreadable
from core.media.picture_reader import PictureReader
from core.pit_box import PitBox
from tests.workers.vision.tiny_model import HEIGHT, WIDTH, save_clip, save_tiny, walking
from workers.vision.detector_models import DetectorModel, read_model
from workers.vision.track_files import write_all
from workers.vision.tracking import TrackReport, TrackSettings, track_clip
from workers.vision.zones import Zone

RIGHT_HALF = Zone("right", PitBox(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))))
UNEVEN = [0.0, 0.04, 0.1, 0.2, 0.24, 0.3, 0.34, 0.5, 0.54, 0.6, 0.7, 0.74, 0.8, 0.9, 1.0, 1.1]


@pytest.fixture
def model(tmp_path: Path) -> DetectorModel:
    return read_model(save_tiny(tmp_path))


def track(path: Path, model: DetectorModel, checkpoint: Path | None = None, **how: object) -> TrackReport:
    settings = TrackSettings(tiles=False, **how)  # type: ignore[arg-type]
    return track_clip(path, model, settings, checkpoint=checkpoint, threads=1)


def test_times_are_those_of_the_pictures_and_not_their_numbers(tmp_path: Path, model: DetectorModel):
    clip = save_clip(tmp_path / "clip.mp4", 16, walking, UNEVEN)
    report = track(clip, model, zones=(RIGHT_HALF,))
    tracks: Any = report.as_json({})["tracks"]
    [told] = tracks
    assert (told["class"], told["first_s"], told["frames"]) == ("square", 0.0, 15)
    assert told["last_s"] == pytest.approx(1.0, abs=0.001)
    [zone] = report.zones
    # Its middle is in the right half from column 8 on, at picture 6.
    [stay] = zone.stays
    assert stay.track == 1
    assert stay.enter_s == pytest.approx(0.5, abs=0.05)
    assert zone.as_json()["counts"] == {"square": 1}
    assert zone.stays[0].dwell_s == pytest.approx(0.5, abs=0.05)


def test_every_file_tells_the_same_boxes(tmp_path: Path, model: DetectorModel):
    clip = save_clip(tmp_path / "clip.mp4", 16, walking)
    report = track(clip, model, zones=(RIGHT_HALF,))
    files = write_all(report, clip, tmp_path, {"clip": "c1"})
    lines = [line.split(",") for line in Path(files["mot"]).read_text().splitlines()]
    document = json.loads(Path(files["json"]).read_text())
    table = pq.read_table(files["parquet"]).to_pylist()
    assert len(lines) == len(document["tracks"][0]["boxes"]) == len(table) == 15
    assert all(len(line) == 10 for line in lines)
    number, at_s, left, *_ = document["tracks"][0]["boxes"][4]
    assert float(lines[4][2]) == pytest.approx(left) == pytest.approx(table[4]["left_px"], abs=0.01)
    assert (int(lines[4][0]), int(lines[4][1])) == (number, 1) == (table[4]["frame"], table[4]["track"])
    assert (document["clip"], document["counts"], at_s) == ("c1", {"square": 1}, pytest.approx(0.16))
    with PictureReader(Path(files["clip"])) as drawn:
        shown = list(drawn.pictures())
        assert (drawn.width, drawn.height, len(shown)) == (WIDTH, HEIGHT, 16)
        assert [one.place.at_s for one in shown] == pytest.approx(list(report.times), abs=1e-4)


def test_no_track_is_a_result_with_files(tmp_path: Path, model: DetectorModel):
    clip = save_clip(tmp_path / "clip.mp4", 5, lambda number: [])
    report = track(clip, model, zones=(RIGHT_HALF,))
    files = write_all(report, clip, tmp_path, {})
    assert report.as_json({}) | {"ms": 0} == {
        "tracks": [],
        "zones": [RIGHT_HALF_EMPTY],
        "files": {},
        "frames": 5,
        "ms": 0,
    }
    assert Path(files["mot"]).read_text() == "" and pq.read_table(files["parquet"]).num_rows == 0
    assert set(files) == {"mot", "json", "parquet", "clip"}


RIGHT_HALF_EMPTY = {
    "name": "right",
    "points": [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]],
    "counts": {},
    "entries": 0,
    "dwell_s": 0,
    "stays": [],
}


@pytest.mark.parametrize("torn", [False, True], ids=["whole", "its last line cut short"])
def test_a_second_attempt_goes_on_from_the_checkpoint_to_the_same_tracks(
    tmp_path: Path, model: DetectorModel, torn: bool
):
    clip, kept = save_clip(tmp_path / "clip.mp4", 16, walking), tmp_path / "kept.jsonl"
    whole = track(clip, model)
    track(clip, model, kept, limit=9)
    if torn:
        kept.write_bytes(kept.read_bytes()[:-20])
    report = track(clip, model, kept)
    assert report.resumed_at == (7 if torn else 9)
    assert report.tracks_json() == whole.tracks_json() and report.times == whole.times
    assert track(clip, model, kept, limit=3).frames == 3


def test_a_checkpoint_of_other_work_is_not_taken_up(tmp_path: Path, model: DetectorModel):
    clip, kept = save_clip(tmp_path / "clip.mp4", 16, walking), tmp_path / "kept.jsonl"
    track(clip, model, kept, limit=9)
    assert track(clip, model, kept, detect_every=1).resumed_at == 0
    kept.write_bytes(b"\x00noise\n")
    assert track(clip, model, kept).resumed_at == 0


def test_what_is_no_clip_is_told(tmp_path: Path, model: DetectorModel):
    (tmp_path / "clip.mp4").write_bytes(b"no video at all")
    with pytest.raises(MediaUnreadable):
        track(tmp_path / "clip.mp4", model)
