"""The processes of the station, present as long as they beat."""

from dataclasses import asdict, fields

from sqlalchemy import delete, insert, select, update

from core.process import ABSENT_AFTER_S, ProcessBeat, Role, is_alive
from core.store.database import Reading, Writing
from core.store.schema import processes

_COLUMNS = [processes.c[field.name] for field in fields(ProcessBeat)]
_ABSENT_AFTER_NS = int(ABSENT_AFTER_S * 1e9)
_FORGOTTEN_AFTER_NS = 3600 * 10**9


def beat(tx: Writing, process: ProcessBeat) -> None:
    """Show presence. What others asked of this process stays; rows of the long dead go, but a worker's.

    A dead worker's row tells the next worker's recovery which files may be its debris, however long that takes.
    Only the first beat draws a revision: those who watch look when somebody comes or goes, not at each beat.
    """
    again = update(processes).where(processes.c.id == process.id).values(beat_at_ns=process.beat_at_ns)
    if not tx.execute(again).rowcount:
        tx.execute(insert(processes).values(asdict(process)))
        tx.revision()
    old = processes.c.beat_at_ns < process.beat_at_ns - _FORGOTTEN_AFTER_NS
    tx.execute(delete(processes).where(old, processes.c.role != Role.WORKER))


def present(tx: Reading, role: Role, now_ns: int | None = None) -> list[ProcessBeat]:
    """Those that beat within the last 6 s, longest running first."""
    now_ns = tx.now_ns if now_ns is None else now_ns
    # A beat from the future means that the clock was set back; it counts until it is as far off as silence may be.
    near = processes.c.beat_at_ns.between(now_ns - _ABSENT_AFTER_NS, now_ns + _ABSENT_AFTER_NS)
    query = select(*_COLUMNS).where(processes.c.role == role, near).order_by(processes.c.started_at_ns)
    return [ProcessBeat(**row) for row in tx.rows(query)]


def running(tx: Reading, role: Role, now_ns: int | None = None) -> list[ProcessBeat]:
    """Those present, and those silent whose process runs: a full disk takes the beat, not the worker."""
    here = present(tx, role, now_ns)
    return here + [process for process in every(tx, role) if process not in here and is_alive(process)]


def every(tx: Reading, role: Role) -> list[ProcessBeat]:
    """All that did not leave in good order, the dead among them; workers until recovery has cleared up after them."""
    query = select(*_COLUMNS).where(processes.c.role == role).order_by(processes.c.started_at_ns)
    return [ProcessBeat(**row) for row in tx.rows(query)]


def leave(tx: Writing, id: str) -> None:
    """The process ends in good order."""
    if tx.execute(delete(processes).where(processes.c.id == id)).rowcount:
        tx.revision()


def ask_stop(tx: Writing, reason: str = "") -> int:
    """Ask every worker to stop; returns how many there are."""
    asked = update(processes).where(processes.c.role == Role.WORKER)
    tx.revision()
    return tx.execute(asked.values(stop_asked=True, stop_reason=reason)).rowcount


def stop_asked(tx: Reading, id: str) -> bool:
    return bool(tx.scalar(select(processes.c.stop_asked).where(processes.c.id == id)))
