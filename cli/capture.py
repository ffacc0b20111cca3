"""`trackshift capture`: enqueues captures of one or more cameras at one instant, and waits for them if asked."""

import argparse
import time

from pydantic import ValidationError

from cli.answer import Answer
from cli.queueing import answer_for, child_of_batch, metadata_of, new_job
from cli.station import open_station
from core.capture import CaptureMode, CaptureParams, refusal
from core.capture_checks import check_capture
from core.clock import parse_utc
from core.job import JobKind
from core.paths import DataFolder
from core.setting_sections import CaptureSettings
from core.store import jobs


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """One job for one camera; for several, a batch with a job for each, all at the same instant."""
    pressed_at_ns = time.time_ns()
    at_ns = parse_utc(arguments.at) if arguments.at else pressed_at_ns
    chosen = tuple(dict.fromkeys(arguments.cameras))
    with open_station(folder) as station:
        params = {camera_id: _params(arguments, camera_id, at_ns, station.settings.capture) for camera_id in chosen}
        with station.database.write() as tx:
            for asked in params.values():
                check_capture(tx, asked)
            children = [
                new_job(station, arguments, JobKind.CAPTURE, asked.model_dump(mode="json"), camera_id=camera_id)
                for camera_id, asked in params.items()
            ]
            if len(children) == 1:
                job = jobs.enqueue(tx, children[0])
            else:
                whole = {"mode": arguments.mode, "at_ns": at_ns, "cameras": list(chosen)}
                job = jobs.enqueue_batch(
                    tx,
                    new_job(station, arguments, JobKind.CAPTURE, whole),
                    [child_of_batch(child) for child in children],
                )
        return answer_for(station, job.id, wait=arguments.wait)


def _params(arguments: argparse.Namespace, camera_id: str, at_ns: int, settings: CaptureSettings) -> CaptureParams:
    given = {
        "count": arguments.count,
        "fps": arguments.fps,
        "duration_s": arguments.duration,
        "pre_s": arguments.pre,
        "post_s": settings.post_roll_s if arguments.post is None else arguments.post,
    }
    try:
        return CaptureParams(
            camera_id=camera_id,
            mode=CaptureMode(arguments.mode),
            at_ns=at_ns,
            metadata=metadata_of(arguments.meta),
            **{name: value for name, value in given.items() if value is not None},
        )
    except ValidationError as invalid:
        raise refusal(invalid) from None
