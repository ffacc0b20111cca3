"""Reports: the one-page dossier of a stop, as HTML and as PDF, drawn in a computing child."""

from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from core.capture import refusal
from core.clip import Clip
from core.errors import CameraUnknown, MediaError, MediaUnreadable
from core.stop import Moment, ReportParams
from core.store import cameras, sessions, stops
from core.store.database import Reading
from workers.computing import ChildDied
from workers.jobs.dossier import Dossier, NamedClip, Shot, page
from workers.jobs.results import ResultFolder
from workers.runner import JobContext, Outcome

STAGE = "drawing"
_LONGEST_PX = 960
_JPEG_QUALITY = 85


def run(context: JobContext) -> Outcome:
    """Raises UsageError, NotFound, MediaError, Cancelled."""
    try:
        params = ReportParams.model_validate(context.job.params)
    except ValidationError as invalid:
        raise refusal(invalid) from None
    with context.database.read() as tx:
        dossier = _gathered(context, tx, params.stop)
    stop = dossier.stop
    with ResultFolder(context, camera_id=stop.camera_id, session_id=stop.session_id) as made:
        context.progress(10.0, STAGE, dossier.title)
        html, pdf = made.path("dossier.html"), made.path("dossier.pdf")
        try:
            pictures = context.compute.run(draw, dossier, html, pdf, cancel=context.cancel)
        except ChildDied as died:
            raise MediaUnreadable("The stop's clip is damaged: decoding it crashed") from died
        return made.outcome({"stop": stop.id, "pictures": pictures, "clips": len(dossier.clips)})


def _gathered(context: JobContext, tx: Reading, stop_id: str) -> Dossier:
    stop = stops.get(tx, stop_id)
    labels = {camera.id: camera.label for camera in cameras.every(tx)}
    session = sessions.get(tx, stop.session_id) if stop.session_id else None
    try:
        camera = cameras.get(tx, stop.camera_id).label
    except CameraUnknown:
        camera = stop.camera_id
    settings = context.settings
    return Dossier(
        stop=stop,
        camera=camera,
        session=session.label if session else "",
        time_zone=session.time_zone if session else "UTC",
        station=settings.station.id,
        team=context.job.tenant_id or settings.station.tenant_id,
        version=version("trackshift-station"),
        made_at_ns=context.clock.utc_ns(),
        clips=tuple(_named(context, clip, labels) for clip in stops.clips_with(tx, stop)),
    )


def _named(context: JobContext, clip: Clip, labels: dict[str, str]) -> NamedClip:
    path = context.folder.absolute(clip.path)
    return NamedClip(
        id=clip.id,
        label=labels.get(clip.camera_id, clip.camera_id),
        sha256=clip.sha256,
        captured_at_ns=clip.captured_at_ns,
        captured_u_ns=clip.captured_u_ns,
        path=path if path.exists() else None,
    )


def draw(dossier: Dossier, html: Path, pdf: Path) -> int:
    """In the child: write both files; returns the number of pictures. A clip that can't be decoded leaves none."""
    from workers.jobs import dossier_pdf  # late: only the child needs what draws PDF

    own = dossier.clips[0] if dossier.clips else None
    try:
        shots = [] if own is None or own.path is None else _shots(dossier, own, own.path)
    except MediaError:
        shots = []
    html.write_text(page(dossier, shots), encoding="utf-8")
    dossier_pdf.write(dossier, shots, pdf)
    return len(shots)


def _shots(dossier: Dossier, clip: NamedClip, path: Path) -> list[Shot]:
    """The picture on screen at each instant that the clip holds."""
    import cv2

    from core.media.clip_reader import ClipReader

    found: list[Shot] = []
    with ClipReader(path) as reader:
        for moment in Moment:
            mark = dossier.stop.mark(moment)
            at_ns = None if mark is None else mark.at_ns - clip.captured_at_ns
            if at_ns is None or not 0 <= at_ns < reader.info.duration_ns:
                continue
            pts = reader.pts_at(at_ns)
            picture = reader.frame_at(pts)
            height, width = picture.shape[:2]
            scale = min(1.0, _LONGEST_PX / max(height, width))
            if scale < 1.0:
                size = (round(width * scale), round(height * scale))
                picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
            _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            found.append(Shot(moment, clip.captured_at_ns + reader.ns(pts), jpeg.tobytes()))
    return found
