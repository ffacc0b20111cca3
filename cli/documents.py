"""The JSON shapes of docs/cli.md: how a row looks to a program."""

from dataclasses import asdict

from core.camera import Camera, CameraFound, CameraStatus
from core.clip import Clip
from core.clock import utc_text
from core.frame import Frame
from core.job import Job
from core.paths import DataFolder
from core.result import ResultFile
from core.schedule import Schedule

Document = dict[str, object]


def _time(ns: int | None) -> str | None:
    return None if ns is None else utc_text(ns)


def _recorded(item: Frame | Clip, folder: DataFolder) -> Document:
    return {
        "id": item.id,
        "path": str(folder.absolute(item.path)),
        "object_key": item.path,
        "sha256": item.sha256,
        "bytes": item.bytes,
        "format": item.format,
        "width": item.width,
        "height": item.height,
        "camera_id": item.camera_id,
        "session_id": item.session_id,
        "job_id": item.job_id,
        "captured_at": utc_text(item.captured_at_ns),
        "captured_at_ns": item.captured_at_ns,
        "uncertainty_ns": item.captured_u_ns,
        "clock_source": str(item.clock_source),
        "timestamp_ref": item.timestamp_ref,
        "location": item.location,
        "camera_angle": item.camera_angle,
        "exposure": item.exposure,
        "sensor_info": item.sensor_info,
        "meta": item.meta,
        "exif": item.exif,
        "original_filename": item.original_filename,
        "request_id": item.request_id,
        "operator": item.operator,
        "starred": item.starred,
    }


def frame_document(frame: Frame, folder: DataFolder) -> Document:
    return _recorded(frame, folder)


def clip_document(clip: Clip, folder: DataFolder) -> Document:
    return _recorded(clip, folder) | {
        "codec": clip.codec,
        "duration_ns": clip.duration_ns,
        "frame_count": clip.frame_count,
        "gaps": [gap.as_json() for gap in clip.gaps],
    }


def result_document(file: ResultFile, folder: DataFolder) -> Document:
    return {
        "id": file.id,
        "name": file.name,
        "path": str(folder.absolute(file.path)),
        "object_key": file.path,
        "media_type": file.media_type,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "job_id": file.job_id,
        "camera_id": file.camera_id,
        "session_id": file.session_id,
        "starred": file.starred,
    }


def job_document(job: Job) -> Document:
    return {
        "id": job.id,
        "kind": str(job.kind),
        "name": job.name,
        "task_id": job.task_id,
        "tenant_id": job.tenant_id,
        "operator": job.operator,
        "state": str(job.state),
        "priority": job.priority,
        "progress": job.progress,
        "stage": job.stage,
        "message": job.message,
        "attempt": job.attempt,
        "tries_left": job.tries_left,
        "batch": job.batch_id,
        "is_batch": job.is_batch,
        "camera_id": job.camera_id,
        "session_id": job.session_id,
        "params": job.params,
        "summary": job.summary,
        "held_because": job.held_because,
        "not_before": _time(job.not_before_ns),
        "after": job.after_id,
        "correlation_id": job.correlation_id,
        "error": None
        if job.error is None
        else {"error": job.error.slug, "message": job.error.message, "hint": job.error.hint},
        "created_at": _time(job.created_at_ns),
        "started_at": _time(job.started_at_ns),
        "completed_at": _time(job.completed_at_ns),
        "last_updated": _time(job.last_updated_ns),
    }


def schedule_document(schedule: Schedule) -> Document:
    return {
        "id": schedule.id,
        "name": schedule.name,
        "kind": str(schedule.kind),
        "trigger": str(schedule.trigger),
        "params": dict(schedule.params),
        "camera_id": schedule.camera_id,
        "every_s": schedule.every_s,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "enabled": schedule.enabled,
        "run_asked": schedule.run_asked,
        "next_run": _time(schedule.next_run_at_ns),
        "last_run": _time(schedule.last_run_at_ns),
        "last_job": schedule.last_job_id,
        "missed_runs": schedule.missed_runs,
        "created_at": _time(schedule.created_at_ns),
    }


def found_document(found: CameraFound) -> Document:
    return {
        "codec": found.codec,
        "width": found.width,
        "height": found.height,
        "fps": round(found.fps, 3),
        "keyframe_interval_s": found.keyframe_interval_s,
        "clock_source": str(found.clock_source),
    }


def camera_document(camera: Camera, status: CameraStatus | None) -> Document:
    document = asdict(camera)
    document["transport"] = str(camera.transport)
    del document["revision"]
    return document | {
        "state": str(status.state) if status else None,
        "reason": status.reason if status else "",
        "hint": status.hint if status else "",
        "measured_fps": round(status.fps, 2) if status else None,
        "found": found_document(status.found) if status and status.found else None,
    }
