"""Assets that were written down: a CSV of names and frame paths, or paths alone."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.errors import UsageError
from core.run import Asset, FrameRef

_ID, _LOCATION = "asset_id", "location"
_FRAMES = ("frames", "frame_paths", "frame_path", "frame", "paths", "path")
_BETWEEN = re.compile(r"\s*[;|\n]\s*")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
_HINT = "Its columns are asset_id, location (may be left out) and frames: paths with ; between them."


def read_csv(path: Path) -> list[Asset]:
    """One asset a name, in the order of the file; lines of the same name are one asset. A path that is not absolute
    is meant from the file's own folder. Raises UsageError, which names the line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(f"{path} can't be read as UTF-8 text: {unreadable}", hint=_HINT) from None
    rows = csv.DictReader(text.splitlines(keepends=True), dialect=_dialect(text))
    names = {str(name).strip().lower(): name for name in rows.fieldnames or () if name}
    frames_column = next((names[name] for name in _FRAMES if name in names), None)
    if _ID not in names or frames_column is None:
        raise UsageError(f"The first line of {path.name} names no columns asset_id and frames", hint=_HINT)
    frames: dict[str, list[FrameRef]] = {}
    locations: dict[str, str] = {}
    for row in rows:
        asset_id, said = (row[names[_ID]] or "").strip(), (row[frames_column] or "").strip()
        if not asset_id and not said:
            continue
        if not asset_id or not said:
            what = "frames" if asset_id else "asset_id"
            raise UsageError(f"Line {rows.line_num} of {path.name} has no {what}", hint=_HINT)
        found = [path.parent / part for part in _BETWEEN.split(said) if part]
        frames.setdefault(asset_id, []).extend(FrameRef(path=str(one.absolute())) for one in found)
        if _LOCATION in names and row[names[_LOCATION]]:
            locations.setdefault(asset_id, row[names[_LOCATION]].strip())
    if not frames:
        raise UsageError(f"{path.name} names no asset", hint=_HINT)
    return [
        Asset(asset_id, tuple(dict.fromkeys(refs)), locations.get(asset_id, "")) for asset_id, refs in frames.items()
    ]


def of_paths(paths: Iterable[Path]) -> list[Asset]:
    """A picture file is an asset, by its name; so is a folder with all its pictures. Raises UsageError."""
    assets: dict[str, Asset] = {}
    for path in paths:
        files = [path] if path.is_file() else sorted(one for one in path.glob("*") if one.suffix.lower() in _PICTURES)
        if not files:
            raise UsageError(f"There is no picture at {path}", hint="Name picture files, or folders that hold some.")
        name = path.stem if path.is_file() else path.resolve().name
        name = name if name not in assets else str(path)
        assets[name] = Asset(name, tuple(FrameRef(path=str(file.absolute())) for file in files))
    return list(assets.values())


def missing(assets: Sequence[Asset]) -> list[str]:
    """The files that the assets name and that are not there."""
    paths = (frame.path for asset in assets for frame in asset.frames if frame.path is not None)
    return [path for path in paths if not Path(path).is_file()]


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, or what a spreadsheet of another language puts between its columns."""
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)

    class Written(csv.excel):
        delimiter = separator

    return Written
