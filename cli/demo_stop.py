"""The demo's pit stop: a clip of it from every camera, timed from above, with its dossier."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.answer import Answer, Exit
from cli.demo_page import Step
from cli.documents import job_document
from cli.station import open_station
from cli.waiting import wait_for_job
from core.job import Job, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.stop_jobs import ask_report, ask_timing
from core.stop_words import span_text
from core.store import stops
from core.store.database import Writing

if TYPE_CHECKING:
    from workers.demo.cameras import DemoCameras

TIMED_BY = "Pit_1_overhead"
_STANDS_AND_LEAVES_S = 7.0
"""From standstill until the car is out of sight."""
_PRE_S, _POST_S = 9.5, 0.5


def time_a_stop(
    folder: DataFolder, simulated: "DemoCameras", step: Callable[..., Answer], steps: list[Step]
) -> str | None:
    """Wait until a car has been served, keep the clips, time the stop and make its dossier; the stop's id."""
    from workers.demo.stop import LOOP_S  # late: the footage's script draws with numpy

    into_s = LOOP_S - simulated.seconds_to_stop()
    threading.Event().wait((_STANDS_AND_LEAVES_S - into_s) % LOOP_S)
    cameras = sorted(simulated.urls)
    clips = step("capture", *cameras, "--mode", "clip", "--pre", f"{_PRE_S:g}", "--post", f"{_POST_S:g}", "--wait")
    made = clips.document.get("clips")
    own = [clip["id"] for clip in made if clip["camera_id"] == TIMED_BY] if isinstance(made, list) else []
    if not own:
        return None
    asked = NewJob(JobKind.STOP_TIMING, {"clip": own[0]})
    _ask(folder, steps, "POST /jobs/stop_timing", lambda tx: ask_timing(tx, asked))
    with open_station(folder) as station, station.database.read() as tx:
        found = [stop for stop in stops.for_clip(tx, own[0]) if stop.span is not None]
    if not found:
        return None
    report = NewJob(JobKind.REPORT, {"stop": found[0].id})
    _ask(folder, steps, f"POST /jobs/report: {span_text(found[0].span)}", lambda tx: ask_report(tx, report))
    return found[0].id


def _ask(folder: DataFolder, steps: list[Step], said: str, enqueue: Callable[[Writing], Job]) -> None:
    """A job that only the window and the API have a door for, as a step of the tour."""
    started = time.monotonic()
    with open_station(folder) as station:
        with station.database.write() as tx:
            asked = enqueue(tx)
        job = wait_for_job(station, asked.id)
    done = Exit.DONE if job.state is JobState.COMPLETED else Exit.FAILED
    answer = Answer(job_document(job), f"{said}: {job.state}", done)
    steps.append(Step(said, answer, Exit.DONE, time.monotonic() - started))
