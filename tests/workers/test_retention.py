"""Deleted files go after their days, ended jobs after theirs; nothing else does, and never by a stranger's database."""

from pathlib import Path

import pytest

from core.errors import DataFolderForeign, NotFound
from core.store import frames, jobs, uploads
from tests.fakes.fake_clock import FakeClock
from tests.workers.station_parts import StationParts, open_station_parts
from workers import retention

_DAY_NS = 86_400 * 1_000_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def station(tmp_path: Path, clock: FakeClock):
    parts = open_station_parts(tmp_path / "data", clock)
    yield parts
    parts.database.close()


def retain(station: StationParts) -> None:
    retention.run_once(station.database, station.folder, station.settings, station.clock.utc_ns())


def delete(station: StationParts, path: str) -> str:
    with station.database.write() as tx:
        frame = frames.by_path(tx, path)
        assert frame is not None
        frames.delete(tx, [frame.id])
    return frame.id


def test_a_deleted_frame_can_be_had_back_for_a_week_and_then_its_file_goes(station: StationParts, clock: FakeClock):
    gone, kept = station.captured(), station.captured(b"another")
    frame_id = delete(station, gone)
    clock.advance(7 * _DAY_NS - 1)
    retain(station)
    assert set(station.media_files()) == {gone, kept}
    clock.advance(2)
    retain(station)
    assert station.media_files() == [kept]
    with station.database.read() as tx:
        assert frames.get(tx, frame_id).file_gone_at_ns == clock.utc_ns()
        assert [upload.path for upload in uploads.every(tx)] == sorted([gone, kept]), (
            "its object is none of our business"
        )
    retain(station)


def test_a_deletion_undone_in_time_keeps_the_file(station: StationParts, clock: FakeClock):
    path = station.captured()
    frame_id = delete(station, path)
    clock.advance(8 * _DAY_NS)
    with station.database.write() as tx:
        frames.undelete(tx, [frame_id])
    retain(station)
    assert station.media_files() == [path]


def test_a_database_of_another_station_removes_nothing(station: StationParts, clock: FakeClock):
    path = station.captured()
    delete(station, path)
    clock.advance(8 * _DAY_NS)
    station.folder.identity_file.write_text("a stranger")
    with pytest.raises(DataFolderForeign):
        retain(station)
    assert station.media_files() == [path]


def test_ended_jobs_are_forgotten_after_a_week_and_open_ones_never(station: StationParts, clock: FakeClock):
    ended, waiting = station.enqueue(), station.enqueue()
    station.cancel(ended.id)
    clock.advance(7 * _DAY_NS + 1)
    retain(station)
    assert station.job(waiting.id)
    with pytest.raises(NotFound), station.database.read() as tx:
        jobs.get(tx, ended.id)
