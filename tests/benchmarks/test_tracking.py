"""The tracking benchmark scores as MOTA and IDF1 are defined, and without truth it says so."""

from pathlib import Path

import pytest

from benchmarks import tracking
from benchmarks.claim import NotMeasurable


def test_a_perfect_track_and_one_that_changed_its_id(tmp_path: Path):
    file = tmp_path / "truth.txt"
    file.write_text("".join(f"{n},7,{10 * n},20,30,60,1,1,1\n" for n in (1, 2, 3, 4)))
    truth = tracking.read_truth([file])
    assert tracking.scores(truth, truth)["idf1"] == tracking.scores(truth, truth)["mota"] == 1.0
    swapped = {number: [(number // 3, box) for _, box in boxes] for number, boxes in truth.items()}
    told = tracking.scores(swapped, truth)
    assert (told["num_switches"], told["idf1"], told["mota"]) == (1, 0.5, 0.75)
    away = {number: [(7, (box[0] + 20, *box[1:])) for _, box in boxes] for number, boxes in truth.items()}
    assert tracking.scores(away, truth)["num_false_positives"] == 4
    file.write_text("no,numbers\n")
    with pytest.raises(NotMeasurable, match="can't be read as truth"):
        tracking.read_truth([file])


def test_without_truth_it_is_not_measured(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(tracking, "CLIPS", (tmp_path / "none.avi", Path(__file__)))
    [claim] = tracking._against_truth([])
    assert claim.met is None and "--truth" in claim.how
    monkeypatch.setattr(tracking, "CLIPS", ())
    [claim] = tracking._against_truth([])
    assert claim.met is None and "opencv-doc" in claim.how
