"""The import takes in what is whole, once, and keeps it whatever happens to the rest."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.camera import ClockSource
from core.capture import ImportParams, Metadata
from core.errors import (
    CameraUnknown,
    DiskFull,
    KnownError,
    MediaError,
    MediaTooLarge,
    MediaUnreadable,
    MediaUnsupported,
)
from core.store import clips, frames, jobs, uploads
from tests.conftest import eventually
from tests.workers import child_functions as child
from tests.workers.jobs.media_files import write_bomb, write_clip, write_frame, write_half
from tests.workers.station_parts import CAMERA, StationParts, open_station_parts
from workers.cancellation import Cancelled, CancelToken
from workers.computing import Computing
from workers.jobs import importing
from workers.runner import Outcome


def import_(station: StationParts, computing: Computing, *paths: Path, cancel: CancelToken | None = None) -> Outcome:
    station.enqueue_import(*paths)
    return importing.run(station.context(station.claim(), computing, cancel))


def test_a_frame_is_taken_in_whole_with_its_upload_and_metadata(
    station: StationParts, computing: Computing, tmp_path: Path
):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867], exif.get_ifd(0x8769)[36881] = "2026:01:02 03:04:05", "Z"
    source = write_frame(tmp_path / "IMG 7.jpg", exif=exif)
    params = ImportParams(
        camera_id=CAMERA.lower(), paths=(str(source),), metadata=Metadata(location="Box 7", meta={"n": 1})
    )
    job = station.enqueue(params=params.model_dump(mode="json"), operator="Ada", tenant_id="Haas")
    outcome = importing.run(station.context(station.claim(), computing))
    assert outcome.summary["imported"] == 1
    [frame] = station.all_frames()
    assert frame.path == f"frames/2026/01/02/{CAMERA}/{frame.id}.jpg"
    assert station.folder.absolute(frame.path).read_bytes() == source.read_bytes()
    assert (frame.job_id, frame.original_filename, frame.clock_source) == (job.id, "IMG 7.jpg", ClockSource.FILE)
    assert (frame.location, frame.meta, frame.operator, frame.tenant_id) == ("Box 7", {"n": 1}, "Ada", "Haas")
    with station.database.read() as tx:
        [upload] = uploads.every(tx)
    assert (upload.path, upload.sha256) == (frame.path, frame.sha256)


def test_one_bad_file_fails_alone(station: StationParts, computing: Computing, tmp_path: Path):
    good = write_frame(tmp_path / "b.png")
    half = write_half(tmp_path / "a.jpg", write_frame(tmp_path / "whole" / "a.jpg", 1))
    text = tmp_path / "c.jpg"
    text.write_text("no picture")
    outcome = import_(station, computing, half, good, write_bomb(tmp_path / "d.png"), text)
    assert outcome.summary["imported"] == 1
    failed: Any = outcome.summary["failed"]
    assert [(Path(one["path"]).name, one["error"]) for one in failed] == [
        ("a.jpg", "media_unreadable"),
        ("d.png", "media_too_large"),
        ("c.jpg", "media_unsupported"),
    ]
    assert all(one["message"] and one["hint"] for one in failed)
    assert station.media_files() == [station.all_frames()[0].path]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda folder: write_half(folder / "a.jpg", write_frame(folder / "b.jpg")), MediaUnreadable),
        (lambda folder: write_bomb(folder / "a.png"), MediaTooLarge),
        (lambda folder: folder / "nowhere.jpg", MediaUnreadable),
        (lambda folder: folder, MediaUnsupported),
    ],
)
def test_when_nothing_can_be_taken_in_the_job_fails_with_the_reason(
    station: StationParts, computing: Computing, tmp_path: Path, make: Callable[[Path], Path], error: type[KnownError]
):
    (tmp_path / "in").mkdir()
    with pytest.raises(error) as refused:
        import_(station, computing, make(tmp_path / "in") if error is not MediaUnsupported else tmp_path / "in")
    assert refused.value.permanent
    assert station.media_files() == []


def test_when_no_file_of_several_can_be_taken_in_the_first_reason_is_told(
    station: StationParts, computing: Computing, tmp_path: Path
):
    with pytest.raises(MediaError, match=r"None of the 2 files.*gone\.jpg"):
        import_(station, computing, tmp_path / "gone.jpg", tmp_path / "away.jpg")


def test_a_folder_is_walked_in_order_and_what_is_no_medium_is_counted(
    station: StationParts, computing: Computing, tmp_path: Path
):
    inbox = tmp_path / "in"
    for number, name in enumerate(["b/2.png", "a/1.png", "3.jpg", ".hidden/4.png", ".5.png"]):
        write_frame(inbox / name, number)
    (inbox / "notes.txt").write_text("x")
    write_frame(inbox / "c.png", 9).rename(inbox / "named by nobody")
    write_clip(inbox / "a" / "clip.mkv")
    outcome = import_(station, computing, inbox)
    assert (outcome.summary["imported"], outcome.summary["skipped"]) == (5, 2)
    names = [frame.original_filename for frame in sorted(station.all_frames(), key=lambda frame: frame.ordinal)]
    assert names == ["3.jpg", "named by nobody", "1.png", "2.png"]
    with station.database.read() as tx:
        [clip] = clips.page(tx, clips.ClipFilter(), None, 10).items
    assert (clip.codec, clip.frame_count, clip.format) == ("h264", 25, "mkv")
    assert station.folder.absolute(clip.path).read_bytes() == (inbox / "a" / "clip.mkv").read_bytes()


def test_the_same_bytes_are_stored_once_a_camera(station: StationParts, computing: Computing, tmp_path: Path):
    first = write_frame(tmp_path / "a.png")
    again = Path(shutil.copy(first, tmp_path / "b.png"))
    import_(station, computing, first)
    [frame] = station.all_frames()
    outcome = import_(station, computing, again)
    assert outcome.summary["duplicates"] == [{"path": str(again), "id": frame.id}]
    assert station.media_files() == [frame.path]
    third = write_frame(tmp_path / "c.png", 3)
    outcome = import_(station, computing, third, Path(shutil.copy(third, tmp_path / "d.png")))
    assert (outcome.summary["imported"], outcome.summary["duplicate_count"]) == (1, 1)


def test_a_frame_that_was_deleted_may_be_imported_again(station: StationParts, computing: Computing, tmp_path: Path):
    source = write_frame(tmp_path / "a.png")
    import_(station, computing, source)
    with station.database.write() as tx:
        frames.delete(tx, [frames.page(tx, frames.FrameFilter(), None, 1).items[0].id])
    assert import_(station, computing, source).summary["imported"] == 1
    assert len(station.all_frames()) == 1


def test_a_second_attempt_takes_in_only_what_is_missing(station: StationParts, computing: Computing, tmp_path: Path):
    files = [write_frame(tmp_path / f"{number}.png", number) for number in range(4)]
    job = station.enqueue_import(*files[:2])
    importing.run(station.context(station.claim(), computing))
    with station.database.write() as tx:  # the worker died before it could say so
        jobs.recover(tx, "worker-2")
    outcome = importing.run(station.context(station.claim("worker-2"), computing))
    assert (outcome.summary["imported"], outcome.summary["duplicate_count"]) == (2, 0)
    assert [frame.job_id for frame in station.all_frames()] == [job.id, job.id]
    assert len(station.media_files()) == 2


def test_an_attempt_that_is_stale_publishes_nothing(station: StationParts, computing: Computing, tmp_path: Path):
    station.enqueue_import(write_frame(tmp_path / "a.png"))
    old = station.claim()
    with station.database.write() as tx:
        jobs.recover(tx, "worker-2")
    with pytest.raises(jobs.StaleAttempt):
        importing.run(station.context(old, computing))
    assert (station.all_frames(), station.media_files()) == ([], [])


def test_a_cancel_in_mid_copy_leaves_whole_items_and_nothing_half(
    station: StationParts, computing: Computing, tmp_path: Path
):
    small = write_frame(tmp_path / "a.png")
    large = write_frame(tmp_path / "b.bmp", 1, (2400, 1800))
    token = CancelToken()
    station.enqueue_import(small, large)
    context = station.context(station.claim(), computing, token)

    def cancel_while_copying(percent: float, stage: str, message: str) -> None:
        if stage == "copying" and "b.bmp" in message:
            token.cancel()

    with pytest.raises(Cancelled):
        importing.run(replace(context, progress=cancel_while_copying))
    assert [frame.original_filename for frame in station.all_frames()] == ["a.png"]
    assert station.media_files() == [station.all_frames()[0].path]


def test_a_cancel_while_a_child_decodes_stops_within_two_seconds(
    station: StationParts, computing: Computing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    told = tmp_path / "pid"
    monkeypatch.setattr(importing, "read_content", child.spin_for_a_file)
    token = CancelToken()
    station.enqueue_import(told)
    context = station.context(station.claim(), computing, token)
    ended: list[BaseException] = []

    def run() -> None:
        try:
            importing.run(context)
        except Cancelled as cancelled:
            ended.append(cancelled)

    thread = threading.Thread(target=run)
    thread.start()
    assert eventually(told.exists, 20)
    asked = time.monotonic()
    token.cancel()
    thread.join()
    assert ended and time.monotonic() - asked < 2.0


def test_a_decoder_that_crashes_costs_one_file(
    station: StationParts, computing: Computing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    good, bad = write_frame(tmp_path / "good.png"), write_frame(tmp_path / "crash.png", 1)
    monkeypatch.setattr(importing, "read_content", child.crash_on_crash)
    outcome = import_(station, computing, bad, good)
    failed: Any = outcome.summary["failed"]
    assert outcome.summary["imported"] == 1
    assert "decoding it crashed" in failed[0]["message"]


def test_a_file_that_changes_while_it_is_read_is_refused(station: StationParts, computing: Computing, tmp_path: Path):
    source = write_frame(tmp_path / "a.bmp")
    station.enqueue_import(source)
    context = station.context(station.claim(), computing)

    class ChangingAfterwards:
        def run(self, *args: Any, **named: Any) -> Any:
            content = computing.run(*args, **named)
            write_frame(source, 9)
            return content

    with pytest.raises(MediaUnreadable, match="changed while it was read"):
        importing.run(replace(context, compute=ChangingAfterwards()))  # type: ignore[arg-type]
    assert station.media_files() == []


def test_an_unknown_camera_is_told(station: StationParts, computing: Computing, tmp_path: Path):
    params = ImportParams(camera_id="nobody", paths=(str(tmp_path),)).model_dump(mode="json")
    station.enqueue(params=params)
    with pytest.raises(CameraUnknown):
        importing.run(station.context(station.claim(), computing))


def test_clips_leave_the_free_space_that_the_settings_ask_for(tmp_path: Path, computing: Computing):
    station = open_station_parts(tmp_path / "data", retention={"min_free_bytes": 1 << 50})
    with pytest.raises(DiskFull):
        import_(station, computing, write_clip(tmp_path / "a.mkv"))
    assert import_(station, computing, write_frame(tmp_path / "a.png")).summary["imported"] == 1
    station.database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB where the data folder has its frames."""
    place = tmp_path / "data" / "frames"
    place.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_in_mid_copy_keeps_what_was_taken_in_before(
    small_disk: Path, tmp_path: Path, computing: Computing
):
    station = open_station_parts(tmp_path / "data")
    with pytest.raises(DiskFull) as full:
        import_(station, computing, write_frame(tmp_path / "a.png"), write_frame(tmp_path / "b.bmp", 1, (1600, 1200)))
    assert "safe" in full.value.hint and not full.value.permanent
    assert [frame.original_filename for frame in station.all_frames()] == ["a.png"]
    assert station.media_files() == [station.all_frames()[0].path]
    station.database.close()
