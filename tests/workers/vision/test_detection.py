"""A model is fed as its sidecar says, boxes come back in px of the picture, and what can't be used is told."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelUnusable
from core.media.picture_reader import PictureReader
from core.paths import DataFolder
from resources import resource
from tests.workers.vision.tiny_model import SIDECAR, save_tiny
from workers.vision.detection import Detector, Found
from workers.vision.detector_models import built_in, find_model, imported, read_model
from workers.vision.model_import import dry_run, take_in


def found_on(file: Path, picture: np.ndarray, *, tiled: bool = False) -> Found:
    with Detector(read_model(file), threads=1, floor=0.4) as detector:
        return detector.find(picture, tiled=tiled)


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "corner"])
def test_however_a_picture_is_fitted_its_boxes_come_back_in_its_own_px(tmp_path: Path, fit: str):
    file = save_tiny(tmp_path, sidecar=SIDECAR.replace('"stretch"', f'"{fit}"').replace("std", "mean = [0, 0, 0]\nstd"))
    picture = np.zeros((256, 320, 3), np.uint8)
    picture[128:192, 64:128] = 255
    found = found_on(file, picture)
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    assert len(middle) and np.abs(middle[found.scores.argmax()] - (96, 160)).max() < 40
    assert (found.boxes >= 0).all() and (found.boxes[:, 2] <= 320).all() and (found.boxes[:, 3] <= 256).all()


def test_tiles_find_what_is_too_small_for_the_whole(tmp_path: Path):
    file = save_tiny(tmp_path)
    picture = np.zeros((512, 1280, 3), np.uint8)
    picture[96:134, 96:134] = 255
    assert len(found_on(file, picture).boxes) == 0
    found = found_on(file, picture, tiled=True)
    assert len(found.boxes) == 1 and found.boxes[0][0] < 115 < found.boxes[0][2]


def test_the_shipped_detector_sees_the_crew_of_the_demo_on_it():
    with PictureReader(resource("demo/Pit_1_left.mp4")) as reader, Detector(built_in(), threads=1) as detector:
        picture = next(shown.bgr() for shown in reader.pictures() if shown.place.number == 3)
        found = detector.find(picture)
    names = [detector.model.classes[number] for number in found.classes]
    assert "person" in names and set(names) <= {"person", "vehicle", "bicycle"}
    assert detector.model.classes == ("person", "vehicle", "bicycle")


def test_vehicles_are_merged_where_the_sidecar_names_no_classes(tmp_path: Path):
    file = save_tiny(tmp_path, sidecar=SIDECAR.replace('["square"]', '["Person", "car", "Truck", "bus"]'))
    model = read_model(file)
    assert model.classes == ("person", "vehicle") and model.class_of_label().tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "sidecar, said",
    [
        ("decoder = ", "no TOML"),
        (SIDECAR.replace("centernet", "yolo1"), "decoder"),
        (SIDECAR + "\n[classes]\ncar = ['Car']", "'Car' is none of the labels"),
        (SIDECAR.replace("labels", "lables"), "labels"),
        (SIDECAR + "\nlow = 0.9", "low is at most high"),
    ],
)
def test_a_sidecar_that_is_wrong_says_where(tmp_path: Path, sidecar: str, said: str):
    with pytest.raises(ModelUnusable, match=said):
        read_model(save_tiny(tmp_path, sidecar=sidecar))


def test_a_model_is_tried_before_it_is_taken_in_and_found_by_its_name(tmp_path: Path):
    folder = DataFolder(tmp_path / "data")
    file = save_tiny(tmp_path, "squares")
    model, tried = take_in(file, None, None, folder)
    assert tried["outputs"] == [[1, 1, 8, 20], [1, 2, 8, 20], [1, 2, 8, 20]] and tried["ms"] > 0
    assert find_model("squares", folder) == model == imported(folder)[0]
    assert find_model(str(file), None).file == file
    assert sorted(path.name for path in folder.models.iterdir()) == ["squares.onnx", "squares.toml"]
    with pytest.raises(ModelUnusable, match="no detector 'other'"):
        find_model("other", folder)


def test_a_model_that_does_not_fit_its_sidecar_is_not_taken_in(tmp_path: Path):
    folder = DataFolder(tmp_path / "data")
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(b"no model")
    noise.with_suffix(".toml").write_text(SIDECAR)
    for file, said in (
        (save_tiny(tmp_path, "many", SIDECAR.replace('"square"', '"square", "circle"')), "knows 1 labels"),
        (save_tiny(tmp_path, "wrong", SIDECAR.replace("centernet", "yolox")), "this decoder reads"),
        (save_tiny(tmp_path, "small", SIDECAR.replace("160", "128")), "does not run"),
        (noise, "does not load"),
    ):
        with pytest.raises(ModelUnusable, match=said):
            take_in(file, None, None, folder)
    with pytest.raises(ModelUnusable, match="can't name a detector"):
        take_in(save_tiny(tmp_path), None, "../x", folder)
    assert not list(folder.models.glob("*"))


def test_a_broken_file_among_the_imported_is_told_and_the_rest_is_listed(tmp_path: Path):
    folder = DataFolder(tmp_path / "data")
    save_tiny(folder.models, "good")
    save_tiny(folder.models, "bad", "decoder = 1")
    bad, good = imported(folder)
    assert isinstance(bad, ModelUnusable) and not isinstance(good, ModelUnusable) and good.name == "good"


def test_the_dry_run_of_the_shipped_detector_passes():
    assert dry_run(built_in())["outputs"] == [[1, 1917, 4], [1, 1917, 24]]
