"""The station's one row: identity, flags, and the revisions by which the window tells the worker of its wishes."""

from typing import Any

from sqlalchemy import select, text, update

from core.store.database import NEWEST, Reading, Writing
from core.store.schema import station


def identity(tx: Reading) -> str:
    """The UUID that binds the database to its folder."""
    return str(tx.scalar(select(station.c.uuid)))


def created_at_ns(tx: Reading) -> int:
    return int(tx.scalar(select(station.c.created_at_ns)))


def revision(tx: Reading) -> int:
    """The newest number drawn: where a reader that starts now begins to ask for changes."""
    return int(tx.scalar(text(f"SELECT {NEWEST}")))


def settings_revision(tx: Reading) -> int:
    return int(tx.scalar(select(station.c.settings_revision)))


def bump_settings(tx: Writing) -> None:
    """Tell the worker that settings.toml was written."""
    _set(tx, settings_revision=tx.revision())


def wake(tx: Writing) -> int:
    """Tell the worker to sync now; returns the wish's number."""
    _set(tx, wake_revision=tx.revision())
    return tx.revision()


def wake_revision(tx: Reading) -> int:
    """The number of the newest wish to sync now."""
    return int(tx.scalar(select(station.c.wake_revision)))


def wake_served(tx: Reading) -> int:
    """The newest wish since which everything was sent or tried."""
    return int(tx.scalar(select(station.c.wake_served_revision)))


def set_wake_served(tx: Writing, number: int) -> None:
    """After a pass in which everything that could be sent was sent or tried."""
    _set(tx, wake_served_revision=number)


def sync_paused(tx: Reading) -> bool:
    return bool(tx.scalar(select(station.c.sync_paused)))


def set_sync_paused(tx: Writing, paused: bool) -> None:
    _set(tx, sync_paused=paused)


def first_run_done(tx: Reading) -> bool:
    return bool(tx.scalar(select(station.c.first_run_done)))


def set_first_run_done(tx: Writing, done: bool = True) -> None:
    _set(tx, first_run_done=done)


def _set(tx: Writing, **values: Any) -> None:
    tx.revision()
    tx.execute(update(station).values(**values))
