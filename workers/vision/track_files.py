"""The files of a tracking: MOTChallenge text, JSON, Parquet, and the clip with the tracks drawn on it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.media.clip_encoder import encode_clip
from core.media.picture_reader import Picture, PictureReader
from workers.vision.tracking import TrackReport
from workers.vision.tracks import Step, Track

MOT, JSON, PARQUET, CLIP = "tracks.txt", "tracks.json", "tracks.parquet", "annotated.mp4"
_COLOURS = ((90, 190, 255), (255, 170, 60), (120, 230, 120), (230, 120, 230), (120, 120, 255), (230, 230, 90))
_ZONE = (60, 220, 220)
_MOT_CLASSES = {"person": 1, "vehicle": 3, "bicycle": 4}


def write_mot(report: TrackReport, target: Path) -> None:
    """A line a track and picture: number from 1, id, left, top, width, height in px, score, MOT's class, -1, -1."""
    rows = sorted(_steps(report), key=lambda row: (row[1].number, row[0].id))
    classes = [_MOT_CLASSES.get(name, -1) for name in report.classes]
    lines = [
        f"{step.number},{track.id},{_mot_box(step)},{step.score:.4f},{classes[track.kind]},-1,-1\n"
        for track, step in rows
    ]
    target.write_text("".join(lines), encoding="ascii")


def _mot_box(step: Step) -> str:
    left, top, right, bottom = (float(edge) for edge in step.box)
    return f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"


def write_json(report: TrackReport, target: Path, about: dict[str, Any]) -> None:
    """The report and each track's boxes: number, seconds, left, top, right, bottom, score, detected or interpolated."""
    summaries = report.tracks_json()
    for summary, track in zip(summaries, report.tracks, strict=True):
        summary["boxes"] = [_row(step, report.times[step.number - 1]) for step in track.every()]
    document = {
        **about,
        "width": report.width,
        "height": report.height,
        "classes": list(report.classes),
        "counts": report.counts(),
        "tracks": summaries,
        "zones": [zone.as_json() for zone in report.zones],
        "car_number_offer": [offer.as_json() for offer in report.car_numbers],
        "frames": report.frames,
        "damaged": report.damaged,
        "ms": round(report.took_ms, 1),
    }
    target.write_text(json.dumps(document) + "\n", encoding="utf-8")


def _row(step: Step, at_s: float) -> list[object]:
    edges = (round(float(edge), 2) for edge in step.box)
    return [step.number, round(at_s, 6), *edges, round(step.score, 4), step.detected]


def write_parquet(report: TrackReport, target: Path) -> None:
    """A row a track and picture; the columns say their units."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(_steps(report))
    boxes = np.array([step.box for _, step in rows], np.float32).reshape(-1, 4)
    columns = {
        "frame": pa.array([step.number for _, step in rows], pa.int32()),
        "t_s": pa.array([report.times[step.number - 1] for _, step in rows], pa.float64()),
        "track": pa.array([track.id for track, _ in rows], pa.int32()),
        "class": pa.array([report.classes[track.kind] for track, _ in rows], pa.string()),
        **{f"{name}_px": pa.array(boxes[:, place]) for place, name in enumerate(("left", "top", "right", "bottom"))},
        "score": pa.array([step.score for _, step in rows], pa.float32()),
        "detected": pa.array([step.detected for _, step in rows], pa.bool_()),
    }
    pq.write_table(pa.table(columns), target)


def write_clip(
    report: TrackReport, source: Path, target: Path, progress: Callable[[float], None] = lambda share: None
) -> None:
    """The clip again, as far as it was looked at, with boxes, ids and zones on it. Raises MediaError."""
    at: dict[int, list[tuple[Track, Step]]] = {}
    for track, step in _steps(report):
        at.setdefault(step.number, []).append((track, step))
    with PictureReader(source) as reader:

        def drawn() -> Iterator[tuple[float, Picture]]:
            for shown in reader.pictures():
                if shown.place.number > report.frames:
                    return
                picture = shown.bgr()
                _draw(picture, report, at.get(shown.place.number, []))
                yield shown.place.at_s, picture
                progress(shown.place.number / report.frames)

        encode_clip(target, drawn(), reader.fps)


def _draw(picture: Picture, report: TrackReport, here: list[tuple[Track, Step]]) -> None:
    scale = max(picture.shape[0] / 720, 0.5)
    thick = max(1, round(2 * scale))
    for zone in report.zones:
        corners = np.array(zone.zone.polygon.scaled(report.width, report.height), np.int32)
        cv2.polylines(picture, [corners], True, _ZONE, thick)
    for track, step in here:
        left, top, right, bottom = (round(float(edge)) for edge in step.box)
        colour = _COLOURS[track.id % len(_COLOURS)]
        cv2.rectangle(picture, (left, top), (right, bottom), colour, thick)
        said = f"{track.id} {report.classes[track.kind]}"
        cv2.putText(picture, said, (left, max(top - 4, 12)), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * scale, colour, thick)


def write_all(
    report: TrackReport,
    source: Path,
    folder: Path,
    about: dict[str, Any],
    *,
    prefix: str = "",
    annotate: bool = True,
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, str]:
    """Every file, by its kind: mot, json, parquet and, if asked for, clip. Raises MediaError."""
    files = {"mot": folder / (prefix + MOT), "json": folder / (prefix + JSON), "parquet": folder / (prefix + PARQUET)}
    write_mot(report, files["mot"])
    write_json(report, files["json"], about)
    write_parquet(report, files["parquet"])
    if annotate:
        files["clip"] = folder / (prefix + CLIP)
        write_clip(report, source, files["clip"], progress)
    return {kind: str(path) for kind, path in files.items()}


def _steps(report: TrackReport) -> Iterator[tuple[Track, Step]]:
    for track in report.tracks:
        for step in track.every():
            yield track, step
