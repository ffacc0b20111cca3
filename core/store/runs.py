"""The runs: each a batch job of shards; made, held, resumed, tried again and deleted whole."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from core.errors import NotFound, UsageError
from core.job import OPEN, PRIORITY_RERUN, Job, JobKind, JobState, NewJob
from core.run import STOPPED, Asset, FindingState, NewRun, Run
from core.store import job_making, jobs, night_batches, results
from core.store.database import Reading, Writing
from core.store.job_holding import hold as hold_children
from core.store.job_holding import release as release_children
from core.store.moves import IllegalMove
from core.store.paging import Page, changed_rows, cursor_of, newest_first
from core.store.run_making import batch_of, insert_run, shard_of, shard_size
from core.store.schema import jobs as jobs_table
from core.store.schema_analysis import RUN_THERE, findings, runs
from core.store.schema_results import results as files

_NAMES = tuple(field.name for field in fields(Run) if field.name != "job_state")


def make(tx: Writing, new: NewRun, assets: Sequence[Asset]) -> Run:
    """A run with a pending finding for each asset, and its batch of shards. The same task_id twice is one run.

    Raises UsageError without assets, for an asset without frames or one that is named twice.
    """
    if new.task_id is not None and (known := jobs.by_task_id(tx, new.task_id)):
        return for_job(tx, known.id)
    return get(tx, insert_run(tx, new, assets))


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
    """Nothing new of it begins until it is resumed; calls under way end and are kept, but a batch is called off.

    Raises NotFound, IllegalMove.
    """
    run = get(tx, id)
    if run.state not in OPEN:
        raise IllegalMove(f"Run {id} is {run.state}: only what goes on can be stopped")
    tx.execute(_of(id).values(held_because=reason, revision=tx.revision()))
    hold_children(tx, run.job_id, reason)
    night_batches.call_off(tx, id)
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
    batch = _its_batch(tx, run)
    shards = jobs.children(tx, batch.id) if batch is not None else []
    shard_failed = any(shard.state is JobState.FAILED for shard in shards)
    if not (run.failed or shard_failed) or run.state is JobState.CANCELLED:
        raise IllegalMove(f"Run {id} is {run.state} with {run.failed} failed findings: there is nothing to try again")
    if batch is not None and shard_failed:
        jobs.retry(tx, batch.id)  # a trigger frees the findings of failed shards
    _reshard(tx, run, batch)
    return get(tx, id)


def _its_batch(tx: Reading, run: Run) -> Job | None:
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
    children = [shard_of(again, run.id)] * (-(-len(numbers) // size))
    if batch is None:
        batch = jobs.enqueue_batch(tx, batch_of(again, run.id), children)
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


@dataclass(frozen=True, slots=True)
class Deleted:
    run: Run
    """As it was."""
    teardown_job_id: str | None
    """Removes what lies elsewhere."""


def delete_whole(tx: Writing, id: str, *, objects: bool = False, bigquery: bool = False) -> Deleted:
    """Cancel what is open of the run, forget its findings and hide its files.

    objects, bigquery: a job removes its files from object storage and its rows from BigQuery too, as soon as they can
    be reached; it cancels what Vertex AI still works on. Raises NotFound.
    """
    run, night = get(tx, id), night_batches.take(tx, id)
    if jobs.states(tx, [run.job_id]):
        jobs.cancel(tx, run.job_id)
    made = select(files.c.id, files.c.path).where(files.c.job_id.in_(shard_ids(tx, id)))  # those a retry replaced too
    paths = {row["id"]: row["path"] for row in tx.rows(made)}
    results.delete(tx, list(paths))
    tx.execute(delete(findings).where(findings.c.run_id == id))
    tx.execute(_of(id).values(deleted_at_ns=tx.now_ns, held_because=None, revision=tx.revision()))
    bigquery = bigquery and "bigquery" in run.options
    keys = sorted(paths.values()) if objects else []
    if not keys and not bigquery and not night:
        return Deleted(run, None)
    what: dict[str, object] = {"bigquery": bigquery, "night": night, "keys": keys}
    return Deleted(run, jobs.enqueue(tx, night_batches.teardown_of(tx, id, what)).id)


def load_into_bigquery(tx: Writing, id: str) -> Job:
    """Queue the job that sends its completed findings there; what is there already is not sent again.

    Raises NotFound, UsageError for a run of which nothing completed.
    """
    run = get(tx, id)
    if not run.completed:
        raise UsageError(f"Nothing of run {id} completed yet: there is nothing to load")
    name = f"Load {run.name or run.pack_name} into BigQuery"
    params: dict[str, object] = {"run_id": id, "load": "bigquery"}
    return jobs.enqueue(
        tx,
        NewJob(
            JobKind.ANALYZE,
            params,
            name=name,
            tenant_id=run.tenant_id,
            operator=run.operator,
            session_id=run.session_id,
        ),
    )


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


def counts(tx: Reading, job_ids: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Assets completed, failed and pending of the runs of these batch jobs."""
    if not job_ids:
        return {}
    c = runs.c
    query = select(c.job_id, c.completed, c.failed, c.assets - c.completed - c.failed)
    return {
        id: (completed, failed, pending)
        for id, completed, failed, pending in tx.execute(query.where(c.job_id.in_(job_ids), RUN_THERE))
    }
