"""Tracking: what moves in a clip, a file or a camera's clips, found in a computing child and kept as result files."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core import logs
from core.capture import refusal
from core.clip import Clip
from core.clock import utc_text
from core.errors import CameraUnknown, MediaUnreadable, NoClips
from core.paths import DataFolder
from core.pit_box import PitBox
from core.store import cameras, clips
from core.store.database import Reading
from core.tracking import TrackingParams
from workers.cancellation import Cancelled, Reason
from workers.child_progress import telling, told
from workers.computing import ChildDied
from workers.jobs.results import ResultFolder
from workers.runner import JobContext, Outcome

if TYPE_CHECKING:
    from workers.vision.tracking import TrackReport

_log = logs.get("tracking")
_LISTED_MOST = 100
_DETECTING = 0.85
"""Share of the work that is detecting, where a clip is drawn after it."""
_GONE_HINT = "Fetch its verified copy from object storage and put it back in its place, then press Retry."


@dataclass(frozen=True, slots=True)
class Work:
    """What the child is given; everything in it can be pickled."""

    path: Path
    folder: DataFolder
    params: TrackingParams
    zones: tuple[tuple[str, PitBox], ...]
    about: dict[str, Any]
    out: Path
    prefix: str
    checkpoint: Path | None
    progress: Path


def run(context: JobContext) -> Outcome:
    """Raises NotFound, CameraUnknown, NoClips, MediaError, ModelUnusable, Cancelled."""
    params = _params(context)
    with context.database.read() as tx:
        sources = _sources(tx, context, params)
        zones = _zones(tx, params, sources[0][1].camera_id if sources[0][1] else context.job.camera_id)
    first = sources[0][1]
    kept = [context.folder.checkpoints / f"{context.job.id}-{place}.jsonl" for place in range(len(sources))]
    camera_id, session_id = (first.camera_id, first.session_id) if first else (None, None)
    try:
        with ResultFolder(context, camera_id=camera_id, session_id=session_id) as made:
            done = []
            for place, (path, clip) in enumerate(sources):
                work = Work(
                    path=path,
                    folder=context.folder,
                    params=params,
                    zones=zones,
                    about=_about(path, clip),
                    out=made.path("tracks.txt").parent,
                    prefix=f"{place + 1:02d}_" if len(sources) > 1 else "",
                    checkpoint=kept[place] if params.resume_from_checkpoint else None,
                    progress=made.path("progress.bin"),
                )
                done.append(_tracked(context, work, place, len(sources)))
            outcome = made.outcome(_summary(done))
    except Cancelled as cancelled:
        if cancelled.reason is Reason.OPERATOR:
            _forget(kept)
        raise
    _forget(kept)
    return outcome


def _params(context: JobContext) -> TrackingParams:
    try:
        return TrackingParams.model_validate(context.job.params)
    except ValidationError as invalid:
        raise refusal(invalid) from None


def _sources(tx: Reading, context: JobContext, params: TrackingParams) -> list[tuple[Path, Clip | None]]:
    """The files to look at, in their order, each with its clip if it is one of the library."""
    if params.path is not None:
        return [(_there(Path(params.path), ""), None)]
    if params.clip is not None:
        found = [clips.get(tx, params.clip)]
    else:
        assert params.camera is not None
        camera = cameras.get(tx, params.camera)
        found = clips.overlapping(tx, camera.id, _ns(params.start), _ns(params.end))
        if not found:
            raise NoClips(camera=camera.label, span=_span(params))
    return [(_there(context.folder.absolute(clip.path), _GONE_HINT), clip) for clip in found]


def _there(path: Path, hint: str) -> Path:
    if not path.is_file():
        hint = hint or "Check that its drive is connected, then press Retry."
        raise MediaUnreadable(f"{path.name} is not on this machine", file=path.name, hint=hint)
    return path


def _ns(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1000


def _span(params: TrackingParams) -> str:
    start_ns, end_ns = _ns(params.start), _ns(params.end)
    if start_ns is None and end_ns is None:
        return "yet"
    since = f"from {utc_text(start_ns)} " if start_ns is not None else ""
    return f"{since}to {utc_text(end_ns)}" if end_ns is not None else f"{since}on"


def _zones(tx: Reading, params: TrackingParams, camera_id: str | None) -> tuple[tuple[str, PitBox], ...]:
    """Those that were asked for, else the camera's pit box."""
    if params.zones is not None:
        return tuple((zone.name, zone.polygon()) for zone in params.zones)
    if camera_id is None:
        return ()
    try:
        points = cameras.get(tx, camera_id).pit_box
    except CameraUnknown:
        return ()  # removed since
    return (("pit box", PitBox(points)),) if points else ()


def _about(path: Path, clip: Clip | None) -> dict[str, Any]:
    """What was tracked: a clip of the library by its hash."""
    if clip is None:
        return {"path": str(path)}
    of_clip = {"clip": clip.id, "camera": clip.camera_id, "sha256": clip.sha256}
    return of_clip | {"captured_at": utc_text(clip.captured_at_ns), "captured_u_s": clip.captured_u_ns / 1e9}


def _tracked(context: JobContext, work: Work, place: int, count: int) -> dict[str, Any]:
    share = -1.0

    def tell() -> None:
        nonlocal share
        # Only news is told: a child that stands still must be seen to stand still.
        if (now := told(work.progress)) > share:
            share = now
            stage = "drawing" if work.params.annotate and share >= _DETECTING else "detecting"
            context.progress(100 * (place + share) / count, stage, f"{work.path.name}: {share:.0%}")

    tell()
    try:
        found = context.compute.run(track_and_write, work, cancel=context.cancel, waiting=tell)
    except ChildDied as died:
        name = work.path.name
        raise MediaUnreadable(f"{name} is damaged: decoding it crashed", file=name) from died
    work.progress.unlink(missing_ok=True)
    for step in found.pop("steps"):
        _log.info("tracking", job_id=context.job.id, **step)
    return found


def track_and_write(work: Work) -> dict[str, Any]:
    """In the child. Returns the summary of one clip. Raises MediaError, ModelUnusable, DiskFull."""
    from workers.vision.detector_models import find_model  # late: only the child needs OpenCV and ONNX Runtime
    from workers.vision.track_files import write_all
    from workers.vision.track_options import settings_of
    from workers.vision.tracking import track_clip

    tell = telling(work.progress)
    detecting = _DETECTING if work.params.annotate else 1.0
    model = find_model(work.params.model, work.folder)
    how = settings_of(work.params, model, work.zones)
    report = track_clip(
        work.path, model, how, checkpoint=work.checkpoint, progress=lambda share: tell(share * detecting)
    )
    write_all(
        report,
        work.path,
        work.out,
        work.about | {"model": model.name},
        prefix=work.prefix,
        annotate=work.params.annotate,
        progress=lambda share: tell(detecting + share * (1 - detecting)),
    )
    return _found(report) | {**work.about, "model": model.name, "steps": list(report.steps)}


def _found(report: "TrackReport") -> dict[str, Any]:
    return {
        "track_count": len(report.tracks),
        "counts": report.counts(),
        "tracks": report.tracks_json()[:_LISTED_MOST],
        "zones": [zone.as_json() | {"stays": zone.as_json()["stays"][:_LISTED_MOST]} for zone in report.zones],
        "car_number_offer": [offer.as_json() for offer in report.car_numbers],
        "frames": report.frames,
        "resumed_at": report.resumed_at,
        "damaged": report.damaged,
        "ms": round(report.took_ms, 1),
    }


def _summary(done: list[dict[str, Any]]) -> dict[str, object]:
    """Of one clip its own; of several their sums, with each one's own beneath."""
    if len(done) == 1:
        return done[0]
    counts: dict[str, int] = {}
    for one in done:
        for name, number in one["counts"].items():
            counts[name] = counts.get(name, 0) + number
    sums = {name: sum(one[name] for one in done) for name in ("track_count", "frames", "ms")}
    return {**sums, "counts": counts, "clips": done}


def _forget(checkpoints: list[Path]) -> None:
    for path in checkpoints:
        with suppress(OSError):  # a child that is being killed holds it on Windows: retention sweeps it up
            path.unlink(missing_ok=True)
