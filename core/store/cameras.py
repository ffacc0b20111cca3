"""The configured cameras and what their feeds say of themselves."""

from dataclasses import asdict, fields, replace
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects.sqlite import insert

from core.camera import Camera, CameraFound, CameraStatus, ClockSource
from core.errors import CameraUnknown, NoPitBox, UsageError
from core.ids import is_slug
from core.pit_box import PitBox
from core.store.database import Reading, Writing
from core.store.prepared import Prepared, given
from core.store.schema import camera_statuses, cameras

_FIELDS = [field.name for field in fields(Camera)]
_STATUS_FIELDS = [field.name for field in fields(CameraStatus)]
_COLUMNS = [cameras.c[name] for name in _FIELDS]
_SPELLED = Prepared(
    select(cameras.c.id).where(cameras.c.id == given("id", cameras.c.id), cameras.c.deleted_at_ns.is_(None))
)


def add(tx: Writing, camera: Camera) -> Camera:
    """A new camera, or one that was removed and comes back. Raises UsageError if the id is taken or no slug."""
    _check(camera)
    known = tx.row(select(cameras.c.id, cameras.c.deleted_at_ns).where(cameras.c.id == camera.id))
    if known and known["deleted_at_ns"] is None:
        raise UsageError(
            f"There is a camera {known['id']} already", hint="Ids differ by more than upper and lower case."
        )
    if known and known["id"] != camera.id:
        raise UsageError(f"Frames of a removed camera carry the id {known['id']}", hint="Write it just like that.")
    values = _values(tx, camera)
    tx.execute(insert(cameras).values(values).on_conflict_do_update(index_elements=["id"], set_=values))
    return replace(camera, revision=tx.revision())


def update(tx: Writing, camera: Camera) -> Camera:
    """Change a camera. Raises CameraUnknown, UsageError."""
    _check(camera)
    values = _values(tx, camera)
    del values["id"]
    changed = tx.execute(sa.update(cameras).where(_is(camera.id)).values(values))
    if not changed.rowcount:
        raise CameraUnknown(camera.id)
    return get(tx, camera.id)


def set_pit_box(tx: Writing, id: str, box: PitBox | None) -> Camera:
    """Draw or clear the camera's pit box; all else stays. Raises CameraUnknown."""
    values = {"pit_box": None if box is None else box.points, "revision": tx.revision()}
    if not tx.execute(sa.update(cameras).where(_is(id)).values(values)).rowcount:
        raise CameraUnknown(id)
    return get(tx, id)


def remove(tx: Writing, id: str) -> None:
    """Mark a camera as removed; what it captured stays. Raises CameraUnknown."""
    marked = sa.update(cameras).where(_is(id)).values(deleted_at_ns=tx.now_ns, revision=tx.revision())
    if not tx.execute(marked).rowcount:
        raise CameraUnknown(id)


def spelled(tx: Reading, id: str) -> str:
    """The id as the camera has it, in its upper and lower case. Raises CameraUnknown."""
    found: str | None = _SPELLED.first(tx, id=id)
    if found is None:
        raise CameraUnknown(id)
    return found


def get(tx: Reading, id: str) -> Camera:
    """By its id, in any case. Raises CameraUnknown."""
    row = tx.row(select(*_COLUMNS).where(_is(id)))
    if row is None:
        raise CameraUnknown(id)
    return _camera(row)


def pit_box(tx: Reading, id: str, otherwise: str) -> PitBox:
    """The box in which its cars are served. Raises CameraUnknown; NoPitBox, which says what can't be `otherwise`."""
    camera = get(tx, id)
    if camera.pit_box is None:
        raise NoPitBox(f"{camera.label} has no pit box, so {otherwise}", camera=camera.label)
    return PitBox(camera.pit_box)


def every(tx: Reading, *, revision: int = 0) -> list[Camera]:
    """By id; those changed after `revision`. A removed one is in neither: see `revision`."""
    query = select(*_COLUMNS).where(cameras.c.deleted_at_ns.is_(None), cameras.c.revision > revision)
    return [_camera(row) for row in tx.rows(query.order_by(cameras.c.id))]


def revision(tx: Reading) -> int:
    """Grows when any camera is added, changed or removed."""
    return int(tx.scalar(select(func.coalesce(func.max(cameras.c.revision), 0))))


def report(tx: Writing, status: CameraStatus) -> None:
    """What the feed says now. Raises CameraUnknown if the camera was removed meanwhile."""
    get(tx, status.camera_id)
    values = {name: getattr(status, name) for name in _STATUS_FIELDS} | {"revision": tx.revision()}
    values["found"] = asdict(status.found) if status.found else None
    tx.execute(insert(camera_statuses).values(values).on_conflict_do_update(index_elements=["camera_id"], set_=values))


def statuses(tx: Reading) -> list[CameraStatus]:
    """Of the cameras that are there and ever had a feed."""
    live = camera_statuses.join(cameras, cameras.c.id == camera_statuses.c.camera_id)
    query = select(camera_statuses).select_from(live).where(cameras.c.deleted_at_ns.is_(None))
    return [_status(row) for row in tx.rows(query.order_by(camera_statuses.c.camera_id))]


def _is(id: str) -> Any:
    return (cameras.c.id == id) & cameras.c.deleted_at_ns.is_(None)


def _check(camera: Camera) -> None:
    if not is_slug(camera.id):
        raise UsageError(
            f"{camera.id!r} can't name a camera",
            hint="1-100 letters, digits, - and _, beginning with a letter or digit; no Windows device name.",
        )
    for url in (camera.url, camera.substream_url):
        if url is not None:
            _check_url(url)
    if camera.pit_box is not None:
        PitBox(camera.pit_box)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("rtsp", "rtsps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise UsageError("A camera's URL begins with rtsp:// or rtsps:// and names a host")
    if "@" in parts.netloc:
        raise UsageError("A password may not stand in a stored URL", hint="Give the user and password apart.")


def _values(tx: Writing, camera: Camera) -> dict[str, Any]:
    values = {name: getattr(camera, name) for name in _FIELDS}
    return values | {"revision": tx.revision(), "deleted_at_ns": None}


def _camera(row: RowMapping) -> Camera:
    values: dict[str, Any] = dict(row)
    if values["pit_box"] is not None:
        values["pit_box"] = tuple((float(x), float(y)) for x, y in values["pit_box"])
    return Camera(**values)


def _status(row: RowMapping) -> CameraStatus:
    values: dict[str, Any] = dict(row)
    if found := values["found"]:
        values["found"] = CameraFound(**found | {"clock_source": ClockSource(found["clock_source"])})
    return CameraStatus(**values)
