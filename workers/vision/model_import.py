"""Taking a detector of one's own in: tried on pictures first, and copied only if it and its sidecar agree."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DataFolderUnwritable, ModelUnusable
from core.ids import is_slug
from core.paths import PART, DataFolder, fsync_folder
from workers.vision.decoders import BadTensors
from workers.vision.detection import Detector
from workers.vision.detector_models import BUILT_IN, DetectorModel, read_model

_ROUNDS = 3


def dry_run(model: DetectorModel) -> dict[str, Any]:
    """Look at a picture of noise: shapes, labels and milliseconds. Raises ModelUnusable."""
    noise = np.random.default_rng(0).integers(0, 256, (model.shape.height, model.shape.width, 3), np.uint8)
    with Detector(model, threads=1) as detector:
        outputs = detector.outputs(noise)
        try:
            raw = model.decode(outputs, 0.0)
        except BadTensors as bad:
            raise ModelUnusable(f"{model.name}: {bad}", model=model.name) from None
        labels = _labels_in(model, [tuple(output.shape) for output in outputs])
        told = len(model.sidecar.labels)
        if labels is not None and labels != told:
            what = f"{model.name} knows {labels} labels; its sidecar names {told}"
            raise ModelUnusable(what, hint="Name every label in the model's order.", model=model.name)
        if len(raw.scores) and not (float(raw.scores.min()) >= 0 and float(raw.scores.max()) <= 1.001):
            what = f"{model.name} gives scores up to {float(raw.scores.max()):.3g}, which are no probabilities"
            raise ModelUnusable(what, hint="Export it with its sigmoid, or name another decoder.", model=model.name)
        began_s = time.perf_counter()
        for _ in range(_ROUNDS):
            detector.find(noise)
        took_ms = (time.perf_counter() - began_s) / _ROUNDS * 1000
    return {"outputs": [list(output.shape) for output in outputs], "ms": round(took_ms, 1)}


def take_in(
    file: Path, sidecar: Path | None, name: str | None, folder: DataFolder
) -> tuple[DetectorModel, dict[str, Any]]:
    """Copy a model and its sidecar into the data folder after a dry run of the copy; an older one of the name goes.

    Raises ModelUnusable, DataFolderUnwritable.
    """
    name = name or file.stem
    if not is_slug(name) or name == BUILT_IN:
        hint = "A name has letters, digits, _ and -, and is not that of the detector that ships. Give one with --name."
        raise ModelUnusable(f"{name!r} can't name a detector", hint=hint, model=name)
    read_model(file, sidecar)
    aside = folder.models / f"{name}{PART}"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        shutil.copyfile(file, aside / f"{name}.onnx")
        shutil.copyfile(sidecar or file.with_suffix(".toml"), aside / f"{name}.toml")
        tried = dry_run(read_model(aside / f"{name}.onnx"))
        # The sidecar first: a model without one is told as broken, a sidecar alone is nothing.
        for suffix in (".toml", ".onnx"):
            os.replace(aside / f"{name}{suffix}", folder.models / f"{name}{suffix}")
        fsync_folder(folder.models)
    except OSError as refused:
        why = f"{folder.models} can't be written: {refused.strerror}"
        raise DataFolderUnwritable(why, folder=folder.models) from refused
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return read_model(folder.models / f"{name}.onnx"), tried


def _labels_in(model: DetectorModel, shapes: list[tuple[int, ...]]) -> int | None:
    """How many labels the tensors have room for; None if they don't say."""
    decoder = model.sidecar.decoder
    if decoder == "ssd":
        rooms = [shape[2] for shape in shapes if len(shape) == 3 and shape[2] != 4]
        return rooms[0] if rooms else None
    if not shapes or len(shapes[0]) < 3:
        return None
    return {
        "centernet": shapes[0][1],
        "yolox": shapes[0][2] - 5,
        "yolov8": shapes[0][1] - 4,
        "end2end": None,
    }[decoder]
