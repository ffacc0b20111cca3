"""Each decoder reads a tensor that was made by hand, and refuses one that is not its own."""

from typing import Any

import numpy as np
import pytest

from workers.vision.decoders import PLAIN, Anchors, BadTensors, Input, centernet, end2end, ssd, yolov8, yolox

INPUT = Input(64, 32)


def close(found: Any, wanted: list[list[float]]) -> bool:
    return bool(np.allclose(found, wanted, atol=0.05))


def test_ssd_lays_its_offsets_on_its_anchors():
    anchors = Anchors(maps=(2, 1), ratios=(1.0, 2.0), few_in_first=False)
    laid = anchors.boxes()
    assert laid.shape == (2 * 2 * 3 + 3, 4)
    offsets, logits = np.zeros((1, 15, 4), np.float32), np.full((1, 15, 3), -10, np.float32)
    logits[0, 0, 0] = 10  # background: nothing is there
    logits[0, 4, 2] = 2
    offsets[0, 4] = (10, 0, 0, 5 * np.log(2))  # one anchor's height lower, twice as wide
    for outputs in ([offsets, logits], [logits, offsets]):
        raw = ssd(outputs, INPUT, 0.3, anchors)
        x, y, w, h = laid[4]
        wanted = [(x - w) * 64, (y + h / 2) * 32, (x + w) * 64, (y + 1.5 * h) * 32]
        assert close(raw.boxes, [wanted]) and raw.labels.tolist() == [2]
        assert raw.scores[0] == pytest.approx(1 / (1 + np.exp(-2)))


def test_the_anchors_of_the_shipped_detector_are_those_that_it_was_trained_with():
    laid = Anchors().boxes()
    assert laid.shape == (1917, 4)
    assert close(laid[:1], [[0.5 / 19, 0.5 / 19, 0.1, 0.1]])
    assert close(laid[-1:], [[0.5, 0.5, np.sqrt(0.95), np.sqrt(0.95)]])


def test_centernet_finds_peaks_and_not_their_slopes():
    heat = np.zeros((1, 2, 4, 8), np.float32)
    heat[0, 1, 2, 3], heat[0, 1, 2, 4], heat[0, 0, 0, 7] = 0.9, 0.6, 0.5
    sizes, shifts = np.ones((1, 2, 4, 8), np.float32), np.full((1, 2, 4, 8), 0.5, np.float32)
    raw = centernet([heat, sizes, shifts], INPUT, 0.4)
    assert close(raw.boxes, [[56, 0, 64, 8], [24, 16, 32, 24]])
    assert raw.labels.tolist() == [0, 1] and raw.scores.tolist() == pytest.approx([0.5, 0.9])


def test_yolox_moves_from_its_grid_cell():
    cells = 8 * 4 + 4 * 2 + 2 * 1
    found = np.zeros((1, cells, 7), np.float32)
    found[0, 8 + 2] = (0.5, 0.25, np.log(2), 0, 0.9, 0.1, 0.8)  # stride 8, row 1, column 2
    found[0, 32 + 8] = (0.5, 0.5, 0, 0, 0.5, 1.0, 0.0)  # stride 32, row 0, column 0
    raw = yolox([found], INPUT, 0.3)
    assert close(raw.boxes, [[12, 6, 28, 14], [0, 0, 32, 32]])
    assert raw.scores.tolist() == pytest.approx([0.72, 0.5]) and raw.labels.tolist() == [1, 0]


def test_yolov8_gives_centres_and_sizes_in_px():
    found = np.zeros((1, 6, 9), np.float32)
    found[0, :, 4] = (32, 16, 10, 8, 0.1, 0.7)
    raw = yolov8([found], INPUT, 0.3)
    assert close(raw.boxes, [[27, 12, 37, 20]]) and raw.labels.tolist() == [1]


@pytest.mark.parametrize(
    "outputs",
    [
        [np.array([[[1, 2, 11, 12, 0.8, 3], [0, 0, 1, 1, 0.1, 0]]], np.float32)],
        [np.array([[0, 1, 2, 11, 12, 3, 0.8], [1, 0, 0, 1, 1, 0, 0.9]], np.float32)],
        [
            np.array([[1]], np.float32),
            np.array([[[1, 2, 11, 12], [0, 0, 1, 1]]], np.float32),
            np.array([[0.8, 0.9]], np.float32),
            np.array([[3, 0]], np.float32),
        ],
    ],
    ids=["six columns", "seven columns", "four outputs"],
)
def test_end2end_is_read_in_each_of_its_three_forms(outputs: list[Any]):
    raw = end2end(outputs, INPUT, 0.3)
    assert close(raw.boxes, [[1, 2, 11, 12]]) and raw.labels.tolist() == [3]
    assert raw.scores.tolist() == pytest.approx([0.8])


@pytest.mark.parametrize("name", PLAIN)
def test_tensors_of_another_shape_are_refused_with_both_shapes(name: str):
    with pytest.raises(BadTensors, match=r"outputs are \(1, 3\)"):
        PLAIN[name]([np.zeros((1, 3), np.float32)], INPUT, 0.3)
    with pytest.raises(BadTensors):
        ssd([np.zeros((1, 3), np.float32)], INPUT, 0.3, Anchors())


@pytest.mark.parametrize("name", ["yolox", "yolov8", "end2end"])
def test_nothing_there_is_nothing_found(name: str):
    empty = {"yolox": (1, 42, 7), "yolov8": (1, 7, 5), "end2end": (1, 0, 6)}[name]
    raw = PLAIN[name]([np.zeros(empty, np.float32)], INPUT, 0.3)
    assert raw.boxes.shape == (0, 4) and len(raw.scores) == len(raw.labels) == 0
