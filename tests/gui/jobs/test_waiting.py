from dataclasses import replace

import pytest

from core.camera import CameraState, CameraStatus
from core.job import Job, JobError, JobKind, JobState
from core.settings import Settings
from gui.jobs.waiting import Circumstances, why_it_waits

NOW_NS = 10**18
JOB = Job("1", JobKind.CAPTURE, JobState.PENDING, {}, "", 100, 0, 2, NOW_NS, NOW_NS, camera_id="Pit_1")
AROUND = Circumstances(NOW_NS, True, Settings())
ERROR = JobError("camera_silent", "Pit 1 sends no video")
OFF = CameraStatus("Pit_1", CameraState.OFFLINE, reason="No route to it.")


@pytest.mark.parametrize(
    ("job", "around", "said"),
    [
        (JOB, replace(AROUND, worker_present=False), "Waits: the worker is not running. Press Start."),
        (replace(JOB, held_because="no network"), AROUND, "Waits: no network"),
        (
            replace(JOB, not_before_ns=NOW_NS + 7_500_000_000, error=ERROR),
            AROUND,
            "Tries again in 8 s, 2 tries left. Pit 1 sends no video.",
        ),
        (JOB, replace(AROUND, running={JobKind.CAPTURE: 8}), "8 of 8 at work (jobs.capture_concurrency)"),
        (replace(JOB, kind=JobKind.IMPORT), replace(AROUND, running={JobKind.IMPORT: 2}), "2 of 2 at work"),
        (JOB, replace(AROUND, statuses={"Pit_1": OFF}), "Waits: Pit_1 is offline. No route to it."),
        (JOB, AROUND, "Waits for its turn."),
        (replace(JOB, state=JobState.PROCESSING), AROUND, ""),
    ],
)
def test_a_pending_job_says_why_it_waits(job, around, said):
    assert said in why_it_waits(job, around)
    assert bool(why_it_waits(job, around)) == bool(said)
