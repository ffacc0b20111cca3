"""The doors to the queue: tracking's messages, and jobs of each kind by their params."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from core.capture import CaptureParams, ImportParams, refusal
from core.capture_checks import check_capture
from core.errors import UsageError
from core.job import Job, JobKind, NewJob
from core.paths import DataFolder
from core.run_requests import ask_run, prepare, run_params
from core.stop_jobs import ask_report, ask_timing
from core.store import jobs
from core.store.database import Writing
from core.tracking import CreateTracking, parse_message, submit
from workers.api import process_rows
from workers.api.instants import to_ns
from workers.api.models import AskedJob, CaptureAsked, JsonObject, Made
from workers.api.parts import ApiParts, RequestId, Station

router = APIRouter(tags=["jobs"])
_TIMES_NS = range(2**63)


@router.post(
    "/tracking-jobs",
    summary="Tracking's create and cancel messages",
    status_code=HTTPStatus.CREATED,
    responses={200: {"model": Made, "description": "A cancel, or a job that was there already"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TrackingMessage"}}},
        }
    },
)
def tracking(
    message: JsonObject, request: Request, response: Response, station: Station, request_id: RequestId
) -> Made:
    """`create` with the same task_id twice is one job; a `cancel` that comes before its create still wins."""
    asked = parse_message(message)
    settings = station.settings
    with station.database.write() as tx:
        answer = submit(
            tx,
            asked,
            operator=settings.station.operator or None,
            tries=settings.jobs.max_attempts,
            correlation_id=request_id,
        )
        process = process_rows.row(tx, answer.job, str(request.base_url)) if answer.job else None
    response.status_code = HTTPStatus.CREATED if answer.created else HTTPStatus.OK
    return Made(created=answer.created, message=answer.message, process=process, request_id=request_id)


@router.post(
    "/jobs/{kind}",
    summary="A job of a kind: capture, import, track, stop_timing, report, analyze",
    status_code=HTTPStatus.CREATED,
    responses={200: {"model": Made, "description": "A job with this task_id was there already"}},
)
def make(
    kind: str, asked: AskedJob, request: Request, response: Response, station: Station, request_id: RequestId
) -> Made:
    """`params` of capture: camera_id or camera_ids, mode, at, count, fps, duration_s, pre_s, post_s, metadata; of
    import: camera_id, paths, metadata; of track: as in /tracking-jobs; of stop_timing: clip, box (corners as fractions
    0-1 of the picture; else the camera's); of report: stop; of analyze: pack, provider,
    and one of assets, frames, csv, and session or camera."""
    makers: dict[str, Callable[[Writing, NewJob], Job]] = {
        JobKind.CAPTURE: _capture,
        JobKind.IMPORT: _import,
        JobKind.TRACK: _tracking,
        JobKind.STOP_TIMING: ask_timing,
        JobKind.REPORT: ask_report,
        JobKind.ANALYZE: lambda tx, new: _analysis(tx, station.folder, new),
    }
    maker = makers.get(kind)
    if maker is None:
        raise UsageError(f"There is no kind of job named {kind[:100]!r}", hint=f"There are {', '.join(makers)}.")
    with station.database.write() as tx:
        known = None if asked.task_id is None else jobs.by_task_id(tx, asked.task_id)
        job = known or maker(tx, new_job(station, JobKind(kind), request_id, asked))
        process = process_rows.row(tx, job, str(request.base_url))
    response.status_code = HTTPStatus.CREATED if known is None else HTTPStatus.OK
    told = f"Job {job.id} is queued" if known is None else f"{asked.task_id} is job {job.id} already, {job.state}"
    return Made(created=known is None, message=told, process=process, request_id=request_id)


def new_job(station: ApiParts, kind: JobKind, request_id: str, asked: AskedJob) -> NewJob:
    """What the caller asks for, by the station's own name where they give none."""
    settings = station.settings
    return NewJob(
        kind=kind,
        params=asked.params,
        name=asked.name,
        task_id=asked.task_id,
        tenant_id=asked.tenant_id or settings.station.tenant_id or None,
        operator=settings.station.operator or None,
        priority=asked.priority,
        session_id=asked.session_id,
        tries=settings.jobs.max_attempts,
        after_id=asked.after_id,
        correlation_id=request_id,
    )


def _capture(tx: Writing, new: NewJob) -> Job:
    params: dict[str, Any] = dict(new.params)
    try:
        asked = CaptureAsked.model_validate(params)
        for taken in ("camera_id", "camera_ids", "at"):
            params.pop(taken, None)
        if asked.at is not None:
            params["at_ns"] = to_ns(asked.at)
        params.setdefault("at_ns", tx.now_ns)
        params.setdefault("request_id", new.correlation_id)
        of_each = {camera_id: CaptureParams(camera_id=camera_id, **params) for camera_id in asked.cameras}
    except ValidationError as invalid:
        raise refusal(invalid) from None
    return enqueue_captures(tx, new, of_each)


def enqueue_captures(tx: Writing, new: NewJob, of_each: dict[str, CaptureParams]) -> Job:
    """One job for one camera; for several, a batch with a job for each. Raises CameraUnknown, NoPitBox, UsageError."""
    if any(params.at_ns not in _TIMES_NS for params in of_each.values()):
        raise UsageError("at_ns is no time in UTC nanoseconds")
    for params in of_each.values():
        check_capture(tx, params)
    children = [
        replace(new, params=params.model_dump(mode="json"), camera_id=camera_id)
        for camera_id, params in of_each.items()
    ]
    if len(children) == 1:
        return jobs.enqueue(tx, children[0])
    first = next(iter(of_each.values()))
    whole = {"mode": str(first.mode), "at_ns": first.at_ns, "cameras": list(of_each)}
    return jobs.enqueue_batch(tx, replace(new, params=whole), [replace(child, task_id=None) for child in children])


def _import(tx: Writing, new: NewJob) -> Job:
    try:
        params = ImportParams.model_validate({"request_id": new.correlation_id, **new.params})
    except ValidationError as invalid:
        raise refusal(invalid) from None
    if not params.paths:
        raise UsageError("paths: names no file or folder")
    for path in params.paths:
        if not Path(path).is_absolute() or "\0" in path:
            raise UsageError(f"paths: {path[:200]!r} is not the absolute path of a file or folder on this machine")
    return jobs.enqueue(tx, replace(new, params=params.model_dump(mode="json"), camera_id=params.camera_id))


def _analysis(tx: Writing, folder: DataFolder, new: NewJob) -> Job:
    run = ask_run(tx, prepare(tx, folder, run_params(dict(new.params))), new)
    return jobs.get(tx, run.job_id)


def _tracking(tx: Writing, new: NewJob) -> Job:
    fields = {"task_id": new.task_id, "tenant_id": new.tenant_id, "custom_name": new.name}
    asked = parse_message({"action": "create", "tracking_params": new.params, **fields})
    assert isinstance(asked, CreateTracking)
    answer = submit(tx, asked, operator=new.operator, tries=new.tries, correlation_id=new.correlation_id)
    assert answer.job is not None
    return answer.job
