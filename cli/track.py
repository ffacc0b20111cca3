"""`trackshift track`: what moves in a clip, as tracks; without a worker and without a data folder."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from cli.answer import Answer
from core.capture import refusal
from core.errors import MediaUnreadable, UsageError
from core.paths import DataFolder
from core.pit_box import PitBox
from core.tracking import TrackingParams

_ZONE_HINT = "Write a zone as NAME=x,y,width,height or NAME=x,y x,y x,y …, in px of the clip as displayed."


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Zero tracks are a result. Raises MediaError, ModelUnusable, UsageError."""
    clip = Path(arguments.clip).expanduser().absolute()
    if not clip.is_file():
        raise MediaUnreadable(f"There is no clip {clip}", file=clip.name, hint="Name a video file.")
    params = _params(arguments, clip)
    out = _out(arguments.out)

    from core.media.picture_reader import PictureReader  # late: the video and vision libraries take a second
    from workers.vision.detector_models import find_model
    from workers.vision.track_files import write_all
    from workers.vision.track_options import settings_of
    from workers.vision.tracking import track_clip

    model = find_model(arguments.model, folder)
    zones: tuple[tuple[str, PitBox], ...] = ()
    if arguments.zone:
        with PictureReader(clip) as reader:
            zones = tuple(_zone(text, reader.width, reader.height) for text in arguments.zone)
    report = track_clip(clip, model, settings_of(params, model, zones), progress=_show)
    files: dict[str, str] = {}
    if out is not None:
        try:
            files = write_all(
                report, clip, out, {"path": str(clip), "model": model.name}, annotate=params.annotate, progress=_show
            )
        except OSError as unwritten:
            raise UsageError(f"{out} can't be written: {unwritten.strerror}", hint="Name another --out.") from None
    _clear()
    counts = ", ".join(f"{number} {name}" for name, number in report.counts().items()) or "no tracks"
    lines = [f"{counts} in {report.frames} pictures, {report.took_ms / 1000:.1f} s"]
    lines += [
        f"  {row['id']:>4}  {row['class']:8} {row['first_s']:9.3f} s to {row['last_s']:9.3f} s, "
        f"{row['frames']} pictures, score {row['mean_score']:.2f}"
        for row in report.tracks_json()
    ]
    if report.damaged:
        lines.append("  A part of the clip could not be decoded: nothing is known of it.")
    for zone in report.zones:
        lines.append(f"  {zone.zone.name}: {len(zone.stays)} stays, {sum(stay.dwell_s for stay in zone.stays):.1f} s")
    return Answer(report.as_json(files), "\n".join([*lines, *(f"  {path}" for path in files.values())]))


def _params(arguments: argparse.Namespace, clip: Path) -> TrackingParams:
    asked = {
        "path": str(clip),
        "video_limit": arguments.limit,
        "detect_every": arguments.detect_every,
        "tiles": {"auto": None, "on": True, "off": False}[arguments.tiles],
        "high": arguments.high,
        "low": arguments.low,
        "annotate": not arguments.no_clip,
    }
    try:
        return TrackingParams.model_validate(asked)
    except ValidationError as invalid:
        raise refusal(invalid) from None


def _out(named: str | None) -> Path | None:
    if named is None:
        return None
    out = Path(named).expanduser().absolute()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise UsageError(f"{out} can't be made: {refused.strerror}", hint="Name another --out.") from None
    return out


def _zone(text: str, width: int, height: int) -> tuple[str, PitBox]:
    name, _, corners = text.rpartition("=")
    try:
        points = [[float(value) for value in point.split(",")] for point in corners.split()]
    except ValueError:
        raise UsageError(f"--zone {text!r} is no zone", hint=_ZONE_HINT) from None
    if len(points) == 1 and len(points[0]) == 4:
        x, y, wide, high = points[0]
        return name or "zone", PitBox.from_rect(x, y, wide, high, width, height)
    if any(len(point) != 2 for point in points):
        raise UsageError(f"--zone {text!r} is no zone", hint=_ZONE_HINT)
    return name or "zone", PitBox.from_points([(x / width, y / height) for x, y in points])


def _show(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{share:.0%}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
