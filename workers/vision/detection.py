"""Detection: what is on a picture, by an ONNX model, over the whole of it and over tiles where objects are small."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.closing import Closing
from core.errors import ModelUnusable
from workers.vision.boxes import suppressed
from workers.vision.decoders import BadTensors
from workers.vision.detector_models import DetectorModel

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

_GRID = 2
_SHARED = 0.2
_CUT_PX = 4
_OVERLAP = 0.4
_INSIDE = 0.65
_PAD = 114
_FLOOR = 0.05
_LEAST_TILED = 1.6


class Found(NamedTuple):
    """What is on one picture, each object once."""

    boxes: Floats
    """(N, 4) px: left, top, right, bottom."""
    scores: Floats
    classes: NDArray[np.int16]
    """Places in the model's classes."""


@dataclass(frozen=True, slots=True)
class _Region:
    left: int
    top: int
    width: int
    height: int


class Detector(Closing):
    """A loaded model and its threads. Usable from one thread; `close` ends it. Raises ModelUnusable."""

    def __init__(self, model: DetectorModel, *, threads: int | None = None, floor: float | None = None) -> None:
        """threads: None is one a core. floor: scores below it are not looked at; None is the sidecar's `low`."""
        import onnxruntime

        self.model = model
        self._floor = max(_FLOOR, model.sidecar.low if floor is None else floor)
        self._classes = model.class_of_label()
        options = onnxruntime.SessionOptions()
        # A thread a region scales better than several threads in one.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(model.file), options, providers=["CPUExecutionProvider"])
        except _refusals() as refused:
            raise ModelUnusable(f"{model.name} does not load: {_short(refused)}", model=model.name) from None
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelUnusable(f"{model.name} has {len(inputs)} inputs; one picture is what it gets", model=model.name)
        self._input = inputs[0].name
        self._half = inputs[0].type == "tensor(float16)"
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="detect")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, picture: Picture, *, tiled: bool) -> Callable[[], Found]:
        """Start on an (H, W, 3) BGR picture; the call that is returned waits for the answer. Raises ModelUnusable."""
        height, width = picture.shape[:2]
        regions = _regions(width, height) if tiled and self.may_tile(width, height) else [_Region(0, 0, width, height)]
        asked = [self._pool.submit(self._look, picture, region) for region in regions]
        return lambda: self._merged(asked, width, height)

    def find(self, picture: Picture, *, tiled: bool = False) -> Found:
        return self.begin(picture, tiled=tiled)()

    def may_tile(self, width: int, height: int) -> bool:
        """Whether the picture has more in it than the model's input can hold."""
        return max(width / self.model.shape.width, height / self.model.shape.height) >= _LEAST_TILED

    def outputs(self, picture: Picture) -> list[Floats]:
        """The bare tensors for a whole picture, for the dry run."""
        height, width = picture.shape[:2]
        return self._run(self._fed(picture, _Region(0, 0, width, height))[0])

    def _look(self, picture: Picture, region: _Region) -> tuple[Floats, Floats, NDArray[np.int16]]:
        """Of one region, in px of the picture."""
        fed, scale, shift = self._fed(picture, region)
        try:
            raw = self.model.decode(self._run(fed), self._floor)
        except BadTensors as bad:
            raise ModelUnusable(f"{self.model.name}: {bad}", model=self.model.name) from None
        if len(raw.labels) and int(raw.labels.max()) >= len(self._classes):
            what = f"{self.model.name} speaks of label {int(raw.labels.max())}; its sidecar has {len(self._classes)}"
            raise ModelUnusable(what, model=self.model.name)
        classes = self._classes[raw.labels]
        boxes = (raw.boxes - np.tile(shift, 2)) / np.tile(scale, 2) + np.array([region.left, region.top] * 2)
        full_height, full_width = picture.shape[:2]
        kept = (classes >= 0) & np.isfinite(boxes).all(1) & ~_is_cut(boxes, region, full_width, full_height)
        return boxes[kept].astype(np.float32), raw.scores[kept], classes[kept]

    def _run(self, fed: Floats) -> list[Floats]:
        given = fed.astype(np.float16) if self._half else fed
        try:
            outputs = self._session.run(None, {self._input: given})
        except _refusals() as refused:
            raise ModelUnusable(f"{self.model.name} does not run: {_short(refused)}", model=self.model.name) from None
        return [np.asarray(output, np.float32) for output in outputs]

    def _fed(self, picture: Picture, region: _Region) -> tuple[Floats, Floats, Floats]:
        """The region as the model's input (1, 3, height, width), its scale (x, y) and shift (x, y) in it, px."""
        said, shape = self.model.sidecar, self.model.shape
        part = picture[region.top : region.top + region.height, region.left : region.left + region.width]
        scale = np.array([shape.width / region.width, shape.height / region.height], np.float32)
        shift = np.zeros(2, np.float32)
        if said.fit == "stretch":
            fitted = cv2.resize(part, (shape.width, shape.height), interpolation=cv2.INTER_AREA)
        else:
            scale[:] = scale.min()
            size = (max(1, round(region.width * float(scale[0]))), max(1, round(region.height * float(scale[1]))))
            if said.fit == "letterbox":
                shift[:] = ((shape.width - size[0]) // 2, (shape.height - size[1]) // 2)
            fitted = np.full((shape.height, shape.width, 3), _PAD, np.uint8)
            left, top = int(shift[0]), int(shift[1])
            small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            fitted[top : top + size[1], left : left + size[0]] = small
        values = np.asarray(cv2.dnn.blobFromImage(fitted, swapRB=said.colour == "rgb"), np.float32)
        values -= np.array(said.mean, np.float32)[None, :, None, None]
        values /= np.array(said.std, np.float32)[None, :, None, None]
        return values, scale, shift

    def _merged(
        self, asked: "list[Future[tuple[Floats, Floats, NDArray[np.int16]]]]", width: int, height: int
    ) -> Found:
        parts = [future.result() for future in asked]
        boxes, scores, classes = (np.concatenate([part[place] for part in parts]) for place in range(3))
        boxes[:, 0::2] = boxes[:, 0::2].clip(0, width)
        boxes[:, 1::2] = boxes[:, 1::2].clip(0, height)
        kept = suppressed(boxes, scores, classes, _OVERLAP, _INSIDE)
        return Found(boxes[kept], scores[kept], classes[kept])


def _regions(width: int, height: int) -> list[_Region]:
    """The whole and a grid of tiles that share a fifth."""
    tile_width = round(width / (_GRID - (_GRID - 1) * _SHARED))
    tile_height = round(height / (_GRID - (_GRID - 1) * _SHARED))
    lefts = [round(place * (width - tile_width) / (_GRID - 1)) for place in range(_GRID)]
    tops = [round(place * (height - tile_height) / (_GRID - 1)) for place in range(_GRID)]
    tiles = [_Region(left, top, tile_width, tile_height) for top in tops for left in lefts]
    return [_Region(0, 0, width, height), *tiles]


def _is_cut(boxes: Floats, region: _Region, width: int, height: int) -> NDArray[np.bool_]:
    """Which boxes end at an edge of their tile inside the picture: the neighbour or the whole has them whole."""
    right, bottom = region.left + region.width, region.top + region.height
    cut = np.zeros(len(boxes), bool)
    for at_edge, inside in (
        (boxes[:, 0] < region.left + _CUT_PX, region.left > 0),
        (boxes[:, 1] < region.top + _CUT_PX, region.top > 0),
        (boxes[:, 2] > right - _CUT_PX, right < width - 2),
        (boxes[:, 3] > bottom - _CUT_PX, bottom < height - 2),
    ):
        if inside:
            cut |= at_edge
    return cut


def _refusals() -> tuple[type[BaseException], ...]:
    """What ONNX Runtime raises for a model that it can't use: classes of its own that share no base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [getattr(state, name) for name in dir(state)]
    raised = [kind for kind in own if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*raised, RuntimeError, ValueError)


def _short(refused: BaseException) -> str:
    return str(refused).splitlines()[0][:200] if str(refused) else type(refused).__name__
