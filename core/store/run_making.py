"""Making runs: the row, a pending finding for each asset, and the batch of shards that will ask."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from core.errors import UsageError
from core.ids import new_id
from core.job import PRIORITY_PERSON, JobKind, NewJob
from core.run import SHARD, Asset, FindingState, FrameRef, NewRun
from core.store import jobs
from core.store.database import Writing
from core.store.schema_analysis import findings, runs

_NIGHT = 10_000


def insert_run(tx: Writing, new: NewRun, assets: Sequence[Asset]) -> str:
    """The id of a new run with a pending finding for each asset, and its batch of shards.

    Raises UsageError without assets, for an asset without frames or one that is named twice.
    """
    _check(assets)
    run_id, size = new_id(), shard_size(new.options)
    batch = jobs.enqueue_batch(tx, batch_of(new, run_id), [shard_of(new, run_id)] * (-(-len(assets) // size)))
    shards = jobs.children(tx, batch.id)
    row: dict[str, Any] = {
        "id": run_id,
        "job_id": batch.id,
        "name": new.name,
        "pack_name": new.pack["name"],
        "pack_version": new.pack["version"],
        "pack": dict(new.pack),
        "provider": new.provider,
        "options": dict(new.options),
        "budget_usd": new.budget_usd,
        "assets": len(assets),
        "created_at_ns": tx.now_ns,
        "session_id": batch.session_id,
        "tenant_id": new.tenant_id,
        "operator": new.operator,
        "revision": tx.revision(),
    }
    row |= dict.fromkeys(("completed", "failed", "tokens_in", "tokens_out", "cost_usd"), 0)
    tx.execute(insert(runs).values(row))
    empty: dict[str, Any] = {"state": FindingState.PENDING, "model": "", "raw": "", "notes": [], "error": None}
    empty |= {"run_id": run_id, "revision": tx.revision()}
    empty |= dict.fromkeys(("tokens_in", "tokens_out", "cost_usd", "took_ms"), 0)
    tx.execute(
        insert(findings),
        [
            empty
            | {
                "number": number,
                "asset_id": asset.asset_id,
                "location": asset.location,
                "frames": [_frame(frame) for frame in asset.frames],
                "job_id": shards[number // size].id,
            }
            for number, asset in enumerate(assets)
        ],
    )
    return run_id


def shard_size(options: Mapping[str, object]) -> int:
    """Assets a job; a run of the night is one job, which sends it as one Vertex batch."""
    return _NIGHT if options.get("night") else SHARD


def _check(assets: Sequence[Asset]) -> None:
    if not assets:
        raise UsageError(
            "There is no asset to analyse", hint="Name frames, a CSV of assets or a session that has some."
        )
    seen: set[str] = set()
    for asset in assets:
        if asset.asset_id in seen:
            raise UsageError(f"The asset {asset.asset_id!r} is named twice", hint="One asset is one finding of a run.")
        if not asset.asset_id or not asset.frames:
            raise UsageError(f"The asset {asset.asset_id!r} has no name or no frame")
        seen.add(asset.asset_id)


def _frame(frame: FrameRef) -> dict[str, str]:
    return {"id": frame.frame_id} if frame.frame_id is not None else {"path": frame.path or ""}


def batch_of(new: NewRun, run_id: str) -> NewJob:
    return NewJob(
        JobKind.ANALYZE,
        {"run_id": run_id, "pack": new.pack["name"], "provider": str(new.provider)},
        name=new.name or f"{new.pack['title']}",
        task_id=new.task_id,
        tenant_id=new.tenant_id,
        operator=new.operator,
        priority=PRIORITY_PERSON if new.priority is None else new.priority,
        session_id=new.session_id,
        tries=new.tries,
        after_id=new.after_id,
        correlation_id=new.correlation_id,
    )


def shard_of(new: NewRun, run_id: str) -> NewJob:
    priority = PRIORITY_PERSON if new.priority is None else new.priority
    return NewJob(
        JobKind.ANALYZE,
        {"run_id": run_id},
        name=new.name,
        tenant_id=new.tenant_id,
        operator=new.operator,
        priority=priority,
        session_id=new.session_id,
        tries=new.tries,
    )
