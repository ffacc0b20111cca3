"""Stop timing in a real child on a real clip: the stop is found where it was, and a cancel stops the child at once."""

import threading
import time
from pathlib import Path

import pytest

from core.clip import Clip
from core.job import JobKind, NewJob
from core.stop import Moment
from core.stop_jobs import ask_timing
from core.store import clips, jobs, stops
from tests.core.store.conftest import a_clip
from tests.workers.jobs.stop_video import BOX, FPS, RELEASED_S, STATIONARY_S, write_stop
from tests.workers.station_parts import CAMERA, StationParts
from workers.cancellation import Cancelled, CancelToken
from workers.computing import Computing
from workers.jobs import stop_timing


def asked(station: StationParts, tmp_path: Path, ends_s: float) -> Clip:
    clip = a_clip(camera_id=CAMERA, duration_ns=round(ends_s * 1e9), frame_count=round(ends_s * FPS))
    target = station.folder.absolute(clip.path)
    target.parent.mkdir(parents=True)
    write_stop(tmp_path / "stop.mp4", ends_s).rename(target)
    with station.database.write() as tx:
        clips.add(tx, clip, station_id="s")
        ask_timing(tx, NewJob(JobKind.STOP_TIMING, {"clip": clip.id, "box": BOX.points}))
    return clip


def test_the_stop_is_found_where_it_was(station: StationParts, computing: Computing, tmp_path: Path):
    clip = asked(station, tmp_path, 6.2)
    context = station.context(station.claim(), computing)
    outcome = stop_timing.run(context)
    with station.database.write() as tx:
        assert outcome.publish is not None
        outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)
        (stop,) = stops.for_clip(tx, clip.id)
    for moment, truth_s in ((Moment.STATIONARY, STATIONARY_S), (Moment.RELEASED, RELEASED_S)):
        found_s = (stop.machine[moment].at_ns - clip.captured_at_ns) / 1e9
        assert found_s == pytest.approx(truth_s, abs=0.06), moment
    assert outcome.summary["stop_count"] == 1


def test_a_cancel_in_the_middle_stops_the_child_and_leaves_no_half_file(
    station: StationParts, computing: Computing, tmp_path: Path
):
    clip = asked(station, tmp_path, 30.0)
    cancel, cancelled_s = CancelToken(), []
    context = station.context(station.claim(), computing, cancel)
    progress = context.folder.results / context.job.id

    def cancel_in_the_middle() -> None:
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s and not list(progress.rglob("progress.bin")):
            cancel.wait(0.02)
        cancelled_s.append(time.monotonic())
        cancel.cancel()

    canceller = threading.Thread(target=cancel_in_the_middle)
    canceller.start()
    with pytest.raises(Cancelled):
        stop_timing.run(context)
    stopped_s = time.monotonic()
    canceller.join()
    assert stopped_s - cancelled_s[0] < 2.0
    assert [path for path in station.folder.results.rglob("*") if path.is_file()] == []
    with station.database.read() as tx:
        assert stops.for_clip(tx, clip.id) == []
