"""A tracking job keeps its files, speaks of what it did, goes on after a death, and leaves nothing when cancelled."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from core.clip import Clip
from core.errors import MediaUnreadable, ModelUnusable, NoClips
from core.job import Job, JobState
from core.pit_box import PitBox
from core.store import cameras, clips, jobs, results
from core.tracking import parse_message, submit
from tests.core.store.conftest import a_clip
from tests.fakes.fake_computing import FakeComputing
from tests.workers.station_parts import CAMERA, StationParts
from tests.workers.vision.tiny_model import save_clip, save_tiny, walking
from workers import retention
from workers.cancellation import Cancelled, CancelToken
from workers.jobs import tracking
from workers.runner import JobContext

SECOND_NS = 1_000_000_000


@pytest.fixture(autouse=True)
def tiny(station: StationParts) -> None:
    save_tiny(station.folder.models)


@pytest.fixture
def clip(station: StationParts) -> Clip:
    return kept(station)


def kept(station: StationParts, after_s: int = 0) -> Clip:
    clip = a_clip(camera_id=CAMERA, duration_ns=SECOND_NS)
    clip = a_clip(
        **{name: getattr(clip, name) for name in ("id", "path", "camera_id", "duration_ns")},
        captured_at_ns=clip.captured_at_ns + after_s * SECOND_NS,
    )
    save_clip(station.folder.absolute(clip.path), 16, walking)
    with station.database.write() as tx:
        return clips.add(tx, clip, station_id="s")


def asked(station: StationParts, **params: Any) -> Job:
    message = parse_message({"action": "create", "tracking_params": {"model": "tiny", "tiles": False} | params})
    with station.database.write() as tx:
        job = submit(tx, message).job
    assert job is not None
    return job


def context_of(station: StationParts, compute: Any = None, cancel: CancelToken | None = None) -> JobContext:
    in_thread = FakeComputing(lambda work: tracking.track_and_write(work))
    return station.context(station.claim(), cast("Any", compute or in_thread), cancel)


def run(station: StationParts, compute: Any = None) -> Job:
    context = context_of(station, compute)
    outcome = tracking.run(context)
    with station.database.write() as tx:
        assert outcome.publish is not None
        outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)
    return station.job(context.job.id)


def leftovers(station: StationParts) -> list[str]:
    tops = (station.folder.results, station.folder.checkpoints)
    return [str(path) for top in tops for path in top.rglob("*") if path.is_file()]


def test_a_clip_is_tracked_and_what_was_found_is_kept_with_its_camera(station: StationParts, clip: Clip):
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, PitBox(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))))
    asked(station, clip=clip.id, verbose=True)
    job = run(station)
    assert (job.state, job.summary["track_count"], job.summary["counts"]) == (JobState.COMPLETED, 1, {"square": 1})
    [zone] = cast("list[dict[str, Any]]", job.summary["zones"])
    assert (zone["name"], zone["entries"]) == ("pit box", 1)
    with station.database.read() as tx:
        files = {file.name: file for file in results.for_job(tx, job.id)}
    assert set(files) == {"tracks.txt", "tracks.json", "tracks.parquet", "annotated.mp4"}
    assert {file.camera_id for file in files.values()} == {CAMERA}
    document = json.loads(station.folder.absolute(files["tracks.json"].path).read_text())
    assert (document["clip"], document["sha256"], document["model"]) == (clip.id, clip.sha256, "tiny")
    assert {stage for _, stage, _ in station.told} == {"detecting", "drawing"}
    assert not list(station.folder.checkpoints.glob("*"))


def test_a_file_of_this_machine_is_tracked_and_no_track_is_a_result(station: StationParts, tmp_path: Path):
    path = save_clip(tmp_path / "away.mp4", 5, lambda number: [])
    asked(station, path=str(path), annotate=False, video_limit=3)
    job = run(station)
    assert (job.summary["track_count"], job.summary["frames"], job.summary["path"]) == (0, 3, str(path))
    with station.database.read() as tx:
        assert [file.name for file in results.for_job(tx, job.id)] == ["tracks.json", "tracks.parquet", "tracks.txt"]


def test_of_a_camera_its_clips_between_start_and_end_are_tracked(station: StationParts):
    first, second, _ = kept(station), kept(station, 10), kept(station, 60)
    asked(station, camera=CAMERA, start="2026-11-21T13:04:05.5Z", end="2026-11-21T13:04:20Z", annotate=False)
    job = run(station)
    told = cast("list[dict[str, Any]]", job.summary["clips"])
    assert [one["clip"] for one in told] == [first.id, second.id]
    assert (job.summary["track_count"], job.summary["counts"]) == (2, {"square": 2})
    with station.database.read() as tx:
        names = [file.name for file in results.for_job(tx, job.id)]
    assert names == [f"{n:02d}_tracks.{suffix}" for n in (1, 2) for suffix in ("json", "parquet", "txt")]


def test_of_a_camera_without_start_and_end_its_newest_clip_is_tracked(station: StationParts, clip: Clip):
    newest = kept(station, 10)
    asked(station, camera=CAMERA, annotate=False)
    assert run(station).summary["clip"] == newest.id


def test_what_can_not_be_tracked_is_told(station: StationParts, clip: Clip, tmp_path: Path):
    asked(station, camera=CAMERA, start="2026-11-22T00:00:00Z")
    with pytest.raises(NoClips, match=f"{CAMERA} has no clip from 2026-11-22T00:00:00.000000Z on"):
        tracking.run(context_of(station))
    asked(station, path=str(tmp_path / "nowhere.mp4"))
    with pytest.raises(MediaUnreadable, match="not on this machine"):
        tracking.run(context_of(station))
    asked(station, clip=clip.id, model="other")
    with pytest.raises(ModelUnusable, match="no detector 'other'"):
        tracking.run(context_of(station))
    station.folder.absolute(clip.path).unlink()
    asked(station, clip=clip.id)
    with pytest.raises(MediaUnreadable, match="not on this machine"):
        tracking.run(context_of(station))
    assert leftovers(station) == []


def test_the_next_attempt_goes_on_where_the_last_one_died(station: StationParts, clip: Clip):
    job = asked(station, clip=clip.id, annotate=False)

    def dies(work: tracking.Work) -> Any:
        from dataclasses import replace

        cut = work.params.model_copy(update={"video_limit": 9})
        tracking.track_and_write(replace(work, params=cut))
        raise MediaUnreadable("the drive went away", file="clip")

    with pytest.raises(MediaUnreadable):
        tracking.run(context_of(station, FakeComputing(dies)))
    assert [Path(path).name for path in leftovers(station)] == [f"{job.id}-0.jsonl"]
    with station.database.write() as tx:
        jobs.recover(tx, "another worker")
    done = run(station)
    assert (done.summary["resumed_at"], done.summary["frames"]) == (9, 16)


def test_retention_sweeps_up_the_checkpoints_of_jobs_that_are_over(station: StationParts):
    job = asked(station, camera=CAMERA)
    station.folder.checkpoints.mkdir()
    for name in (job.id, "019aa5b0c1d2aabbccddeeff01"):
        (station.folder.checkpoints / f"{name}-0.jsonl").write_text("{}")
    retention.run_once(station.database, station.folder, station.settings, station.clock.utc_ns())
    assert [path.stem for path in station.folder.checkpoints.iterdir()] == [f"{job.id}-0"]


def test_a_cancelled_tracking_leaves_no_half_file_and_no_checkpoint(station: StationParts, clip: Clip):
    asked(station, clip=clip.id)
    cancel = CancelToken()

    def half(work: tracking.Work) -> Any:
        tracking.track_and_write(work)
        cancel.cancel()

    with pytest.raises(Cancelled):
        tracking.run(context_of(station, FakeComputing(half), cancel))
    assert leftovers(station) == []
