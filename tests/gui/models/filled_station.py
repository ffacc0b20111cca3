"""A real station for the window's tests: a data folder, its database, and files with their rows."""

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from sqlalchemy import insert

from core.camera import Camera, ClockSource
from core.clip import Clip
from core.credentials import Credentials
from core.frame import Frame
from core.ids import new_id
from core.object_keys import object_key
from core.paths import DataFolder
from core.settings import load
from core.store import cameras, clips, frames, schema_files
from core.store.database import Database, open_database
from core.upload import ItemKind
from gui.station import Station

NOON_NS = 1_795_262_400_000_000_000
"""2026-11-21 12:00:00 UTC."""
SECOND_NS = 1_000_000_000


def make_station(root: Path) -> Station:
    """A station that is not started: it emits `changed` when a test says so."""
    folder = DataFolder(root)
    folder.create()
    return Station(folder, open_database(folder), Credentials(folder, environment={}), load(folder))


def add_cameras(database: Database, *ids: str) -> None:
    with database.write() as tx:
        for id in ids:
            cameras.add(tx, Camera(id=id, url="rtsp://127.0.0.1/live", name=id.replace("_", " ")))


SIZE = QSize(640, 360)


def picture_bytes(number: int, size: QSize = SIZE) -> bytes:
    """A JPEG of its own colour with its number written on it."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsv(number * 37 % 360, 150, 120))
    painter = QPainter(image)
    font = painter.font()
    font.setPixelSize(size.height() // 3)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(image.rect(), 0x84, str(number))
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPG", 85)  # type: ignore[call-overload]
    return bytes(data.data())


def make_frame(folder: DataFolder, camera_id: str, number: int, data: bytes | None = None, **fields: object) -> Frame:
    """A frame of `number` seconds after noon whose file is on disk; its row is not made."""
    data = picture_bytes(number) if data is None else data
    at_ns = NOON_NS + number * SECOND_NS
    id = new_id()
    path = object_key(ItemKind.FRAME, camera_id, id, at_ns, "jpg")
    target = folder.absolute(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    values: dict[str, object] = {
        "id": id,
        "path": path,
        "camera_id": camera_id,
        "session_id": None,
        "job_id": None,
        "ordinal": 0,
        "format": "jpg",
        "width": 640,
        "height": 360,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at_ns": at_ns,
        "captured_u_ns": 1_200_000,
        "clock_source": ClockSource.RTCP,
    }
    return Frame(**(values | fields))  # type: ignore[arg-type]


def add_frames(station: Station, camera_id: str, numbers: range, **fields: object) -> list[Frame]:
    made = [make_frame(station.folder, camera_id, number, None, **fields) for number in numbers]
    with station.database.write() as tx:
        return [frames.add(tx, frame, station_id="station-1") for frame in made]


def add_clip(station: Station, camera_id: str, number: int, data: bytes, **fields: object) -> Clip:
    at_ns = NOON_NS + number * SECOND_NS
    id = new_id()
    path = object_key(ItemKind.CLIP, camera_id, id, at_ns, "mp4")
    target = station.folder.absolute(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    values: dict[str, object] = {
        "id": id,
        "path": path,
        "camera_id": camera_id,
        "session_id": None,
        "job_id": None,
        "ordinal": 0,
        "format": "mp4",
        "codec": "h264",
        "width": 320,
        "height": 180,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at_ns": at_ns,
        "captured_u_ns": 40_000_000,
        "clock_source": ClockSource.ARRIVAL,
        "duration_ns": 2 * SECOND_NS,
        "frame_count": 50,
    }
    with station.database.write() as tx:
        return clips.add(tx, Clip(**(values | fields)), station_id="station-1")  # type: ignore[arg-type]


def add_many_frames(station: Station, camera_id: str, count: int) -> None:
    """So many rows, a second apart; their files are hard links to some hundred pictures."""
    folder = station.folder
    originals = [make_frame(folder, camera_id, number) for number in range(100)]
    day = folder.frames / "many"
    day.mkdir()
    names = list(schema_files.frames.c.keys())
    rows = []
    for number in range(count):
        original = originals[number % len(originals)]
        path = day / f"{number}.jpg"
        os.link(folder.absolute(original.path), path)
        rows.append(
            {name: getattr(original, name) for name in names}
            | {"id": f"{number:026d}", "path": folder.relative(path), "captured_at_ns": NOON_NS + number * SECOND_NS}
        )
    with station.database.write() as tx:
        tx.connection.execute(insert(schema_files.frames), [row | {"revision": tx.revision()} for row in rows])
