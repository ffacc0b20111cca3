"""The batches under way at Vertex AI for runs by night: kept with their runs, and called off once nobody waits."""

from typing import Any

from sqlalchemy import func, select, update

from core.job import Job, JobKind, NewJob
from core.store.database import Reading, Writing
from core.store.job_making import enqueue
from core.store.schema_analysis import RUN_THERE, runs

Sent = dict[str, Any]
"""`label`, kept before the batch is sent, and `name`, once Vertex AI gave it one."""


def key_of(job_id: str) -> str:
    """Under which a run's options keep what its shard has sent."""
    return f"night_{job_id}"


def take(tx: Writing, run_id: str, job_id: str | None = None) -> list[Sent]:
    """What is under way of the run, or of one shard of it; from now on the run knows nothing of it."""
    options = tx.scalar(select(runs.c.options).where(runs.c.id == run_id)) or {}
    wanted = [key for key in options if (key.startswith(key_of("")) if job_id is None else key == key_of(job_id))]
    sent = {key: options[key] for key in wanted if isinstance(options[key], dict)}
    for key in sent:
        forgotten = func.json_set(runs.c.options, f'$."{key}"', None)
        tx.execute(update(runs).where(runs.c.id == run_id).values(options=forgotten, revision=tx.revision()))
    return list(sent.values())


def call_off(tx: Writing, run_id: str, job_id: str | None = None) -> Job | None:
    """A job that has Vertex AI stop and charge no more, as soon as it can be reached; None if nothing is under way."""
    sent = take(tx, run_id, job_id)
    return enqueue(tx, teardown_of(tx, run_id, {"night": sent})) if sent else None


def call_off_of_job(tx: Writing, job: Job) -> None:
    """The same for a job of a run that was cancelled: its batch of shards, or one of them."""
    if job.kind is not JobKind.ANALYZE:
        return
    run_id = tx.scalar(select(runs.c.id).where(runs.c.job_id == (job.batch_id or job.id), RUN_THERE))
    if run_id is not None:
        call_off(tx, run_id, None if job.is_batch else job.id)


def teardown_of(tx: Reading, run_id: str, what: dict[str, object]) -> NewJob:
    """The job that takes away what a run has elsewhere."""
    row = tx.row(select(runs.c.name, runs.c.pack_name, runs.c.tenant_id, runs.c.operator).where(runs.c.id == run_id))
    assert row is not None
    params = {"run_id": run_id, "pack": row["pack_name"], "teardown": True, **what}
    what_it_does = "Delete what is left" if "keys" in what else "Cancel the batch"
    name = f"{what_it_does} of {row['name'] or row['pack_name']}"
    return NewJob(JobKind.ANALYZE, params, name=name, tenant_id=row["tenant_id"], operator=row["operator"])
