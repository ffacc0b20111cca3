"""The runs: each a batch job of shards; made, held, resumed, tried again and deleted whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from core.errors import NotFound, UsageError
from core.ids import new_id
from core.job import OPEN, PRIORITY_PERSON, PRIORITY_RERUN, Job, JobKind, JobState, NewJob
from core.run import SHARD, STOPPED, Asset, FindingState, FrameRef, NewRun, Run
from core.store import job_making, jobs, results
from core.store.database import Reading, Writing
from core.store.job_holding import hold as hold_children
from core.store.job_holding import release as release_children
from core.store.moves import IllegalMove
from core.store.paging import Page, changed_rows, cursor_of, newest_first
from core.store.schema import jobs as jobs_table
from core.store.schema_analysis import RUN_THERE, findings, runs

_NIGHT = 10_000
_NAMES = tuple(field.name for field in fields(Run) if field.name != "job_state")


def make(tx: Writing, new: NewRun, assets: Sequence[Asset]) -> Run:
    """A run with a pending finding for each asset, and its batch of shards. The same task_id twice is one run.

    Raises UsageError without assets, for an asset without frames or one that is named twice.
    """
    if new.task_id is not None and (known := jobs.by_task_id(tx, new.task_id)):
        return for_job(tx, known.id)
    _check(assets)
    run_id, size = new_id(), shard_size(new.options)
    batch = jobs.enqueue_batch(tx, _batch(new, run_id), [_shard(new, run_id)] * (-(-len(assets) // size)))
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
    return get(tx, run_id)


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


def _batch(new: NewRun, run_id: str) -> NewJob:
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


def _shard(new: NewRun, run_id: str) -> NewJob:
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


def get(tx: Reading, id: str) -> Run:
    """Raises NotFound, for a deleted run too."""
    row = tx.row(_all().where(runs.c.id == id, RUN_THERE))
    if row is None:
        raise NotFound("run", id)
    return Run(**row)


def for_job(tx: Reading, job_id: str) -> Run:
    """The run of a batch job. Raises NotFound."""
    row = tx.row(_all().where(runs.c.job_id == job_id, RUN_THERE))
    if row is None:
        raise NotFound("run", job_id)
    return Run(**row)


def page(tx: Reading, cursor: str | None = None, limit: int = 50) -> Page[Run]:
    """Newest first. Raises UsageError for a cursor that is none."""
    query = newest_first(_all().where(RUN_THERE), runs.c.created_at_ns, runs.c.id, cursor, limit)
    found = [Run(**row) for row in tx.rows(query)]
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], cursor_of(last.created_at_ns, last.id) if last else None)


def changed(tx: Reading, revision: int, limit: int = 500) -> list[Run]:
    """Changed after `revision`, deleted ones too. A change of its batch job alone is not one of the run."""
    return [Run(**row) for row in changed_rows(tx, _all(), runs, revision, limit)]


def newest_revision(tx: Reading) -> int:
    """Grows with every change of a run or of a finding."""
    return int(tx.scalar(select(func.max(runs.c.revision))) or 0)


def held_because(tx: Reading, id: str) -> str | None:
    """Why nothing new of the run may begin. Raises NotFound if it was deleted."""
    row = tx.row(select(runs.c.held_because).where(runs.c.id == id, RUN_THERE))
    if row is None:
        raise NotFound("run", id)
    reason: str | None = row["held_because"]
    return reason


def hold(tx: Writing, id: str, reason: str = STOPPED) -> Run:
    """Nothing new of it begins until it is resumed; calls under way end and are kept. Raises NotFound, IllegalMove."""
    run = get(tx, id)
    if run.state not in OPEN:
        raise IllegalMove(f"Run {id} is {run.state}: only what goes on can be stopped")
    tx.execute(_of(id).values(held_because=reason, revision=tx.revision()))
    hold_children(tx, run.job_id, reason)
    return get(tx, id)


def resume(tx: Writing, id: str, *, budget_usd: float | None = None) -> Run:
    """Go on with what is pending, within another budget if one is given. Raises NotFound, IllegalMove."""
    run = get(tx, id)
    if run.state not in OPEN:
        raise IllegalMove(f"Run {id} is {run.state}: there is nothing to resume", hint="Retry failed asks again.")
    freed: dict[str, Any] = {"held_because": None, "revision": tx.revision()}
    if budget_usd is not None:
        freed["budget_usd"] = budget_usd
    tx.execute(_of(id).values(freed))
    release_children(tx, run.job_id)
    return get(tx, id)


def retry_failed(tx: Writing, id: str) -> Run:
    """Ask again for every failed finding. Raises NotFound, IllegalMove if there is none or the run was cancelled."""
    run = get(tx, id)
    if not run.failed or run.state is JobState.CANCELLED:
        raise IllegalMove(f"Run {id} is {run.state} with {run.failed} failed findings: there is nothing to try again")
    batch = _batch_of(tx, run)
    if batch is not None and any(child.state is JobState.FAILED for child in jobs.children(tx, batch.id)):
        jobs.retry(tx, batch.id)  # a trigger frees the findings of failed shards
    _reshard(tx, run, batch)
    return get(tx, id)


def _batch_of(tx: Reading, run: Run) -> Job | None:
    return jobs.get(tx, run.job_id) if jobs.states(tx, [run.job_id]) else None


def _reshard(tx: Writing, run: Run, batch: Job | None) -> None:
    """What failed in shards that completed gets new ones: a completed job is never opened again."""
    failed = select(findings.c.number).where(findings.c.run_id == run.id, findings.c.state == FindingState.FAILED)
    numbers = list(tx.execute(failed.order_by(findings.c.number)).scalars())
    if not numbers:
        return
    again = NewRun(
        pack=run.pack,
        name=run.name,
        tenant_id=run.tenant_id,
        operator=run.operator,
        session_id=run.session_id,
        priority=PRIORITY_RERUN,
    )
    size = shard_size(run.options)
    children = [_shard(again, run.id)] * (-(-len(numbers) // size))
    if batch is None:
        batch = jobs.enqueue_batch(tx, _batch(again, run.id), children)
        tx.execute(_of(run.id).values(job_id=batch.id, revision=tx.revision()))
        shards = jobs.children(tx, batch.id)
    else:
        shards = job_making.add_children(tx, batch, children)
    for place, shard in enumerate(shards):
        own = numbers[place * size : (place + 1) * size]
        opened = update(findings).where(findings.c.run_id == run.id, findings.c.number.in_(own))
        pending: dict[str, Any] = {"state": FindingState.PENDING, "error": None, "ended_at_ns": None}
        tx.execute(opened.values(pending | {"job_id": shard.id, "revision": tx.revision()}))


def remember(tx: Writing, id: str, key: str, value: object) -> None:
    """Keep something of a provider's with the run's options, over restarts: the name of a batch that was sent."""
    kept = func.json_set(runs.c.options, f'$."{key}"', func.json(json.dumps(value)))
    tx.execute(_of(id).values(options=kept, revision=tx.revision()))


def may_write_files(tx: Writing, run_id: str, job_id: str) -> bool:
    """True for one shard of the run, once no finding is pending and any completed: it writes the findings' files."""
    none_pending = runs.c.completed + runs.c.failed == runs.c.assets
    free = (runs.c.files_job_id.is_(None)) | (runs.c.files_job_id == job_id)
    taken = (
        _of(run_id)
        .where(none_pending, runs.c.completed > 0, free, RUN_THERE)
        .values(files_job_id=job_id, revision=tx.revision())
    )
    return bool(tx.execute(taken).rowcount)


def delete_whole(tx: Writing, id: str) -> Run:
    """Cancel what is open of the run, forget its findings and hide its files; returns it as it was. Raises NotFound."""
    run = get(tx, id)
    if jobs.states(tx, [run.job_id]):
        jobs.cancel(tx, run.job_id)
    files = [file.id for job_id in shard_ids(tx, id) for file in results.for_job(tx, job_id)]
    results.delete(tx, files)
    tx.execute(delete(findings).where(findings.c.run_id == id))
    tx.execute(_of(id).values(deleted_at_ns=tx.now_ns, held_because=None, revision=tx.revision()))
    return run


def shard_ids(tx: Reading, id: str) -> list[str]:
    """The jobs that have or had findings of the run, and the one that wrote its files."""
    of_findings = select(findings.c.job_id).where(findings.c.run_id == id).distinct()
    wrote = tx.scalar(select(runs.c.files_job_id).where(runs.c.id == id))
    return sorted({*tx.execute(of_findings).scalars(), *([wrote] if wrote else [])})


def _of(id: str) -> Any:
    return update(runs).where(runs.c.id == id)


def _all() -> Select[Any]:
    state = select(jobs_table.c.state).where(jobs_table.c.id == runs.c.job_id).scalar_subquery()
    return select(*(runs.c[name] for name in _NAMES), state.label("job_state"))


def counts(tx: Reading, job_ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """(completed, failed) findings of the runs of these batch jobs."""
    query = select(runs.c.job_id, runs.c.completed, runs.c.failed).where(runs.c.job_id.in_(job_ids))
    return {row["job_id"]: (row["completed"], row["failed"]) for row in tx.rows(query)}
