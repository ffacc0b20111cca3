"""The shapes in which stops are told, and what may be asked of a stop timing."""

import json

import pytest
from pydantic import ValidationError

from core.stop import Moment, Pass, StopReport, StopTimingParams, TimedInstant, TimedStop

STOP = TimedStop(
    arrived=TimedInstant(1.0, 0.02),
    stationary=TimedInstant(2.5, 0.004),
    released=TimedInstant(4.9, 0.006),
    departed=None,
    stationary_s=2.4,
    uncertainty_s=0.0072,
    complete=False,
    notes=("The clip ends before the car left.",),
)


def test_the_report_has_the_shape_that_is_promised() -> None:
    told = StopReport((STOP,), (Pass(9.25, ("No stop.",)),), frames=500, gaps=1, took_ms=812.3456).to_json()
    assert json.loads(json.dumps(told)) == {
        "stops": [
            {
                "arrived": {"t": 1.0, "u": 0.02},
                "stationary": {"t": 2.5, "u": 0.004},
                "released": {"t": 4.9, "u": 0.006},
                "departed": None,
                "stationary_s": 2.4,
                "uncertainty_s": 0.0072,
                "complete": False,
                "notes": ["The clip ends before the car left."],
            }
        ],
        "passes": [{"t": 9.25, "notes": ["No stop."]}],
        "frames": 500,
        "gaps": 1,
        "ms": 812.3,
    }


def test_each_moment_names_its_instant() -> None:
    assert [STOP.instant(moment) for moment in Moment] == [STOP.arrived, STOP.stationary, STOP.released, None]
    assert TimedInstant.from_json({"t": 1, "u": 2}) == TimedInstant(1.0, 2.0)


def test_a_timing_names_its_clip_and_nothing_unknown() -> None:
    assert StopTimingParams(clip="c").pit_box() is None
    box = StopTimingParams.model_validate({"clip": "c", "box": [[0, 0], [1, 0], [1, 1]]}).pit_box()
    assert box is not None and box.points == ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    with pytest.raises(ValidationError):
        StopTimingParams.model_validate({"clip": "c", "speed": 3})
