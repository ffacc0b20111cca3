"""Fills a station with stops for the tests of the review: the demo's own four clips, and made-up measures of them."""

import hashlib
import shutil
from pathlib import Path

from core.camera import Camera, ClockSource
from core.clip import Clip
from core.ids import new_id
from core.object_keys import object_key
from core.paths import DataFolder
from core.pit_box import PitBox
from core.stop import Mark, Moment, Span, Stop
from core.store import cameras, clips, stops
from core.store.database import Database
from core.upload import ItemKind

NOON_NS = 1_795_262_400_000_000_000
MS = 1_000_000
BOX = PitBox(((0.2, 0.35), (0.8, 0.35), (0.9, 0.9), (0.1, 0.9)))


def add_camera(database: Database, camera_id: str, name: str, box: PitBox | None = BOX) -> None:
    with database.write() as tx:
        cameras.add(tx, Camera(camera_id, "rtsp://127.0.0.1/live", name))
        if box is not None:
            cameras.set_pit_box(tx, camera_id, box)


def add_video(folder: DataFolder, database: Database, camera_id: str, file: Path, at_ns: int = NOON_NS) -> Clip:
    """A clip whose file is a copy of this video."""
    from core.media.clip_reader import ClipReader  # late: most tests of the window need no video library

    clip_id = new_id()
    path = object_key(ItemKind.CLIP, camera_id, clip_id, at_ns, "mp4")
    target = folder.absolute(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    with ClipReader(target) as reader:
        info = reader.info
    made = Clip(
        id=clip_id,
        path=path,
        camera_id=camera_id,
        session_id=None,
        job_id=None,
        ordinal=0,
        format="mp4",
        codec=info.codec,
        width=info.width,
        height=info.height,
        bytes=target.stat().st_size,
        sha256=hashlib.sha256(target.read_bytes()).hexdigest(),
        captured_at_ns=at_ns,
        captured_u_ns=4 * MS,
        clock_source=ClockSource.RTCP,
        duration_ns=info.duration_ns,
        frame_count=info.frame_count,
    )
    with database.write() as tx:
        return clips.add(tx, made, station_id="station-1")


def a_stop(
    camera_id: str,
    clip_id: str | None,
    zero_ns: int = NOON_NS,
    times_s: tuple[float, ...] = (4.1, 5.5, 10.0, 11.2),
    u_ms: float = 6.0,
    **fields: object,
) -> Stop:
    """Arrived, stationary, released, departed at these seconds of its video."""
    doubts = (3 * u_ms, u_ms, u_ms, 3 * u_ms)
    marks = {
        moment: Mark(zero_ns + round(t * 1e9), round(u * MS))
        for moment, t, u in zip(Moment, times_s, doubts, strict=True)
    }
    span = Span(round((times_s[2] - times_s[1]) * 1e9), round(u_ms * 1.4 * MS))
    values: dict[str, object] = {
        "id": "",
        "camera_id": camera_id,
        "session_id": None,
        "job_id": "job",
        "clip_id": clip_id,
        "zero_at_ns": zero_ns,
        "frame_ns": 40 * MS,
        "machine": marks,
        "machine_span": span,
        "complete": True,
        "box": BOX.points,
    }
    return Stop(**(values | fields))  # type: ignore[arg-type]


def keep(database: Database, stop: Stop) -> Stop:
    with database.write() as tx:
        return stops.keep(tx, [stop], clip_id=stop.clip_id)[0]
