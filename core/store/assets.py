"""Assets from the library: its frames, grouped by session, camera or car, or each by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from core.clock import utc_text
from core.run import Asset, FrameRef
from core.store import cameras, sessions
from core.store.database import Reading
from core.store.library import LibraryFilter, conditions
from core.store.schema_files import frames

CAR_KEYS = ("car_number", "car")
"""Where a frame's own fields name its car."""


class AssetGrouping(StrEnum):
    """What is one asset."""

    FRAME = "frame"
    CAMERA = "camera"
    SESSION = "session"
    CAR = "car"


@dataclass(frozen=True, slots=True)
class LibraryAssets:
    assets: tuple[Asset, ...]
    frames: int
    """In all assets."""
    left_out: int = 0
    """Frames of no such group: without a car or a session."""
    away: int = 0
    """Frames whose file is in object storage alone."""


def of_library(tx: Reading, wanted: LibraryFilter, by: AssetGrouping) -> LibraryAssets:
    """The frames that the filter lets through, oldest first; of an asset's frames in that order too."""
    c = frames.c
    columns = (c.id, c.camera_id, c.session_id, c.captured_at_ns, c.location, c.meta, c.file_gone_at_ns)
    query = select(*columns).where(*conditions(frames, wanted)).order_by(c.captured_at_ns, c.id)
    names = _Names(tx)
    groups: dict[str, list[FrameRef]] = {}
    locations: dict[str, str] = {}
    number = left_out = away = 0
    for row in tx.execute(query).mappings():
        asset_id = names.of(row, by)
        if row["file_gone_at_ns"] is not None:
            away += 1
        elif asset_id is None:
            left_out += 1
        else:
            if by is AssetGrouping.FRAME and asset_id in groups:  # two of one camera at one instant
                asset_id = f"{asset_id} {row['id']}"
            number += 1
            groups.setdefault(asset_id, []).append(FrameRef(frame_id=row["id"]))
            if by is not AssetGrouping.SESSION:
                locations.setdefault(asset_id, row["location"] or names.places.get(row["camera_id"], ""))
    assets = tuple(Asset(name, tuple(refs), locations.get(name, "")) for name, refs in groups.items())
    return LibraryAssets(assets, number, left_out, away)


def car_of(meta: Mapping[str, object]) -> str | None:
    """The car's number or name as a frame's own fields say it."""
    said = {key.lower(): value for key, value in meta.items()}
    found = next((said[key] for key in CAR_KEYS if said.get(key) not in (None, "")), None)
    return None if found is None else str(found)


class _Names:
    """What assets are called."""

    def __init__(self, tx: Reading) -> None:
        self.places = {camera.id: camera.location for camera in cameras.every(tx)}
        self._sessions = _unique({session.id: session.label for session in sessions.every(tx)})

    def of(self, row: Any, by: AssetGrouping) -> str | None:
        if by is AssetGrouping.CAMERA:
            return str(row["camera_id"])
        if by is AssetGrouping.SESSION:
            return self._sessions.get(row["session_id"])
        if by is AssetGrouping.CAR:
            car = car_of(row["meta"])
            return None if car is None else f"Car {car}"
        return f"{row['camera_id']} {utc_text(row['captured_at_ns'])}"


def _unique(labels: Mapping[str, str]) -> dict[str, str]:
    """Two sessions of one name keep apart."""
    told = list(labels.values())
    return {id: label if told.count(label) == 1 else f"{label} ({id})" for id, label in labels.items()}
