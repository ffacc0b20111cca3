"""Tracking a clip: its pictures looked at, what was seen joined to tracks, and what these did in zones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.media.picture_reader import Picture, PictureReader, Place
from workers.vision.car_numbers import VEHICLE, CarNumber, Reader, numbers_on, voted
from workers.vision.checkpoint import Checkpoint
from workers.vision.detection import Detector, Found
from workers.vision.detector_models import DetectorModel
from workers.vision.looks import looks_of
from workers.vision.tracks import Joining, Seen, Track, joined
from workers.vision.zones import Zone, ZoneReport, stays_in

DETECT_EVERY = 2
_CHECK_EVERY = 25
_SMALL = 0.25
_TOLD_EVERY = 50
_READ_EVERY = 5


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How a clip is tracked."""

    joining: Joining = field(default_factory=Joining)
    detect_every: int = DETECT_EVERY
    """1 looks at every picture, 2 at every second; between two the boxes are interpolated."""
    tiles: bool | None = None
    """None: wherever objects are small."""
    limit: int | None = None
    """Pictures to look at, at most."""
    zones: tuple[Zone, ...] = ()
    verbose: bool = False
    read: Reader | None = None
    """Reads car numbers off vehicles; None: they are not read."""


@dataclass(frozen=True, slots=True)
class TrackReport:
    """What a tracking found. No tracks are a result."""

    classes: tuple[str, ...]
    tracks: tuple[Track, ...]
    zones: tuple[ZoneReport, ...]
    car_numbers: tuple[CarNumber, ...]
    times: tuple[float, ...]
    """Seconds since the first picture of each picture, by its number from 1."""
    width: int
    height: int
    """Of the pictures as displayed, px."""
    resumed_at: int
    """Pictures that an earlier attempt had looked at."""
    damaged: bool
    """Something of the clip could not be decoded."""
    took_ms: float
    steps: tuple[dict[str, object], ...] = field(default=(), repr=False)
    """With `verbose`: how far, how much was found and how fast, now and then."""

    @property
    def frames(self) -> int:
        return len(self.times)

    def counts(self) -> dict[str, int]:
        """Tracks by class."""
        return {
            name: sum(track.kind == number for track in self.tracks)
            for number, name in enumerate(self.classes)
            if any(track.kind == number for track in self.tracks)
        }

    def tracks_json(self) -> list[dict[str, object]]:
        return [
            {
                "id": track.id,
                "class": self.classes[track.kind],
                "first_s": round(self.times[track.numbers[0] - 1], 3),
                "last_s": round(self.times[track.numbers[-1] - 1], 3),
                "frames": track.frames,
                "mean_score": round(track.mean_score, 3),
            }
            for track in self.tracks
        ]

    def as_json(self, files: dict[str, str]) -> dict[str, object]:
        """The document of `trackshift track`. files: kind → path."""
        return {
            "tracks": self.tracks_json(),
            "zones": [zone.as_json() for zone in self.zones],
            "files": files,
            "frames": self.frames,
            "ms": round(self.took_ms, 1),
        }


def track_clip(
    path: Path,
    model: DetectorModel,
    how: TrackSettings,
    *,
    checkpoint: Path | None = None,
    progress: Callable[[float], None] = lambda share: None,
    threads: int | None = None,
) -> TrackReport:
    """Track what is on a clip. checkpoint: where to go on from, and to keep how far it is.

    Raises MediaError, ModelUnusable.
    """
    began_s = time.monotonic()
    with (
        PictureReader(path) as reader,
        Checkpoint(checkpoint, work_of(path, model, how)) as kept,
        Detector(model, threads=threads, floor=how.joining.low) as detector,
    ):
        resumed_at = len(kept.times)
        look = _Look(kept, detector, how, began_s)
        times = look.through(reader, progress)
        size = (reader.width, reader.height)
        damaged = reader.damaged
        # What an earlier attempt saw beyond this one's limit counts no more.
        seen = [one for one in kept.seen if how.limit is None or one.number <= how.limit]
    times = times[: how.limit] if how.limit is not None else times
    tracks = joined(seen, how.joining)
    zones = tuple(stays_in(zone, tracks, model.classes, times, size) for zone in how.zones)
    vehicle = model.classes.index(VEHICLE) if VEHICLE in model.classes else -1
    return TrackReport(
        classes=model.classes,
        tracks=tuple(tracks),
        zones=zones,
        car_numbers=voted(seen, tracks, vehicle),
        times=tuple(times),
        width=size[0],
        height=size[1],
        resumed_at=resumed_at,
        damaged=damaged,
        took_ms=(time.monotonic() - began_s) * 1000,
        steps=tuple(look.steps),
    )


def work_of(path: Path, model: DetectorModel, how: TrackSettings) -> dict[str, object]:
    """What makes a checkpoint one of this work: all that decides what is seen in a picture."""
    about = path.stat()
    return {
        "bytes": about.st_size,
        "changed_ns": about.st_mtime_ns,
        "model": [model.name, model.file.stat().st_size],
        "detect_every": how.detect_every,
        "tiles": how.tiles,
        "low": how.joining.low,
        "high": how.joining.high,
    }


@dataclass(slots=True)
class _Look:
    """The pass over the pictures: one is being decoded while the one before is looked at."""

    kept: Checkpoint
    detector: Detector
    how: TrackSettings
    began_s: float
    steps: list[dict[str, object]] = field(default_factory=list)

    def through(self, reader: PictureReader, progress: Callable[[float], None]) -> list[float]:
        """Look at every picture that is due; returns the seconds of each picture, by its number."""
        whole = min(reader.frames or self.how.limit or 1, self.how.limit or reader.frames or 1)
        done = len(self.kept.times)
        fresh: list[float] = []
        under_way: tuple[Callable[[], Found], Picture, Place, list[float], bool] | None = None
        for shown in reader.pictures(self.kept.place):
            place = shown.place
            if self.how.limit is not None and place.number > self.how.limit:
                break
            # A picture without a time of its own has the next one's.
            fresh += [place.at_s] * (place.number - done - len(fresh))
            if (place.number - 1) % self.how.detect_every:
                continue
            picture, tiled = shown.bgr(), self._is_tiled(place.number)
            answer = self.detector.begin(picture, tiled=tiled)
            if under_way is not None:
                self._finish(*under_way)
            under_way = (answer, picture, place, fresh, tiled)
            done, fresh = place.number, []
            progress(min(place.number / whole, 1.0))
        if under_way is not None:
            self._finish(*under_way)
        return [*self.kept.times, *fresh]

    def _is_tiled(self, number: int) -> bool:
        """Now and then both are tried: if something small is found, or nothing, tiles are used until the next time."""
        if self.how.tiles is not None:
            return self.how.tiles
        return self._turn(number) < 2 or bool(self.kept.note.get("small", True))

    def _turn(self, number: int) -> int:
        return (number - 1) // self.how.detect_every % _CHECK_EVERY

    def _finish(
        self, answer: Callable[[], Found], picture: Picture, place: Place, times: list[float], tiled: bool
    ) -> None:
        found = answer()
        note = dict(self.kept.note)
        if self._turn(place.number) == 0:
            note["small"] = _are_small(found, picture, self.how.joining.high)
        looks = looks_of(picture, found.boxes)
        texts = self._read(found, picture) if self._turn(place.number) % _READ_EVERY == 0 else ()
        seen = Seen(place.number, place.at_s, found.boxes, found.scores, found.classes, looks, texts)
        self.kept.add(seen, times, place, note)
        if self.how.verbose and len(self.kept.seen) % _TOLD_EVERY == 1:
            spent_s = time.monotonic() - self.began_s
            self.steps.append(
                {"picture": place.number, "found": len(found.scores), "tiled": tiled, "spent_s": round(spent_s, 2)}
            )

    def _read(self, found: Found, picture: Picture) -> tuple[tuple[int, str, float], ...]:
        names = self.detector.model.classes
        if self.how.read is None or VEHICLE not in names:
            return ()
        vehicles = (found.classes == names.index(VEHICLE)) & (found.scores >= self.how.joining.high)
        return numbers_on(self.how.read, picture, found.boxes, [int(place) for place in np.flatnonzero(vehicles)])


def _are_small(found: Found, picture: Picture, high: float) -> bool:
    height, width = picture.shape[:2]
    sure: Sequence[tuple[float, float]] = [
        ((box[2] - box[0]) / width, (box[3] - box[1]) / height)
        for box, score in zip(found.boxes, found.scores, strict=True)
        if score >= high
    ]
    return not sure or any(max(size) < _SMALL for size in sure)
