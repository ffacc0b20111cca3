"""One press: what is captured, of which picture of which camera, as the jobs that say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.camera import Instant
from core.capture import CaptureMode, CaptureParams, Metadata
from core.job import Job, JobKind, NewJob
from core.mailbox import Picture
from core.session import Session
from core.settings import Settings
from core.store import cameras, jobs, sessions
from core.store.database import Database

MODE_NAMES: Mapping[CaptureMode, str] = {
    CaptureMode.SINGLE_FRAME: "Frame",
    CaptureMode.BURST: "Burst",
    CaptureMode.INTERVAL: "Interval",
    CaptureMode.CONTINUOUS: "Continuous",
    CaptureMode.CLIP: "Clip",
    CaptureMode.EVENT_DRIVEN: "Events",
}


@dataclass(frozen=True, slots=True)
class Press:
    """The key stroke: the cameras, the picture of each that was on screen, and the mode's own parameters."""

    at_ns: int
    """UTC ns, the same for every camera."""
    mode: CaptureMode
    cameras: tuple[str, ...]
    instants: Mapping[str, Instant] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    """count, fps, duration_s, pre_s, post_s: only those of the mode."""
    metadata: Metadata = field(default_factory=Metadata)

    def at(self, at_ns: int) -> "Press":
        """The same press at another instant."""
        return replace(self, at_ns=at_ns)


def take_press(
    now_ns: int,
    mode: CaptureMode,
    cameras: Sequence[str],
    pictures: Mapping[str, Picture],
    parameters: Mapping[str, float],
    metadata: Metadata,
) -> Press:
    """A press of these cameras while these pictures were on screen.

    The instant is that of the first camera's picture, which is what the operator saw; `now_ns` without one.
    """
    seen = [pictures[camera] for camera in cameras if camera in pictures]
    return Press(
        at_ns=seen[0].captured_at_ns if seen else now_ns,
        mode=mode,
        cameras=tuple(cameras),
        instants={c: Instant(pictures[c].epoch, pictures[c].pts) for c in cameras if c in pictures},
        parameters=dict(parameters),
        metadata=metadata,
    )


def enqueue_press(database: Database, settings: Settings, press: Press) -> Job:
    """Queue the press: one job, or a batch with a job a camera. Waits for the database: not for the main thread."""
    with database.write() as tx:
        session = sessions.current(tx)
        labels = {camera.id: camera.label for camera in cameras.every(tx)}
        each = [_new_job(settings, session, press, camera, labels.get(camera, camera)) for camera in press.cameras]
        if len(each) == 1:
            return jobs.enqueue(tx, each[0])
        whole: dict[str, object] = {"mode": press.mode.value, "at_ns": press.at_ns, "cameras": list(press.cameras)}
        name = f"{MODE_NAMES[press.mode]} of {len(each)} cameras"
        return jobs.enqueue_batch(tx, _job(settings, session, name, whole, None), each)


def _new_job(settings: Settings, session: Session | None, press: Press, camera_id: str, label: str) -> NewJob:
    instant = press.instants.get(camera_id)
    given: dict[str, Any] = dict(press.parameters)
    if instant is not None:
        given |= {"epoch": instant.epoch, "pts": instant.pts}
    params = CaptureParams(camera_id=camera_id, mode=press.mode, at_ns=press.at_ns, metadata=press.metadata, **given)
    name = f"{MODE_NAMES[press.mode]} of {label}"
    return _job(settings, session, name, params.model_dump(mode="json"), camera_id)


def _job(
    settings: Settings, session: Session | None, name: str, params: dict[str, object], camera_id: str | None
) -> NewJob:
    return NewJob(
        kind=JobKind.CAPTURE,
        params=params,
        name=name,
        tenant_id=settings.station.tenant_id or None,
        operator=settings.station.operator or None,
        camera_id=camera_id,
        session_id=session.id if session else None,
        tries=settings.jobs.max_attempts,
    )
