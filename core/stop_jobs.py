"""How the jobs about stops are asked for: what they need is there, and they belong to the clip's camera and session."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from core.capture import refusal
from core.errors import CameraUnknown, NoPitBox
from core.job import Job, JobKind, NewJob
from core.pit_box import PitBox
from core.stop import ReportParams, StopTimingParams
from core.store import cameras, clips, jobs, stops
from core.store.database import Reading, Writing


def ask_timing(tx: Writing, new: NewJob) -> Job:
    """Time the stops of a clip. Raises UsageError, NotFound for an unknown clip, NoPitBox."""
    params = timing_params(new.params)
    clip = clips.get(tx, params.clip)
    box_for(tx, params, clip.camera_id)
    asked = params.model_dump(mode="json", exclude_none=True)
    session_id = new.session_id or clip.session_id
    return jobs.enqueue(
        tx, replace(new, kind=JobKind.STOP_TIMING, params=asked, camera_id=clip.camera_id, session_id=session_id)
    )


def ask_report(tx: Writing, new: NewJob) -> Job:
    """Make the dossier of a stop. Raises UsageError, NotFound."""
    try:
        params = ReportParams.model_validate(dict(new.params))
    except ValidationError as invalid:
        raise refusal(invalid) from None
    stop = stops.get(tx, params.stop)
    asked = params.model_dump(mode="json")
    session_id = new.session_id or stop.session_id
    return jobs.enqueue(
        tx, replace(new, kind=JobKind.REPORT, params=asked, camera_id=stop.camera_id, session_id=session_id)
    )


def timing_params(raw: Mapping[str, object]) -> StopTimingParams:
    """Checked. Raises UsageError."""
    try:
        return StopTimingParams.model_validate(dict(raw))
    except ValidationError as invalid:
        raise refusal(invalid) from None


def box_for(tx: Reading, params: StopTimingParams, camera_id: str) -> PitBox:
    """The one that was given, else the camera's. Raises UsageError, NoPitBox."""
    given = params.pit_box()
    if given is not None:
        return given
    untimed = "its stops can't be timed"
    try:
        return cameras.pit_box(tx, camera_id, untimed)
    except CameraUnknown:
        raise NoPitBox(f"{camera_id} has no pit box, so {untimed}", camera=camera_id) from None
