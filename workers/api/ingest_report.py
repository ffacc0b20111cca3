"""What became of an ingest: its job or batch, and every frame and clip that it made."""

from typing import Any, Literal

from core.clip import Clip
from core.clock import utc_text
from core.errors import NotFound
from core.frame import Frame
from core.job import Job, JobKind
from core.store import clips, frames, job_starts, jobs, uploads
from core.store.database import Reading
from core.upload import ItemKind
from workers.api import process_rows
from workers.api.models import IngestedItem, IngestReport, IngestStatus

_KINDS: dict[JobKind, Literal["upload", "rtsp"]] = {JobKind.IMPORT: "upload", JobKind.CAPTURE: "rtsp"}


def request_of(tx: Reading, request_id: str) -> Job:
    """By request_id, job id or task_id. Raises NotFound."""
    unknown = NotFound("ingest", request_id, f"Ingest with ID {request_id[:200]} not found")
    try:
        job = process_rows.find(tx, request_id)
    except NotFound:
        raise unknown from None
    if job.kind not in _KINDS:
        raise unknown
    return job


def status_of(tx: Reading, job: Job) -> IngestStatus:
    return IngestStatus(**_fields(tx, job, _parts(tx, job)))


def report_of(tx: Reading, job: Job) -> IngestReport:
    parts = _parts(tx, job)
    items: list[IngestedItem] = []
    for part in parts:
        made_frames, made_clips = frames.for_job(tx, part.id), clips.for_job(tx, part.id)
        sent = uploads.for_items(tx, ItemKind.FRAME, [frame.id for frame in made_frames])
        sent |= uploads.for_items(tx, ItemKind.CLIP, [clip.id for clip in made_clips])
        made: list[Frame | Clip] = [*made_frames, *made_clips]
        items += [_item(item, str(sent[item.id].state) if item.id in sent else None) for item in made]
    return IngestReport(
        **_fields(tx, job, parts),
        items=items,
        duplicate_files=[_named(one) for part in parts for one in process_rows.listed(part, "duplicates")],
        failed_files=[_named(one) for part in parts for one in _failed(part)],
        gaps=[gap for part in parts for gap in process_rows.listed(part, "gaps")],
    )


def _parts(tx: Reading, job: Job) -> list[Job]:
    return jobs.children(tx, job.id) if job.is_batch else [job]


def _failed(part: Job) -> list[dict[str, Any]]:
    told = process_rows.listed(part, "failed")
    if told or part.error is None or part.kind is not JobKind.IMPORT:
        return told
    error = {"error": part.error.slug, "message": part.error.message, "hint": part.error.hint}
    return [{"path": path, **error} for path in process_rows.paths(part)]


def _named(one: dict[str, Any]) -> dict[str, Any]:
    """A file by its own name: where it waited for its import is nobody's business."""
    path = str(one.get("path", ""))
    return {"filename": path.replace("\\", "/").rpartition("/")[2]} | {k: v for k, v in one.items() if k != "path"}


def _fields(tx: Reading, job: Job, parts: list[Job]) -> dict[str, Any]:
    if job.kind is JobKind.IMPORT:
        frames_made = sum(len(frames.for_job(tx, part.id)) for part in parts)
        clips_made = sum(len(clips.for_job(tx, part.id)) for part in parts)
    else:
        frames_made = sum(process_rows.number(part, "frames") for part in parts)
        clips_made = sum(process_rows.number(part, "clips") for part in parts)
    failed = [process_rows.counted(part, {})[1] for part in parts]
    return {
        "request_id": job.correlation_id,
        "process_id": job.id,
        "source_type": _KINDS[job.kind],
        "camera_id": job.camera_id or str(job.params.get("camera_id", "")) or None,
        "status": job.state,
        "progress": round(job.progress, 1),
        "message": job.held_because or job.message,
        "frames_ingested": frames_made,
        "clips_ingested": clips_made,
        "duplicates": sum(process_rows.number(part, "duplicate_count") for part in parts),
        "failed": sum(failed),
        "error": next((part.error.message for part in (job, *parts) if part.error is not None), None),
        "start_time": utc_text(job_starts.began_ns(job)),
        "end_time": None if job.completed_at_ns is None else utc_text(job.completed_at_ns),
        "last_updated": utc_text(job.last_updated_ns),
    }


def _item(item: Frame | Clip, upload_state: str | None) -> IngestedItem:
    return IngestedItem(
        id=item.id,
        kind="clip" if isinstance(item, Clip) else "frame",
        camera_id=item.camera_id,
        object_key=item.path,
        upload_status=upload_state,
        captured_at=utc_text(item.captured_at_ns),
        captured_at_uncertainty_ns=item.captured_u_ns,
        clock_source=str(item.clock_source),
        width=item.width,
        height=item.height,
        bytes=item.bytes,
        format=item.format,
        sha256=item.sha256,
        original_filename=item.original_filename,
        timestamp_ref=item.timestamp_ref,
        location=item.location,
        camera_angle=item.camera_angle,
        exposure=item.exposure,
        sensor_info=item.sensor_info,
        meta=item.meta,
    )
