"""What the camera dialog was given, checked field by field, and stored with the password apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from core.camera import Camera, Transport
from core.credentials import Credentials, Login, camera_login, set_camera_login, split_url
from core.errors import UsageError
from core.ids import is_slug
from core.store import cameras
from core.store.database import Database


@dataclass(frozen=True, slots=True)
class Entry:
    """The dialog's fields as typed."""

    id: str
    url: str
    name: str = ""
    location: str = ""
    user: str = ""
    password: str = ""
    """Empty: the one that is kept already, if the user is named."""
    transport: Transport = Transport.TCP
    ca_file: str = ""
    fps: float | None = None
    enabled: bool = True


def problems(entry: Entry, taken: frozenset[str]) -> Mapping[str, str]:
    """What is wrong, by field; empty if the camera can be stored. taken: other cameras' ids in lower case."""
    found: dict[str, str] = {}
    if not is_slug(entry.id):
        found["id"] = "1-100 letters, digits, - or _, beginning with a letter or digit, like Pit_1"
    elif entry.id.lower() in taken:
        found["id"] = "Another camera has this id"
    if said := _url_problem(entry.url):
        found["url"] = said
    if entry.password and not entry.user:
        found["user"] = "A password needs a user"
    return found


def _url_problem(url: str) -> str:
    if not url.strip():
        return "The camera's manual names it; it looks like rtsp://192.168.1.20:554/stream1"
    try:
        clean, _ = split_url(url)
        host = urlsplit(clean).hostname
    except (UsageError, ValueError):
        return "This is no URL; it looks like rtsp://192.168.1.20:554/stream1"
    if urlsplit(clean).scheme not in ("rtsp", "rtsps"):
        return "It must begin with rtsp:// or rtsps://"
    return "" if host else "It names no host; it looks like rtsp://192.168.1.20:554/stream1"


def as_camera(entry: Entry, before: Camera | None) -> Camera:
    """The camera to store; what the dialog does not show stays as it was."""
    url, _ = split_url(entry.url)
    base = before or Camera(id=entry.id, url=url)
    return replace(
        base,
        url=url,
        name=entry.name.strip(),
        location=entry.location.strip(),
        transport=entry.transport,
        ca_file=entry.ca_file.strip() or None,
        fps=entry.fps,
        enabled=entry.enabled,
    )


def login_of(entry: Entry, credentials: Credentials, known: Camera | None) -> Login | None:
    """User and password as meant: typed, or in the URL, or kept before. Reads the keyring: not for the main thread."""
    _, in_url = split_url(entry.url)
    if in_url is not None:
        return in_url
    if not entry.user:
        return None
    if entry.password or known is None:
        return Login(entry.user, entry.password)
    kept = camera_login(credentials, known.id)
    return Login(entry.user, kept.password if kept else "")


def store(database: Database, credentials: Credentials, entry: Entry, before: Camera | None) -> Camera:
    """Add or change the camera and its password. Raises UsageError, CredentialsError; then nothing is changed."""
    login = login_of(entry, credentials, before)
    camera = as_camera(entry, before)
    with database.write() as tx:
        stored = cameras.update(tx, camera) if before else cameras.add(tx, camera)
        # Inside the transaction: no camera without its password, should the keyring refuse.
        set_camera_login(credentials, camera.id, login)
    return stored


def remove(database: Database, credentials: Credentials, camera_id: str) -> None:
    """Take the camera out and forget its password; what it captured stays."""
    with database.write() as tx:
        cameras.remove(tx, camera_id)
    set_camera_login(credentials, camera_id, None)
