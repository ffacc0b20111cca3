"""Stop timing: the stops of one clip measured in a computing child, kept in the session and as a JSON file."""

import json
from dataclasses import replace
from pathlib import Path

from core.clip import Clip
from core.clock import utc_text
from core.errors import MediaUnreadable
from core.pit_box import PitBox
from core.stop import Stop, StopReport
from core.stop_jobs import box_for, timing_params
from core.store import clips, stops
from core.store.database import Writing
from workers.child_progress import telling, told
from workers.computing import ChildDied
from workers.jobs.results import ResultFolder
from workers.runner import JobContext, Outcome

STAGE = "timing"
_LISTED_MOST = 50
_GONE_HINT = "Fetch its verified copy from object storage and put it back in its place, then press Retry."


def run(context: JobContext) -> Outcome:
    """Raises NotFound, NoPitBox, MediaError, Cancelled."""
    params = timing_params(context.job.params)
    with context.database.read() as tx:
        clip = clips.get(tx, params.clip)
        box = box_for(tx, params, clip.camera_id)
    path = context.folder.absolute(clip.path)
    if not path.exists():
        raise MediaUnreadable(f"{path.name} is no longer on this machine", file=path.name, hint=_GONE_HINT)
    with ResultFolder(context, camera_id=clip.camera_id, session_id=clip.session_id) as made:
        report = _timed(context, path, box, made.path("progress.bin"))
        found = [
            Stop.measured(
                timed,
                camera_id=clip.camera_id,
                zero_at_ns=clip.captured_at_ns,
                frame_ns=clip.duration_ns // clip.frame_count,
                box=box,
                session_id=clip.session_id,
                job_id=context.job.id,
                clip_id=clip.id,
            )
            for timed in report.stops
        ]
        document = {**_origin(clip, box), **report.to_json()}
        made.path("stops.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        outcome = made.outcome(_summary(clip, report))
    files = outcome.publish

    def publish(tx: Writing) -> None:
        if files is not None:
            files(tx)
        stops.keep(tx, found, clip_id=clip.id)

    return replace(outcome, publish=publish)


def _timed(context: JobContext, path: Path, box: PitBox, progress: Path) -> StopReport:
    share = -1.0

    def tell() -> None:
        nonlocal share
        # Only news is told: a child that stands still must be seen to stand still.
        if (now := told(progress)) > share:
            share = now
            context.progress(100 * share, STAGE, f"{path.name}: {share:.0%} looked at")

    tell()
    try:
        report = context.compute.run(measure, path, box, progress, cancel=context.cancel, waiting=tell)
    except ChildDied as died:
        raise MediaUnreadable(f"{path.name} is damaged: decoding it crashed", file=path.name) from died
    progress.unlink(missing_ok=True)
    return report


def measure(path: Path, box: PitBox, progress: Path) -> StopReport:
    """In the child. Raises MediaError."""
    from workers.vision.stop_timing import time_stops  # late: only the child needs OpenCV for it

    return time_stops(path, box, telling(progress))


def _origin(clip: Clip, box: PitBox) -> dict[str, object]:
    """What was timed: the clip by its hash, and in which box."""
    return {
        "clip": clip.id,
        "camera": clip.camera_id,
        "sha256": clip.sha256,
        "captured_at": utc_text(clip.captured_at_ns),
        "captured_u_s": clip.captured_u_ns / 1e9,
        "box": [list(corner) for corner in box.points],
    }


def _summary(clip: Clip, report: StopReport) -> dict[str, object]:
    whole = report.to_json()
    return {
        "clip": clip.id,
        "stop_count": len(report.stops),
        "pass_count": len(report.passes),
        "stops": [stop.to_json() for stop in report.stops[:_LISTED_MOST]],
        "frames": whole["frames"],
        "gaps": whole["gaps"],
        "ms": whole["ms"],
    }
