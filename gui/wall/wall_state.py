"""What the wall shows, read from the store in one look: cameras, what their feeds say, and how presses ended."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.camera import Camera, CameraState, CameraStatus
from core.capture import CaptureMode
from core.clip import Clip
from core.errors import WorkerAbsent
from core.frame import Frame
from core.job import ENDED, OPEN, Job, JobKind, JobState
from core.process import Role
from core.stop import Moment
from core.stop_words import span_text
from core.store import cameras, clips, frames, jobs, processes, sessions, stops
from core.store.database import Database, Reading
from gui.toast import Level
from gui.wall.tile_words import TileWords

_LASTING = frozenset({CaptureMode.INTERVAL.value, CaptureMode.CONTINUOUS.value, CaptureMode.EVENT_DRIVEN.value})
_STOP_SHOWN_NS = 600_000_000_000


@dataclass(frozen=True, slots=True)
class EndedPress:
    """A press whose job ended: its parts (the job itself, or a batch's children) and what they made."""

    job: Job
    parts: tuple[Job, ...]
    made: tuple[Frame | Clip, ...]
    time_zone: str


@dataclass(frozen=True, slots=True)
class WallState:
    cameras: tuple[Camera, ...]
    statuses: Mapping[str, CameraStatus]
    worker_present: bool
    running: tuple[Job, ...]
    """Open interval, continuous and event captures, which Stop ends."""
    ended: tuple[EndedPress, ...]
    stops: Mapping[str, str]
    """Camera id to its last stop of late, in words."""


def read_wall(database: Database, watched: Collection[str], now_ns: int) -> WallState:
    """Read it. watched: ids of jobs whose end is to be told. now_ns: UTC."""
    with database.read() as tx:
        active = jobs.active(tx, now_ns)
        shown = tuple(camera for camera in cameras.every(tx) if camera.enabled)
        return WallState(
            cameras=shown,
            statuses={status.camera_id: status for status in cameras.statuses(tx)},
            worker_present=bool(processes.running(tx, Role.WORKER, now_ns)),
            running=tuple(job for job in active if _is_running_on(job)),
            ended=tuple(ended for job_id in watched if (ended := _ended(tx, job_id)) is not None),
            stops=_stops(tx, [camera.id for camera in shown if camera.pit_box is not None], now_ns),
        )


def words_of(
    camera: Camera, status: CameraStatus | None, worker_present: bool, number: int, stop: str = ""
) -> TileWords:
    """What the tile of a camera says. Without a worker nobody looks, whatever the last row says."""
    found = status.found if status else None
    aspect = found.width / found.height if found and found.height else 16 / 9
    if not worker_present:
        absent = WorkerAbsent()
        return TileWords(camera.label, CameraState.OFFLINE, absent.title, "Press Start above.", 0.0, aspect, number)
    if status is None:
        return TileWords(camera.label, CameraState.CONNECTING, "", "", 0.0, aspect, number)
    return TileWords(camera.label, status.state, status.reason, status.hint, status.fps, aspect, number, stop)


def told(ended: EndedPress, labels: Mapping[str, str]) -> tuple[str, Level, tuple[str, ...]]:
    """How a press ended: the sentence, its level, and the cameras whose instant is gone."""
    made = _counted(ended)
    failed = [part for part in ended.parts if part.state is JobState.FAILED]
    gone = tuple(p.camera_id for p in failed if p.camera_id and p.error and p.error.slug == "instant_gone")
    if ended.job.state is JobState.CANCELLED:
        return (f"Stopped. {made} saved." if made else "Stopped. Nothing was saved."), "info", ()
    if not failed:
        short = [gap for part in ended.parts for gap in _gaps(part, labels)]
        moved = "Nothing was seen to move in the pit box" if short else "Nothing moved in the pit box"
        saved = f"{made} saved" if made else f"{moved}, so nothing was saved"
        if short:
            return f"{saved}, with {len(short)} gap{'s' * (len(short) > 1)}: {short[0]}.", "warn", ()
        return f"{saved}{_when(ended)}.", "ok", ()
    why = " ".join(dict.fromkeys(f"{part.error.message}. {part.error.hint}" for part in failed if part.error))
    return (f"{made} saved, but: {why}" if made else why), "bad", gone


def _counted(ended: EndedPress) -> str:
    counts = {"frame": 0, "clip": 0}
    for item in ended.made:
        counts["frame" if isinstance(item, Frame) else "clip"] += 1
    return " and ".join(f"{n} {word}{'s' * (n > 1)}" for word, n in counts.items() if n)


def _when(ended: EndedPress) -> str:
    if not ended.made:
        return ""
    first = min(ended.made, key=lambda item: item.captured_at_ns)
    doubt = max(item.captured_u_ns for item in ended.made)
    return f"  {time_of_day(first.captured_at_ns, ended.time_zone)} ± {max(1, round(doubt / 1e6))} ms"


def time_of_day(utc_ns: int, time_zone: str) -> str:
    """14:03:22.480 in the session's zone, or this machine's where there is none."""
    zone = ZoneInfo(time_zone) if time_zone else None
    at = datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC).astimezone(zone)
    return f"{at:%H:%M:%S}.{utc_ns // 1_000_000 % 1000:03d}"


def _gaps(part: Job, labels: Mapping[str, str]) -> list[str]:
    gaps = part.summary.get("gaps")
    if not isinstance(gaps, list):
        return []
    named = [(gap, str(gap.get("camera", ""))) for gap in gaps]
    return [
        f"{gap.get('seconds', 0):g} s of {labels.get(camera, camera)}, {gap.get('reason')}" for gap, camera in named
    ]


def _ended(tx: Reading, job_id: str) -> EndedPress | None:
    job = jobs.get(tx, job_id)
    if job.state not in ENDED:
        return None
    parts = tuple(jobs.children(tx, job_id)) if job.is_batch else (job,)
    made: list[Frame | Clip] = []
    for part in parts:
        made += frames.for_job(tx, part.id)
        made += clips.for_job(tx, part.id)
    session = sessions.current(tx)
    return EndedPress(job, parts, tuple(made), session.time_zone if session else "")


def _stops(tx: Reading, camera_ids: Collection[str], now_ns: int) -> dict[str, str]:
    """'2.431 s ± 0.006 s  at 14:03:22' of each camera that timed one in the last minutes."""
    session = sessions.current(tx)
    said = {}
    for camera_id in camera_ids:
        stop = stops.newest(tx, camera_id)
        released = stop.mark(Moment.RELEASED) if stop is not None else None
        if stop is not None and stop.span is not None and released and now_ns - released.at_ns < _STOP_SHOWN_NS:
            at = time_of_day(released.at_ns, session.time_zone if session else "")[:8]
            said[camera_id] = f"{span_text(stop.span)}  at {at}"
    return said


def _is_running_on(job: Job) -> bool:
    lasting = job.params.get("mode") in _LASTING
    return job.kind is JobKind.CAPTURE and lasting and job.batch_id is None and job.state in OPEN
