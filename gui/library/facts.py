"""What is known of a frame or clip, in words: the rows of the viewer's panel."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.camera import Camera, ClockSource
from core.clip import Clip
from core.clock import local_text, span_text, utc_text
from core.errors import CameraUnknown
from core.frame import Frame
from core.session import Session
from core.store import cameras, clips, frames, sessions, uploads
from core.store.database import Database
from core.store.library import LibraryItem
from core.upload import ItemKind, Upload, UploadState

SOURCES = {
    ClockSource.RTCP: "the camera's own clock (RTCP)",
    ClockSource.ARRIVAL: "when the picture arrived",
    ClockSource.FILE: "what the file says",
}
JOB = "Job"
"""The label of what made it."""
_STATES = {
    UploadState.WAITING: "Waits to be sent",
    UploadState.SENDING: "Is being sent",
    UploadState.VERIFIED: "Verified in object storage",
    UploadState.BLOCKED: "Blocked",
}


@dataclass(frozen=True, slots=True)
class Details:
    """One item and what stands around it, read in one go."""

    item: Frame | Clip
    camera: Camera | None
    session: Session | None
    upload: Upload | None


def read_details(database: Database, item: LibraryItem) -> Details:
    """Raises NotFound. Off the main thread."""
    with database.read() as tx:
        whole: Frame | Clip = clips.get(tx, item.id) if item.kind is ItemKind.CLIP else frames.get(tx, item.id)
        try:
            camera = cameras.get(tx, whole.camera_id)
        except CameraUnknown:
            camera = None  # removed since
        session = sessions.get(tx, whole.session_id) if whole.session_id else None
        return Details(whole, camera, session, uploads.for_items(tx, item.kind, [item.id]).get(item.id))


def rows(details: Details) -> list[tuple[str, str]]:
    """Label and text, most asked for first."""
    item, session = details.item, details.session
    zone = ZoneInfo(session.time_zone) if session else None
    shown = [
        ("Captured", f"{_local(item.captured_at_ns, zone)} {session.time_zone if session else 'local time'}"),
        ("UTC", utc_text(item.captured_at_ns)),
        ("Uncertainty", f"± {span_text(item.captured_u_ns)}, from {SOURCES[item.clock_source]}"),
        ("Camera", _camera(details)),
        ("Session", session.label if session else "None"),
        ("Size", f"{item.width} × {item.height} px, {item.format}, {bytes_text(item.bytes)}"),
    ]
    if isinstance(item, Clip):
        shown.append(("Length", f"{item.duration_ns / 1e9:.2f} s, {item.frame_count:,} pictures, {item.codec}"))
        shown += [("Gap", f"{(gap.end_ns - gap.start_ns) / 1e9:.2f} s: {gap.reason}") for gap in item.gaps]
    shown += [
        ("Upload", upload_text(details.upload)),
        ("Object key", item.path),
        ("SHA-256", item.sha256),
        (JOB, item.job_id or "None"),
    ]
    said = (
        ("Original name", item.original_filename),
        ("Operator", item.operator),
        ("Team", item.tenant_id),
        ("Location", item.location),
        ("Camera angle", item.camera_angle),
        ("Exposure", None if item.exposure is None else f"{item.exposure:g}"),
        ("Sensor", item.sensor_info),
        ("Time reference", item.timestamp_ref),
        ("Request", item.request_id),
    )
    shown += [(label, text) for label, text in said if text]
    shown += [(key, str(value)) for key, value in item.meta.items()]
    shown += [(f"EXIF {key}", str(value)) for key, value in item.exif.items()]
    return shown


def local_day(ns: int, zone: ZoneInfo | None) -> str:
    """'Saturday, 21 November 2026' in the zone, or this machine's."""
    when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone(zone)
    return f"{when:%A}, {when.day} {when:%B %Y}"


def upload_text(upload: Upload | None) -> str:
    """How the upload stands, in words."""
    if upload is None:
        return "None"
    if upload.held:
        return "Held: deleted, so it is not sent"
    text = _STATES[upload.state]
    if upload.state is UploadState.VERIFIED and upload.verified_at_ns is not None:
        return f"{text} at {local_text(upload.verified_at_ns)} ({upload.verified_how})"
    return f"{text}: {upload.reason}" if upload.reason else text


def bytes_text(count: float) -> str:
    """Bytes as people say them: '1.2 MB' (powers of ten)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _local(ns: int, zone: ZoneInfo | None) -> str:
    return f"{local_text(ns, zone)}.{ns // 1_000_000 % 1000:03d}"


def _camera(details: Details) -> str:
    camera = details.camera
    if camera is None:
        return f"{details.item.camera_id} (removed)"
    return camera.id if camera.label == camera.id else f"{camera.label} ({camera.id})"
