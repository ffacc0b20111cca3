"""The alerts, each raised once while it holds, cleared when it is over, and kept for those who look later."""

from dataclasses import fields

from sqlalchemy import delete, insert, select, update

from core.alert import Alert, AlertKind
from core.ids import new_id
from core.store.database import Reading, Writing
from core.store.paging import changed_rows
from core.store.schema_around_jobs import RAISED, alerts

_COLUMNS = [alerts.c[field.name] for field in fields(Alert)]


def raise_alert(tx: Writing, kind: AlertKind, subject: str, message: str, hint: str) -> bool:
    """False if it was raised before and still holds."""
    if tx.scalar(select(alerts.c.id).where(RAISED, alerts.c.kind == kind, alerts.c.subject == subject)):
        return False
    alert = Alert(new_id(), kind, subject, message, hint, tx.now_ns, revision=tx.revision())
    tx.execute(insert(alerts).values({field.name: getattr(alert, field.name) for field in fields(Alert)}))
    return True


def clear(tx: Writing, kind: AlertKind, subject: str) -> bool:
    """It is over; False if it was not raised."""
    raised = update(alerts).where(RAISED, alerts.c.kind == kind, alerts.c.subject == subject)
    return bool(tx.execute(raised.values(cleared_at_ns=tx.now_ns, revision=tx.revision())).rowcount)


def raised(tx: Reading) -> list[Alert]:
    """Those that hold, oldest first."""
    query = select(*_COLUMNS).where(RAISED).order_by(alerts.c.raised_at_ns, alerts.c.id)
    return [Alert(**row) for row in tx.rows(query)]


def newest(tx: Reading, limit: int = 100) -> list[Alert]:
    """Newest first, those that are over among them."""
    query = select(*_COLUMNS).order_by(alerts.c.raised_at_ns.desc(), alerts.c.id.desc()).limit(limit)
    return [Alert(**row) for row in tx.rows(query)]


def changed(tx: Reading, *, revision: int, limit: int = 500) -> list[Alert]:
    """Raised or cleared after `revision`, oldest change first."""
    return [Alert(**row) for row in changed_rows(tx, select(*_COLUMNS), alerts, revision, limit)]


def clean_up(tx: Writing, cleared_before_ns: int) -> int:
    """Forget those that were over before then; returns how many."""
    return tx.execute(delete(alerts).where(alerts.c.cleared_at_ns < cleared_before_ns)).rowcount
