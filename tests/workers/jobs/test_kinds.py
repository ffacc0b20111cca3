"""Every kind of job has its rules: a handler, a pool, slots and a limit that leaves it the time it needs."""

from dataclasses import replace
from typing import Any

import pytest

from core.capture import CaptureMode, CaptureParams
from core.job import Job, JobKind, JobState
from core.settings import Settings
from workers.jobs.kinds import KINDS

_JOB = Job("1", JobKind.CAPTURE, JobState.PROCESSING, {}, "", 100, 1, 3, 0, 0)


def capture_limit_s(**asked: Any) -> float:
    params = CaptureParams(camera_id="Haas_Pit_1", at_ns=0, **asked).model_dump(mode="json")
    limit_s = KINDS[JobKind.CAPTURE].limit_s(replace(_JOB, params=params), Settings())
    assert limit_s is not None
    return limit_s


def test_every_kind_has_rules():
    assert set(KINDS) == set(JobKind)


@pytest.mark.parametrize(
    ("asked", "takes_s"),
    [
        ({"mode": CaptureMode.SINGLE_FRAME}, 0),
        ({"mode": CaptureMode.BURST, "count": 100, "fps": 0.5}, 200),
        ({"mode": CaptureMode.INTERVAL, "duration_s": 600}, 600),
        ({"mode": CaptureMode.CONTINUOUS, "duration_s": 3600}, 3600),
        ({"mode": CaptureMode.EVENT_DRIVEN}, 3600),
        ({"mode": CaptureMode.CLIP, "pre_s": 10, "post_s": 3600}, 3610),
    ],
)
def test_a_capture_may_take_what_it_was_asked_for_and_a_silent_camera_besides(asked: dict[str, Any], takes_s: float):
    silence_s = Settings().rtsp.capture_timeout
    assert takes_s + silence_s < capture_limit_s(**asked) <= takes_s + silence_s + 120


def test_an_import_has_no_wall_clock_limit_but_may_not_stand_still():
    rules = KINDS[JobKind.IMPORT]
    assert rules.limit_s(_JOB, Settings()) is None
    assert rules.stall_s(Settings()) == Settings().jobs.timeout == 300
