"""Detector models: the sidecar that says how one is fed and read, the one that ships, and those of one's own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ModelUnusable
from core.paths import DataFolder
from resources import resource
from workers.vision.decoders import PLAIN, Anchors, Input, Raw, ssd

BUILT_IN = "ssd_mobilenet_v2_oid"
VEHICLES = frozenset({"car", "truck", "bus", "van", "vehicle", "land vehicle", "race car", "formula 1 car"})
_Three = Annotated[list[float], Field(min_length=3, max_length=3)]
_Share = Annotated[float, Field(gt=0, lt=1)]


class SsdLayout(BaseModel):
    """The table [ssd]: how the default boxes lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    background: int | None = 0
    maps: list[int] = [19, 10, 5, 3, 2, 1]
    smallest: _Share = 0.2
    largest: Annotated[float, Field(gt=0, le=1)] = 0.95
    ratios: list[float] = [1.0, 2.0, 0.5, 3.0, 0.3333]
    few_in_first: bool = True


class Sidecar(BaseModel):
    """The TOML file beside an ONNX model, of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decoder: Literal["ssd", "centernet", "yolox", "yolov8", "end2end"]
    width: Annotated[int, Field(ge=32, le=4096)]
    height: Annotated[int, Field(ge=32, le=4096)]
    labels: Annotated[list[str], Field(min_length=1)]
    classes: dict[str, list[str]] = {}
    """What is looked for, and which labels count as it; empty: every label, vehicles merged."""
    colour: Literal["rgb", "bgr"] = "rgb"
    mean: _Three = [0.0, 0.0, 0.0]
    std: _Three = [1.0, 1.0, 1.0]
    fit: Literal["stretch", "letterbox", "corner"] = "letterbox"
    high: _Share = 0.45
    low: _Share = 0.25
    title: str = ""
    licence: str = ""
    source: str = ""
    ssd: SsdLayout = SsdLayout()

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        if unknown := {label for labels in self.classes.values() for label in labels} - set(self.labels):
            raise ValueError(f"classes: {sorted(unknown)[0]!r} is none of the labels")
        if self.low > self.high:
            raise ValueError("low is at most high")
        if 0.0 in self.std:
            raise ValueError("std: no part of it is 0")
        return self


@dataclass(frozen=True, slots=True)
class DetectorModel:
    """A model's file and its sidecar."""

    name: str
    file: Path
    sidecar: Sidecar

    @property
    def shape(self) -> Input:
        return Input(self.sidecar.width, self.sidecar.height)

    @property
    def classes(self) -> tuple[str, ...]:
        """What is looked for, in the order of their numbers."""
        return tuple(self._table())

    def class_of_label(self) -> NDArray[np.int16]:
        """For each label the number of its class; -1 for what is not looked for."""
        table = self._table()
        numbers = {label: number for number, name in enumerate(table) for label in table[name]}
        return np.array([numbers.get(label, -1) for label in self.sidecar.labels], np.int16)

    def decode(self, outputs: list[NDArray[np.float32]], floor: float) -> Raw:
        """Raises workers.vision.decoders.BadTensors."""
        if self.sidecar.decoder == "ssd":
            lay = self.sidecar.ssd
            anchors = Anchors(
                tuple(lay.maps), lay.smallest, lay.largest, tuple(lay.ratios), lay.few_in_first, lay.background
            )
            return ssd(outputs, self.shape, floor, anchors)
        return PLAIN[self.sidecar.decoder](outputs, self.shape, floor)

    def _table(self) -> Mapping[str, list[str]]:
        if self.sidecar.classes:
            return self.sidecar.classes
        table: dict[str, list[str]] = {}
        for label in self.sidecar.labels:
            table.setdefault("vehicle" if label.lower() in VEHICLES else label.lower(), []).append(label)
        return table

    def as_json(self) -> dict[str, Any]:
        said = self.sidecar
        about = {"title": said.title or self.name, "licence": said.licence, "decoder": said.decoder}
        size = {"width": said.width, "height": said.height}
        return {"name": self.name, **about, **size, "classes": list(self.classes), "file": str(self.file)}


def read_model(file: Path, sidecar: Path | None = None) -> DetectorModel:
    """The model of an .onnx file and of the .toml beside it. Raises ModelUnusable."""
    sidecar = sidecar or file.with_suffix(".toml")
    name = file.stem
    if not file.is_file():
        raise ModelUnusable(f"There is no model {file}", model=name)
    try:
        told = tomllib.loads(sidecar.read_text("utf-8"))
        return DetectorModel(name, file, Sidecar.model_validate(told))
    except OSError:
        hint = f"Write {sidecar.name}: at the least decoder, width, height and labels. docs/tracking.md shows one."
        raise ModelUnusable(f"{name} has no sidecar {sidecar.name} beside it", hint=hint, model=name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ModelUnusable(f"{sidecar.name} is no TOML: {broken}", model=name) from None
    except ValidationError as invalid:
        first = invalid.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{sidecar.name}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        raise ModelUnusable(what, model=name) from None


def built_in() -> DetectorModel:
    return read_model(resource(f"models/{BUILT_IN}.onnx"))


def find_model(name: str | None, folder: DataFolder | None) -> DetectorModel:
    """The one that ships (None, or its name), a file, or one that was imported. Raises ModelUnusable."""
    if name is None or name == BUILT_IN:
        return built_in()
    if name.endswith(".onnx"):
        return read_model(Path(name).expanduser().absolute())
    if folder is None or not (folder.models / f"{name}.onnx").is_file():
        raise ModelUnusable(
            f"There is no detector {name!r}",
            hint="`trackshift models list` names them; `trackshift models import FILE` takes one in.",
            model=name,
        )
    return read_model(folder.models / f"{name}.onnx")


def imported(folder: DataFolder) -> list[DetectorModel | ModelUnusable]:
    """Those of one's own, by name; one that can't be read says why."""
    found: list[DetectorModel | ModelUnusable] = []
    for file in sorted(folder.models.glob("*.onnx")):
        try:
            found.append(read_model(file))
        except ModelUnusable as unusable:
            found.append(unusable)
    return found
