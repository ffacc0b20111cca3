"""What earlier runs took: the ground for saying how long the next one will."""

from sqlalchemy import Float, cast, func, select

from core.run import FindingState, RunProvider
from core.store.database import Reading
from core.store.schema_analysis import RUN_THERE, findings, runs

_OF_RUNS = 3


def usual_frame_ms(tx: Reading, pack_name: str, provider: RunProvider) -> float | None:
    """Milliseconds a frame took in the newest runs of the pack that this provider answered; None if there was none."""
    newest = (
        select(runs.c.id)
        .where(runs.c.pack_name == pack_name, runs.c.provider == provider, runs.c.completed > 0, RUN_THERE)
        .order_by(runs.c.created_at_ns.desc())
        .limit(_OF_RUNS)
    )
    c = findings.c
    spent = cast(func.sum(c.took_ms), Float) / func.sum(func.json_array_length(c.frames))
    found = tx.scalar(select(spent).where(c.run_id.in_(newest), c.state == FindingState.COMPLETED))
    return None if found is None else float(found)
