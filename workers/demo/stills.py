"""Stills of the demo's footage, so that there is something to analyse before the first press."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from core.media.clip_reader import ClipReader
from core.run import Asset, FrameRef

MOMENTS_S = (1.0, 4.0, 7.0, 9.8, 11.0, 16.0)
"""The empty box, the car that comes, stands, is released, leaves, and the empty box again."""


def take_stills(films: Mapping[str, Path], to: Path, moments_s: Sequence[float] = MOMENTS_S) -> list[Asset]:
    """One asset for each film and moment: a JPEG in `to`. films: video files by camera id."""
    to.mkdir(parents=True, exist_ok=True)
    assets = []
    for camera_id, film in films.items():
        with ClipReader(film) as reader:
            for moment_s in moments_s:
                file = to / f"{camera_id}-{moment_s:04.1f}s.jpg"
                picture = reader.frame_at(reader.pts_at(reader.info.start_ns + int(moment_s * 1e9)))
                file.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
                assets.append(Asset(f"{camera_id} at {moment_s:g} s", (FrameRef(path=str(file)),), "Pit box 1"))
    return assets
