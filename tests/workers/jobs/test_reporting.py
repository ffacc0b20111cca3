"""A stop's dossier says every time with its doubt, names its clips by their hashes, and shows what was on screen."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from core.errors import NotFound
from core.job import JobKind, JobState, NewJob
from core.pit_box import PitBox
from core.stop import Mark, Moment, Span, Stop
from core.stop_jobs import ask_report
from core.store import clips, jobs, results, stops
from tests.core.store.conftest import a_clip
from tests.fakes.fake_computing import FakeComputing
from tests.workers.jobs.media_files import write_clip
from tests.workers.station_parts import CAMERA, StationParts
from workers.jobs import reporting

MS = 1_000_000
BOX = PitBox(((0.2, 0.2), (0.8, 0.2), (0.8, 0.9)))


def kept(station: StationParts, clip_file: Path | None) -> Stop:
    """A stop of a clip whose file may be there, released by hand."""
    clip = a_clip(camera_id=CAMERA)
    target = station.folder.absolute(clip.path)
    target.parent.mkdir(parents=True)
    if clip_file is not None:
        clip_file.rename(target)
    zero = clip.captured_at_ns
    marks = {Moment.STATIONARY: Mark(zero + 200 * MS, 6 * MS), Moment.RELEASED: Mark(zero + 500 * MS, 8 * MS)}
    stop = Stop(
        "", CAMERA, None, "j", clip.id, zero, 40 * MS, marks, Span(300 * MS, 10 * MS), False, ("It ends early.",)
    )
    with station.database.write() as tx:
        clips.add(tx, clip, station_id="s")
        (stop,) = stops.keep(tx, [replace(stop, box=BOX.points)], clip_id=clip.id)
        stops.set_mark(tx, stop.id, Moment.RELEASED, Mark(zero + 540 * MS, 40 * MS), operator="Ana")
        return stops.annotate(tx, stop.id, remark="<b>slow</b> Ж", car_number="87", operator="Ana")


def report(station: StationParts, stop: Stop) -> dict[str, Path]:
    with station.database.write() as tx:
        ask_report(tx, NewJob(JobKind.REPORT, {"stop": stop.id}))
    context = station.context(station.claim(), cast("Any", FakeComputing(reporting.draw)))
    outcome = reporting.run(context)
    with station.database.write() as tx:
        assert outcome.publish is not None
        outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)
        files = results.for_job(tx, context.job.id)
    assert station.job(context.job.id).state is JobState.COMPLETED
    return {file.name: station.folder.absolute(file.path) for file in files}


def test_the_dossier_has_both_words_every_doubt_and_the_clips_hash(station: StationParts, tmp_path: Path):
    stop = kept(station, write_clip(tmp_path / "clip.mp4"))
    files = report(station, stop)
    html = files["dossier.html"].read_text()
    assert "0.34 s ± 0.05 s" in html and "0.30 s ± 0.01 s" in html
    assert "&lt;b&gt;slow&lt;/b&gt; Ж" in html and "Car 87" in html
    assert html.count("data:image/jpeg;base64,") == 2
    assert a_clip().sha256 in html
    assert "± 40 ms" in html and "not known" in html
    pdf = files["dossier.pdf"].read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") == 1


def test_without_its_clip_the_dossier_says_so_and_keeps_the_times(station: StationParts):
    html = report(station, kept(station, None))["dossier.html"].read_text()
    assert "No picture: no clip of this stop is on this machine" in html
    assert "0.34 s ± 0.05 s" in html


def test_a_stop_that_is_not_there_has_no_dossier(station: StationParts):
    with station.database.write() as tx, pytest.raises(NotFound):
        ask_report(tx, NewJob(JobKind.REPORT, {"stop": "none"}))
