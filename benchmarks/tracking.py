"""Tracking against truth on opencv-doc's vtest.avi, beside SORT as it comes; and its pace at 720p on two cores."""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.claim import Claim, NotMeasurable, median, unmeasured
from core.media.picture_reader import PictureReader
from resources import resource
from workers.vision.checkpoint import Checkpoint
from workers.vision.detection import Detector
from workers.vision.detector_models import DetectorModel, built_in
from workers.vision.tracking import TrackReport, TrackSettings, track_clip, work_of
from workers.vision.tracks import joined

CLIPS = (
    Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"),
    Path("/usr/share/doc/opencv-doc/examples/vtest.avi"),
)
CORES, ROUNDS, PICTURES = 2, 3, 150
IDF1_WANT, FPS_WANT = 0.75, 25.0
_PERSON = 0
_NEAR = 0.5
_PEER_SCORE = 0.3
Boxes = Mapping[int, Sequence[tuple[int, Sequence[float]]]]
"""By picture from 1: id, and left, top, width, height in px."""


def measure(truth: Sequence[Path] = ()) -> list[Claim]:
    """Raises NotMeasurable nowhere: each claim says for itself what it lacks."""
    return [*_against_truth(truth), _pace()]


def _against_truth(truth: Sequence[Path]) -> list[Claim]:
    want = f"≥ {IDF1_WANT:g}"
    clip = next((path for path in CLIPS if path.is_file()), None)
    if clip is None:
        return [unmeasured("tracking", want, "vtest.avi is not here: apt-get install opencv-doc")]
    if not truth:
        return [unmeasured("tracking", want, "its ground truth may not be shipped: give it with --truth FILE")]
    known = read_truth(truth)
    model = built_in()
    report = track_clip(clip, model, TrackSettings(), threads=CORES)
    ours, peer = scores(boxes_of(report), known), scores(_plain_sort(clip, model), known)
    told = ", ".join(f"{name} {value:g}" for name, value in ours.items())
    how = (
        f"IDF1 over {len(known)} pictures with truth of {report.frames}, every 2nd looked at; people alone: {told}. "
        f"Peer: SORT at its defaults on the same detector, every picture, whole: MOTA {peer['mota']:g}"
    )
    ratio = round(ours["idf1"] / peer["idf1"], 2) if peer["idf1"] > 0 else None
    return [Claim("tracking", ours["idf1"], peer["idf1"], ratio, want, ours["idf1"] >= IDF1_WANT, how)]


def _pace() -> Claim:
    """The demo's crowded 720p clip, tiles everywhere: the most work that a picture can be."""
    clip, model = resource("demo/Pit_1_left.mp4"), built_in()
    how = TrackSettings(tiles=True, limit=PICTURES)
    paces, shares, tracker = [], [], 0.0
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="tracking-") as folder:
            kept = Path(folder) / "kept.jsonl"
            cpu_s = time.process_time()
            report = track_clip(clip, model, how, checkpoint=kept, threads=CORES)
            shares.append((time.process_time() - cpu_s) / PICTURES * 1000)
            paces.append(PICTURES / report.took_ms * 1000)
            with Checkpoint(kept, work_of(clip, model, how)) as seen:
                began_s = time.perf_counter()
                joined(seen.seen, how.joining)
                tracker = len(seen.seen) / (time.perf_counter() - began_s)
    ours = round(median(paces), 1)
    told = (
        f"pictures a second of 1280×720, every 2nd looked at in 5 regions, {CORES} threads, median of {ROUNDS}; "
        f"{median(shares):.0f} ms of CPU a picture; the tracker alone: {tracker:.0f} a second; "
        f"load when it ended: {os.getloadavg()[0]:.1f}"
    )
    return Claim("tracking-pace", ours, None, None, f"≥ {FPS_WANT:g}", ours >= FPS_WANT, told)


def _plain_sort(clip: Path, model: DetectorModel) -> Boxes:
    from pyxtrackers import Sort

    tracker = Sort()
    found: dict[int, list[tuple[int, Sequence[float]]]] = {}
    with PictureReader(clip) as reader, Detector(model, threads=CORES, floor=_PEER_SCORE) as detector:
        for shown in reader.pictures():
            seen = detector.find(shown.bgr())
            of_people = seen.classes == _PERSON
            given = np.column_stack([seen.boxes[of_people], seen.scores[of_people]]).astype(np.float64).reshape(-1, 5)
            for left, top, right, bottom, id in tracker.update(given):
                found.setdefault(shown.place.number, []).append((int(id), (left, top, right - left, bottom - top)))
    return found


def boxes_of(report: TrackReport) -> Boxes:
    """The people of a report."""
    found: dict[int, list[tuple[int, Sequence[float]]]] = {}
    for track in report.tracks:
        if track.kind == _PERSON:
            for step in track.every():
                left, top, right, bottom = (float(edge) for edge in step.box)
                found.setdefault(step.number, []).append((track.id, (left, top, right - left, bottom - top)))
    return found


def read_truth(files: Sequence[Path]) -> Boxes:
    """Lines of frame, id, left, top, width, height; more columns are not read. Raises NotMeasurable."""
    found: dict[int, list[tuple[int, Sequence[float]]]] = {}
    for file in files:
        try:
            lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
            rows = [[float(value) for value in line.split(",")[:6]] for line in lines]
        except (OSError, ValueError) as unread:
            raise NotMeasurable(f"{file} can't be read as truth: {unread}") from None
        for number, id, *box in rows:
            found.setdefault(int(number), []).append((int(id), box))
    return found


def scores(found: Boxes, truth: Boxes) -> dict[str, float]:
    """MOTA, IDF1 and what they are made of (motmetrics), over the pictures that have truth; a match is an IoU ≥ 0.5."""
    import motmetrics

    events = motmetrics.MOTAccumulator(auto_id=True)
    for number in sorted(truth):
        wanted, given = truth[number], found.get(number, [])
        events.update([id for id, _ in wanted], [id for id, _ in given], _distances(wanted, given))
    names = ["mota", "idf1", "num_switches", "num_false_positives", "num_misses"]
    table = motmetrics.metrics.create().compute(events, metrics=names, name="all")
    return {name: round(float(table[name].iloc[0]), 3) for name in names}


def _distances(wanted: Sequence[tuple[int, Sequence[float]]], given: Sequence[tuple[int, Sequence[float]]]) -> Any:
    """1 − IoU, NaN below the least that is a match. (motmetrics' own asks NumPy for what it no longer has.)"""
    one = np.array([box for _, box in wanted], float).reshape(-1, 1, 4)
    other = np.array([box for _, box in given], float).reshape(1, -1, 4)
    size = np.minimum(one[..., :2] + one[..., 2:], other[..., :2] + other[..., 2:])
    size = np.maximum(size - np.maximum(one[..., :2], other[..., :2]), 0)
    shared = size[..., 0] * size[..., 1]
    union = one[..., 2] * one[..., 3] + other[..., 2] * other[..., 3] - shared
    overlap = shared / np.maximum(union, 1e-9)
    return np.where(overlap >= _NEAR, 1 - overlap, np.nan)
