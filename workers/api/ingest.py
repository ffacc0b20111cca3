"""The ingest routes: frames by upload, captures of a camera by its URL, and what became of either."""

import shutil
import time
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import ValidationError

from core.camera import Camera
from core.capture import CaptureMode, CaptureParams, ImportParams, Metadata, refusal
from core.clock import utc_text
from core.credentials import camera_login, set_camera_login, split_url
from core.errors import CameraUnknown, DataFolderUnwritable, DiskFull, UsageError
from core.job import Job, JobKind, NewJob
from core.paths import FULL
from core.store import cameras, jobs, sessions
from core.store.database import Reading, Writing
from workers.api import incoming
from workers.api.auth import Body
from workers.api.errors import Conflict
from workers.api.ingest_report import report_of, request_of, status_of
from workers.api.instants import to_ns
from workers.api.jobs import enqueue_captures, new_job
from workers.api.models import (
    AskedJob,
    Ingesting,
    IngestReport,
    IngestStatus,
    RtspIngest,
    RtspMeta,
    Uploaded,
    UploadedFile,
)
from workers.api.parts import ApiParts, RequestId, Station
from workers.api.uploading import Form, Intake, Limits

router = APIRouter(prefix="/api/v1/ingest", tags=["ingest"])
_AT_ONCE_BYTES = 256 << 10
_FIELDS = ("camera_id", "meta", "task_id", "tenant_id", "name")
_UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["camera_id", "files"],
                    "properties": {
                        "camera_id": {"type": "string"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "meta": {"type": "string", "description": "JSON object: as meta of /api/v1/ingest/rtsp."},
                        "task_id": {"type": "string"},
                        "tenant_id": {"type": "string"},
                        "name": {"type": "string"},
                    },
                }
            }
        },
    }
}


@router.post("/upload", summary="Take frames and clips in", status_code=HTTPStatus.CREATED, openapi_extra=_UPLOAD_FORM)
async def upload(request: Request, station: Station, request_id: RequestId) -> Uploaded:
    """Streamed to the disk; all files are taken, or none. Each becomes an import job, which decides by its content."""
    settings = station.settings
    limits = Limits(settings.upload.max_file_size, settings.upload.max_batch_size, settings.retention.min_free_bytes)
    place = incoming.place_for(station.folder, request_id)
    body: Body = request.scope["state"]["body"]
    intake: Intake | None = None
    try:
        intake = Intake(place, request.headers.get("content-type", ""), limits)
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= _AT_ONCE_BYTES:
                await run_sync(intake.feed, bytes(waiting))
                waiting.clear()
        await run_sync(intake.feed, bytes(waiting))
        return await run_sync(_enqueue, station, intake.finish(), place, request_id, str(request.base_url))
    finally:
        # Once it has its jobs, the folder has another name.
        if intake is not None:
            await run_sync(intake.abandon)
        await body.drain()


def _enqueue(station: ApiParts, form: Form, place: Path, request_id: str, base_url: str) -> Uploaded:
    """The jobs of a whole upload. Raises KnownError, and then none of its files is left under their final name."""
    if unknown := sorted(form.fields.keys() - set(_FIELDS)):
        raise UsageError(f"The upload has no field {unknown[0][:50]!r}", hint=f"There are files, {', '.join(_FIELDS)}.")
    if not form.files:
        raise UsageError("files: the upload has no file")
    camera_id = form.fields.pop("camera_id", "")
    if not camera_id:
        raise UsageError("camera_id: says which camera the files are of")
    try:
        meta = RtspMeta.model_validate_json(form.fields.pop("meta", "") or "{}")
        asked = AskedJob.model_validate({"params": {}, **form.fields})
    except ValidationError as invalid:
        raise refusal(invalid) from None
    whole, queued = _accepted_folder(place), False
    try:
        with station.database.write() as tx:
            camera_id = cameras.get(tx, camera_id).id
            if asked.task_id is not None and (known := jobs.by_task_id(tx, asked.task_id)):
                raise Conflict(f"{asked.task_id} is job {known.id} already, {known.state}")
            session_id, metadata = _metadata(tx, meta)
            paths = [str(whole / file.path.relative_to(place)) for file in form.files]
            new = replace(
                new_job(station, JobKind.IMPORT, request_id, asked), camera_id=camera_id, session_id=session_id
            )
            children = [
                replace(_import(new, camera_id, [path], metadata), name=asked.name or file.name)
                for path, file in zip(paths, form.files, strict=True)
            ]
            if len(children) == 1:
                job = jobs.enqueue(tx, children[0])
            else:
                batch = _import(new, camera_id, paths, metadata)
                job = jobs.enqueue_batch(tx, batch, [replace(child, task_id=None) for child in children])
        queued = True
    finally:
        if not queued:
            shutil.rmtree(whole, ignore_errors=True)
    return Uploaded(
        files=[UploadedFile(filename=file.name, bytes=file.bytes, sha256=file.sha256) for file in form.files],
        **_accepted(job, request_id, "upload", camera_id, base_url),
    )


def _accepted_folder(place: Path) -> Path:
    try:
        return incoming.accept(place)
    except OSError as failed:
        raise (DiskFull if failed.errno in FULL else DataFolderUnwritable)(folder=place.parent) from failed


def _import(new: NewJob, camera_id: str, paths: list[str], metadata: Metadata) -> NewJob:
    params = ImportParams(
        camera_id=camera_id, paths=tuple(paths), request_id=new.correlation_id, metadata=metadata
    ).model_dump(mode="json")
    return replace(new, params=params)


@router.post("/rtsp", summary="Capture from a camera", status_code=HTTPStatus.ACCEPTED)
def rtsp(asked: RtspIngest, request: Request, station: Station, request_id: RequestId) -> Ingesting:
    """A camera that is unknown is made from `rtsp_url`; a known one with another URL is 409."""
    wanted = AskedJob(params={}, task_id=asked.task_id, tenant_id=asked.tenant_id)
    with station.database.write() as tx:
        if asked.task_id is not None and (known := jobs.by_task_id(tx, asked.task_id)):
            raise Conflict(f"{asked.task_id} is job {known.id} already, {known.state}")
        camera = _camera(tx, station, asked)
        session_id, metadata = _metadata(tx, asked.meta)
        params = _capture(asked, camera.id, tx.now_ns, metadata, request_id)
        new = replace(new_job(station, JobKind.CAPTURE, request_id, wanted), session_id=session_id)
        job = enqueue_captures(tx, new, {camera.id: params})
    told = _accepted(job, request_id, "rtsp", camera.id, str(request.base_url))
    return Ingesting(**told)


def _camera(tx: Writing, station: ApiParts, asked: RtspIngest) -> Camera:
    """Known, or made now. Raises CameraUnknown, Conflict, UsageError, CredentialsError."""
    url, login = (None, None) if asked.rtsp_url is None else split_url(asked.rtsp_url)
    try:
        camera = cameras.get(tx, asked.camera_id)
    except CameraUnknown:
        if url is None:
            raise
        transport = station.settings.rtsp.transport
        camera = cameras.add(tx, Camera(asked.camera_id, url, location=asked.meta.location or "", transport=transport))
    else:
        if url is not None and url != camera.url:
            raise Conflict(
                f"Camera {camera.id} has another URL: {camera.url}",
                hint="Leave rtsp_url out, take another camera_id, or change the camera in the window.",
            )
        if login is not None and login != camera_login(station.credentials, camera.id):
            camera = cameras.update(tx, camera)  # its feed connects anew
        else:
            login = None
    if login is not None:
        # Inside the transaction: no camera without its password, should the keyring refuse.
        set_camera_login(station.credentials, camera.id, login)
    return camera


def _capture(asked: RtspIngest, camera_id: str, now_ns: int, metadata: Metadata, request_id: str) -> CaptureParams:
    at = asked.frame_timestamp
    if at is not None and metadata.timestamp_ref is None:
        metadata = metadata.model_copy(update={"timestamp_ref": at.isoformat()})
    span = {"post_s" if asked.capture_mode is CaptureMode.CLIP else "duration_s": asked.duration}
    chosen: dict[str, Any] = {"fps": asked.fps, "count": asked.count, **span}
    try:
        return CaptureParams(
            camera_id=camera_id,
            mode=asked.capture_mode,
            at_ns=now_ns if at is None else to_ns(at),
            request_id=request_id,
            metadata=metadata,
            **{name: value for name, value in chosen.items() if value is not None},
        )
    except ValidationError as invalid:
        raise refusal(invalid) from None


def _metadata(tx: Reading, meta: RtspMeta) -> tuple[str | None, Metadata]:
    """The session that `session` names by id, name or label; else its words are kept with the frames."""
    words = meta.model_dump(exclude={"session"})
    session_id = None
    if meta.session:
        said = meta.session.strip().casefold()
        found = [one for one in sessions.every(tx) if said in (one.id, one.name.casefold(), one.label.casefold())]
        still_open = [one for one in found if one.closed_at_ns is None]
        if still_open:
            session_id = max(still_open, key=lambda one: (one.current, one.created_at_ns)).id
        else:
            words["meta"] = {**meta.meta, "session": meta.session}
    return session_id, Metadata(**words)


def _accepted(
    job: Job, request_id: str, source: Literal["upload", "rtsp"], camera_id: str, base_url: str
) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "process_id": job.id,
        "source_type": source,
        "camera_id": camera_id,
        "message": f"Job {job.id} is queued",
        "status_url": f"{base_url}api/v1/ingest/status/{request_id}",
        "report_url": f"{base_url}api/v1/ingest/report/{request_id}",
        "timestamp": utc_text(time.time_ns()),
    }


@router.get("/status/{request_id}", summary="How far an ingest is")
def ingest_status(request_id: str, station: Station) -> IngestStatus:
    with station.database.read() as tx:
        return status_of(tx, request_of(tx, request_id))


@router.get("/report/{request_id}", summary="What an ingest made: every frame and clip, and what failed")
def ingest_report(request_id: str, station: Station) -> IngestReport:
    with station.database.read() as tx:
        return report_of(tx, request_of(tx, request_id))
