"""Fills a station for the window's tests: cameras, and frames and clips with files that are really there."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from core.camera import Camera, ClockSource
from core.clip import Clip
from core.frame import Frame
from core.ids import new_id
from core.object_keys import object_key
from core.paths import DataFolder
from core.store import cameras, clips, frames, schema_files
from core.store.database import Database
from core.upload import ItemKind
from gui.station import Station

NOON_NS = 1_795_262_400_000_000_000
"""2026-11-21 12:00:00 UTC."""
SECOND_NS = 1_000_000_000
SIZE = QSize(640, 360)


def add_cameras(database: Database, *ids: str) -> None:
    with database.write() as tx:
        for id in ids:
            cameras.add(tx, Camera(id=id, url="rtsp://127.0.0.1/live", name=id.replace("_", " ")))


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


def add_many_frames(station: Station, camera_id: str, count: int, linked: Iterable[int]) -> None:
    """So many rows, a second apart, the files of the `linked` numbers on disk, hard links to one picture."""
    first = add_frames(station, camera_id, range(1))[0]
    folder = station.folder
    (folder.frames / "many").mkdir()
    for number in linked:
        os.link(folder.absolute(first.path), folder.frames / "many" / f"{number}.jpg")
    kept = [name for name in schema_files.frames.c.keys() if name not in ("id", "path", "captured_at_ns")]  # noqa: SIM118
    with station.database.write() as tx:
        tx.connection.exec_driver_sql(
            "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?) "
            f"INSERT INTO frames (id, path, captured_at_ns, {', '.join(kept)}) "
            "SELECT printf('%026d', n), 'frames/many/' || n || '.jpg', captured_at_ns + n * 1000000000, "
            f"{', '.join(kept)} FROM frames, counted WHERE id = ?",
            (count - 1, first.id),
        )


def clip_bytes(folder: Path) -> bytes:
    """A short H.264 video, 320 × 180, green."""
    import av  # late: most of the window's tests need no video library
    import numpy as np

    path = folder / "made.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        green = np.zeros((180, 320, 3), np.uint8)
        green[:, :, 1] = 200
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(green, format="bgr24")))
        container.mux(stream.encode())
    return path.read_bytes()
