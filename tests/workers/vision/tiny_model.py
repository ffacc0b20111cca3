"""A detector of a few bytes that finds white squares, and clips in which they move: tracking without a real model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.media.clip_encoder import encode_clip

WIDTH, HEIGHT = 320, 128
"""Of the clips; the model sees half of it, in cells of 8 px."""
SIDECAR = """
decoder = "centernet"
width = 160
height = 64
labels = ["square"]
std = [255.0, 255.0, 255.0]
fit = "stretch"
"""


def save_tiny(folder: Path, name: str = "tiny", sidecar: str = SIDECAR) -> Path:
    """Heat is the brightness of a cell; every object is 4 cells wide and high."""

    def constant(label: str, value: float) -> onnx.TensorProto:
        return helper.make_tensor(label, TensorProto.FLOAT, [1], [value])

    nodes = [
        helper.make_node("ReduceMean", ["input"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["heat"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Mul", ["heat", "none"], ["nothing"]),
        helper.make_node("Add", ["nothing", "four"], ["size"]),
        helper.make_node("Add", ["nothing", "half"], ["shift"]),
        helper.make_node("Concat", ["size", "size"], ["sizes"], axis=1),
        helper.make_node("Concat", ["shift", "shift"], ["shifts"], axis=1),
    ]
    outputs = [
        helper.make_tensor_value_info(label, TensorProto.FLOAT, [1, channels, 8, 20])
        for label, channels in (("heat", 1), ("sizes", 2), ("shifts", 2))
    ]
    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 64, 160])]
    constants = [constant("none", 0.0), constant("four", 4.0), constant("half", 0.5)]
    graph = helper.make_graph(nodes, "tiny", given, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / f"{name}.onnx"))
    (folder / f"{name}.toml").write_text(sidecar, encoding="utf-8")
    return folder / f"{name}.onnx"


def save_clip(
    target: Path, frames: int, cells: Callable[[int], Sequence[tuple[int, int]]], times: Sequence[float] | None = None
) -> Path:
    """White cells (column, row) of 16 px by the picture's number from 0; 25 fps where no times are given."""

    def pictures() -> list[tuple[float, np.ndarray]]:
        made = []
        for number in range(frames):
            picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            for column, row in cells(number):
                picture[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16] = 255
            made.append((number / 25 if times is None else times[number], picture))
        return made

    target.parent.mkdir(parents=True, exist_ok=True)
    encode_clip(target, pictures(), 25)
    return target


def walking(number: int) -> list[tuple[int, int]]:
    """One square that walks to the right for 16 pictures."""
    return [(2 + number, 3)]
