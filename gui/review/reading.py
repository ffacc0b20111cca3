"""What the Stops page and the review show, read from the store in one look; off the main thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from core.camera import Camera
from core.clip import Clip
from core.errors import NotFound
from core.paths import DataFolder
from core.session import Session
from core.stop import Stop
from core.store import cameras, sessions, stops
from core.store.database import Database, Reading

CURRENT = "current"
"""The session that is current now, whichever that is."""


@dataclass(frozen=True, slots=True)
class StopsRead:
    """A session's stops, and what stands around them."""

    session: Session | None
    sessions: tuple[Session, ...]
    stops: tuple[Stop, ...]
    labels: Mapping[str, str]
    """Camera id to what people read."""
    boxed: bool
    """Some camera has a pit box."""

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.session.time_zone) if self.session else None

    @property
    def best(self) -> Stop | None:
        timed = [stop for stop in self.stops if stop.span is not None]
        return min(timed, key=lambda stop: stop.span.ns if stop.span else 0, default=None)


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip that the review shows, and where its file is."""

    clip: Clip
    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReviewRead:
    """One stop with every camera's clips of it, its own first, and the session's best one to compare with."""

    stop: Stop
    label: str
    session: Session | None
    clips: tuple[ShownClip, ...]
    best: Stop | None
    best_clip: ShownClip | None

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.session.time_zone) if self.session else None


def read_stops(database: Database, wanted: str | None) -> StopsRead:
    """wanted: a session's id, CURRENT, or None for what belongs to no session."""
    with database.read() as tx:
        every = sessions.every(tx)
        if wanted == CURRENT:
            session = next((one for one in every if one.current), None)
        else:
            session = next((one for one in every if one.id == wanted), None)
        known = cameras.every(tx)
        found = stops.for_session(tx, session.id if session else None)
    labels = {camera.id: camera.label for camera in known}
    boxed = any(camera.pit_box is not None for camera in known)
    return StopsRead(session, tuple(every), tuple(found), labels, boxed)


def read_review(database: Database, folder: DataFolder, stop_id: str) -> ReviewRead:
    """Raises NotFound."""
    with database.read() as tx:
        stop = stops.get(tx, stop_id)
        known = {camera.id: camera for camera in cameras.every(tx)}
        session = sessions.get(tx, stop.session_id) if stop.session_id else None
        shown: dict[str, ShownClip] = {}
        for clip in stops.clips_with(tx, stop):
            if clip.file_gone_at_ns is None:
                shown.setdefault(clip.camera_id, _shown(clip, known, folder))
        best = stops.best(tx, stop.session_id)
        best_clip = _clip_of(tx, best, known, folder) if best is not None and best.id != stop.id else None
    return ReviewRead(stop, _label(stop.camera_id, known), session, tuple(shown.values()), best, best_clip)


def _clip_of(tx: Reading, stop: Stop, known: Mapping[str, Camera], folder: DataFolder) -> ShownClip | None:
    try:
        found = next((clip for clip in stops.clips_with(tx, stop) if clip.camera_id == stop.camera_id), None)
    except NotFound:
        return None
    return _shown(found, known, folder) if found is not None and found.file_gone_at_ns is None else None


def _shown(clip: Clip, known: Mapping[str, Camera], folder: DataFolder) -> ShownClip:
    return ShownClip(clip, _label(clip.camera_id, known), folder.absolute(clip.path))


def _label(camera_id: str, known: Mapping[str, Camera]) -> str:
    camera = known.get(camera_id)
    return camera.label if camera else camera_id
