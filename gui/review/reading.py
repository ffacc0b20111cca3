"""What the Stops page and the review show, read from the store in one look; off the main thread."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from core.camera import Camera
from core.clip import Clip
from core.paths import DataFolder
from core.session import Session
from core.stop import Moment, Stop, shortest_first
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
        return next(iter(shortest_first(self.stops)), None)


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip that the review shows, and where its file is."""

    clip: Clip
    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class Ghost:
    """Another stop of the session, and a clip that shows it as the first of this one's shows this one."""

    stop: Stop
    clip: ShownClip


@dataclass(frozen=True, slots=True)
class ReviewRead:
    """One stop with every camera's clips of it, its own first, and the session's best ones to compare with."""

    stop: Stop
    label: str
    session: Session | None
    clips: tuple[ShownClip, ...]
    best: Stop | None
    ghost: Ghost | None
    """Of the other stops that the first clip's camera has a clip of, the shortest."""

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
        clips = tuple(shown.values())
        timed = shortest_first(stops.for_session(tx, stop.session_id))
        ghost = None
        if clips and stop.mark(Moment.STATIONARY) is not None:
            found = _first_seen(tx, (one for one in timed if one.id != stop.id), clips[0].clip.camera_id)
            ghost = Ghost(found[0], _shown(found[1], known, folder)) if found else None
    return ReviewRead(stop, _label(stop.camera_id, known), session, clips, next(iter(timed), None), ghost)


def _first_seen(tx: Reading, among: Iterable[Stop], camera_id: str) -> tuple[Stop, Clip] | None:
    """The first of these stops that the camera has a clip of."""
    for stop in among:
        for clip in stops.clips_with(tx, stop):
            if clip.camera_id == camera_id and clip.file_gone_at_ns is None:
                return stop, clip
    return None


def _shown(clip: Clip, known: Mapping[str, Camera], folder: DataFolder) -> ShownClip:
    return ShownClip(clip, _label(clip.camera_id, known), folder.absolute(clip.path))


def _label(camera_id: str, known: Mapping[str, Camera]) -> str:
    camera = known.get(camera_id)
    return camera.label if camera else camera_id
