"""A fresh station's database on a clock that the test moves, with one camera."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.camera import Camera, ClockSource
from core.clip import Clip
from core.frame import Frame
from core.ids import new_id
from core.paths import DataFolder
from core.store import cameras, frames
from core.store.database import Database, open_database
from tests.fakes.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "station")


@pytest.fixture
def db(folder: DataFolder, clock: FakeClock) -> Iterator[Database]:
    database = open_database(folder, clock=clock, checkpoints=True, busy_s=0.2)
    with database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/one"))
    yield database
    assert database.integrity_check() == []
    database.close()


def a_frame(number: int = 0, **fields: object) -> Frame:
    """A frame of Pit_1, captured `number` seconds after the first."""
    id = new_id()
    frame = Frame(
        id=id,
        path=f"frames/2026/11/21/Pit_1/{id}.jpg",
        camera_id="Pit_1",
        session_id=None,
        job_id=None,
        ordinal=number,
        format="jpg",
        width=1280,
        height=720,
        bytes=1000 + number,
        sha256=f"{number:064x}",
        captured_at_ns=1_795_266_245_000_000_000 + number * 10**9,
        captured_u_ns=1_000_000,
        clock_source=ClockSource.RTCP,
    )
    return replace(frame, **fields)  # type: ignore[arg-type]


def a_clip(**fields: object) -> Clip:
    frame = a_frame()
    shared = {name: getattr(frame, name) for name in Frame.__slots__}
    shared |= {"path": frame.path.replace("frames/", "clips/").replace(".jpg", ".mp4"), "format": "mp4"}
    return Clip(**shared | {"codec": "h264", "duration_ns": 7 * 10**9, "frame_count": 175} | fields)


@pytest.fixture
def keep(db: Database, clock: FakeClock) -> Callable[..., Frame]:
    """Add a frame, a second after the one before."""

    def keep_frame(number: int = 0, **fields: object) -> Frame:
        clock.advance(10**9)
        with db.write() as tx:
            return frames.add(tx, a_frame(number, **fields), station_id="station-1")

    return keep_frame


@pytest.fixture
def do(db, clock):
    """Call one function of the store in a transaction of its own, a millisecond after the last."""

    def call(function, *args, **named):
        clock.advance(10**6)
        with db.write() as tx:
            return function(tx, *args, **named)

    return call
