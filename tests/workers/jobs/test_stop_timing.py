"""A clip's stops are measured, kept in its session and written beside them; a job that ends badly keeps nothing."""

import json
from typing import Any, cast

import pytest

from core.clip import Clip
from core.errors import MediaUnreadable, NoPitBox, NotFound, UsageError
from core.job import JobKind, JobState, NewJob
from core.pit_box import PitBox
from core.stop import Moment, Pass, StopReport, TimedInstant, TimedStop
from core.stop_jobs import ask_timing
from core.store import cameras, clips, jobs, results, stops
from tests.core.store.conftest import a_clip
from tests.fakes.fake_computing import FakeComputing
from tests.workers.station_parts import CAMERA, StationParts
from workers.cancellation import Cancelled, CancelToken
from workers.child_progress import telling
from workers.jobs import stop_timing

BOX = PitBox(((0.2, 0.2), (0.8, 0.2), (0.8, 0.9), (0.2, 0.9)))
TIMED = TimedStop(
    TimedInstant(1.0, 0.02), TimedInstant(2.0, 0.004), TimedInstant(4.4, 0.005), None, 2.4, 0.006, False, ("It ends.",)
)
REPORT = StopReport((TIMED,), (Pass(6.0),), frames=175, gaps=0, took_ms=120.0)


@pytest.fixture
def clip(station: StationParts) -> Clip:
    clip = a_clip(camera_id=CAMERA)
    path = station.folder.absolute(clip.path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a video")
    with station.database.write() as tx:
        return clips.add(tx, clip, station_id="s")


def asked(station: StationParts, clip: Clip, box: PitBox | None = BOX) -> JobKind:
    params: dict[str, object] = {"clip": clip.id}
    if box is not None:
        params["box"] = box.points
    with station.database.write() as tx:
        return ask_timing(tx, NewJob(JobKind.STOP_TIMING, params)).kind


def run(station: StationParts, answer: Any, cancel: CancelToken | None = None) -> Any:
    context = station.context(station.claim(), cast("Any", FakeComputing(answer)), cancel)
    outcome = stop_timing.run(context)
    with station.database.write() as tx:
        assert outcome.publish is not None
        outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)
    return context.job, outcome


def test_the_stops_of_a_clip_are_kept_with_its_camera_and_time(station: StationParts, clip: Clip):
    asked(station, clip)

    def answer(path, box, progress):
        telling(progress)(0.5)
        assert box == BOX and path == station.folder.absolute(clip.path)
        return REPORT

    job, outcome = run(station, answer)
    with station.database.read() as tx:
        (stop,) = stops.for_clip(tx, clip.id)
        (file,) = results.for_job(tx, job.id)
    assert stop.machine[Moment.STATIONARY].at_ns == clip.captured_at_ns + 2 * 10**9
    assert (stop.camera_id, stop.job_id, stop.box, stop.complete) == (CAMERA, job.id, BOX.points, False)
    assert stop.span is not None and (stop.span.ns, stop.span.u_ns) == (2_400_000_000, 6_000_000)
    assert station.told[-1][:2] == (50.0, "timing")
    document = json.loads(station.folder.absolute(file.path).read_text())
    assert document["sha256"] == clip.sha256 and document["stops"] == [TIMED.to_json()]
    assert (outcome.summary["stop_count"], outcome.summary["pass_count"]) == (1, 1)


def test_a_clip_without_stops_is_a_result_too(station: StationParts, clip: Clip):
    asked(station, clip)
    job, outcome = run(station, lambda *_: StopReport((), (), 175, 0, 50.0))
    assert outcome.summary["stop_count"] == 0
    assert station.job(job.id).state is JobState.COMPLETED


def test_the_cameras_own_box_is_used_and_without_one_the_job_says_what_to_do(station: StationParts, clip: Clip):
    with pytest.raises(NoPitBox, match="no pit box"):
        asked(station, clip, None)
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, BOX)
    asked(station, clip, None)
    boxes = []
    run(station, lambda path, box, progress: boxes.append(box) or REPORT)
    assert boxes == [BOX]


def test_a_cancel_leaves_no_half_file_and_no_stop(station: StationParts, clip: Clip):
    asked(station, clip)
    cancel = CancelToken()

    def answer(path, box, progress):
        telling(progress)(0.2)
        cancel.cancel()
        return REPORT

    with pytest.raises(Cancelled):
        run(station, answer, cancel)
    assert [path for path in station.folder.results.rglob("*") if path.is_file()] == []
    with station.database.read() as tx:
        assert stops.for_clip(tx, clip.id) == []


def test_a_clip_that_was_evicted_is_named(station: StationParts, clip: Clip):
    asked(station, clip)
    station.folder.absolute(clip.path).unlink()
    with pytest.raises(MediaUnreadable, match="no longer on this machine"):
        run(station, lambda *_: REPORT)


def test_what_can_not_be_timed_is_refused_before_it_is_queued(station: StationParts, clip: Clip):
    with station.database.write() as tx:
        for params, error in (
            ({"clip": "none"}, NotFound),
            ({}, UsageError),
            ({"clip": clip.id, "box": [[0, 0], [1, 1]]}, UsageError),
        ):
            with pytest.raises(error):
                ask_timing(tx, NewJob(JobKind.STOP_TIMING, params))
