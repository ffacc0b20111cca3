"""Assets as they are grouped from the library."""

from core.camera import Camera
from core.run import FrameRef
from core.store import assets, cameras, frames, sessions
from core.store.assets import AssetGrouping
from core.store.library import LibraryFilter
from tests.core.store.conftest import a_frame


def filled(db) -> list[str]:
    """Four frames: of two cameras, one car named twice, one session; the last one's file is gone. Their ids."""
    with db.write() as tx:
        cameras.add(tx, Camera("Pit_2", "rtsp://127.0.0.1/two", location="Box 2"))
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
        made = [
            a_frame(2, meta={"car": 27}, location="Box 1"),
            a_frame(1, meta={"Car_Number": "27"}, camera_id="Pit_2", session_id=session.id),
            a_frame(3),
            a_frame(4),
        ]
        ids = [frames.add(tx, frame, station_id="s").id for frame in made]
        frames.mark_file_gone(tx, ids[3])
    return ids


def grouped(db, by: AssetGrouping, **wanted) -> assets.LibraryAssets:
    with db.read() as tx:
        return assets.of_library(tx, LibraryFilter(**wanted), by)


def test_an_asset_is_a_car_with_its_frames_in_time_and_those_without_a_car_are_counted(db):
    first, second, _, _ = filled(db)
    found = grouped(db, AssetGrouping.CAR)
    assert [(asset.asset_id, asset.location) for asset in found.assets] == [("Car 27", "Box 2")]
    assert found.assets[0].frames == (FrameRef(second), FrameRef(first))
    assert (found.frames, found.left_out, found.away) == (2, 1, 1)


def test_an_asset_is_a_camera_a_session_or_each_frame_by_itself(db):
    first, second, third, _ = filled(db)
    by_camera = grouped(db, AssetGrouping.CAMERA)
    assert {asset.asset_id: len(asset.frames) for asset in by_camera.assets} == {"Pit_1": 2, "Pit_2": 1}
    by_session = grouped(db, AssetGrouping.SESSION)
    assert [asset.asset_id for asset in by_session.assets] == ["2026 · Monza · FP1"]
    assert by_session.left_out == 2
    singly = grouped(db, AssetGrouping.FRAME)
    assert [asset.frames for asset in singly.assets] == [(FrameRef(id),) for id in (second, first, third)]
    assert len({asset.asset_id for asset in singly.assets}) == 3


def test_two_frames_of_one_camera_at_one_instant_are_two_assets(db):
    with db.write() as tx:
        for n in range(2):
            frame = a_frame(n, captured_at_ns=a_frame(9).captured_at_ns)
            frames.add(tx, frame, station_id="s")
    assert len(grouped(db, AssetGrouping.FRAME).assets) == 2


def test_only_what_the_filter_lets_through_is_an_asset(db):
    first, _, third, _ = filled(db)
    found = grouped(db, AssetGrouping.FRAME, ids=(first, third))
    assert [asset.frames[0].frame_id for asset in found.assets] == [first, third]
