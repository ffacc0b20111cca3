"""The sessions, of which at most one is current: new work belongs to it."""

from dataclasses import fields
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import insert, select, update

from core.errors import NotFound, UsageError
from core.ids import new_id
from core.session import Session
from core.store.database import Reading, Writing
from core.store.moves import IllegalMove
from core.store.prepared import Prepared
from core.store.schema import sessions

_COLUMNS = [sessions.c[field.name] for field in fields(Session)]
_CURRENT_ID = Prepared(select(sessions.c.id).where(sessions.c.current))
_CURRENT = Prepared(select(*_COLUMNS).where(sessions.c.current), *_COLUMNS)


def create(tx: Writing, season: str, event: str, name: str, time_zone: str) -> Session:
    """A new session; it becomes the current one if there is none. Raises UsageError for an unknown time zone."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"There is no time zone {time_zone!r}", hint="Write it like Europe/Rome.") from None
    if not any(part.strip() for part in (season, event, name)):
        raise UsageError("A session needs a season, an event or a name")
    session = Session(
        id=new_id(),
        season=season.strip(),
        event=event.strip(),
        name=name.strip(),
        time_zone=time_zone,
        created_at_ns=tx.now_ns,
        current=current(tx) is None,
        revision=tx.revision(),
    )
    tx.execute(insert(sessions).values({field.name: getattr(session, field.name) for field in fields(Session)}))
    return session


def switch(tx: Writing, id: str) -> Session:
    """Make this session the current one. Raises NotFound, IllegalMove if it was closed."""
    if get(tx, id).closed_at_ns is not None:
        raise IllegalMove("This session was closed", hint="Create a new one.")
    others = update(sessions).where(sessions.c.current, sessions.c.id != id)
    tx.execute(others.values(current=False, revision=tx.revision()))
    tx.execute(update(sessions).where(sessions.c.id == id).values(current=True, revision=tx.revision()))
    return get(tx, id)


def close(tx: Writing, id: str) -> None:
    """No new work belongs to it from now on. Raises NotFound, IllegalMove if it was closed before."""
    get(tx, id)
    closed = update(sessions).where(sessions.c.id == id, sessions.c.closed_at_ns.is_(None))
    if not tx.execute(closed.values(closed_at_ns=tx.now_ns, current=False, revision=tx.revision())).rowcount:
        raise IllegalMove("This session was closed before")


def get(tx: Reading, id: str) -> Session:
    """Raises NotFound."""
    row = tx.row(select(*_COLUMNS).where(sessions.c.id == id))
    if row is None:
        raise NotFound("session", id)
    return Session(**row)


def current(tx: Reading) -> Session | None:
    row = _CURRENT.row(tx)
    return Session(**row) if row else None


def current_id(tx: Reading) -> str | None:
    id: str | None = _CURRENT_ID.first(tx)
    return id


def every(tx: Reading) -> list[Session]:
    """Newest first."""
    query = select(*_COLUMNS).order_by(sessions.c.created_at_ns.desc(), sessions.c.id.desc())
    return [Session(**row) for row in tx.rows(query)]
