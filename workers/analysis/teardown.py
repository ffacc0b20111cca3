"""What a run has elsewhere and nobody wants any more: objects in the store, rows in BigQuery, batches at Vertex AI."""

from collections.abc import Mapping
from functools import partial

from core.credentials import Credentials
from core.errors import KnownError
from core.run import AnalysisUnreachable, ProviderUnready
from core.store import jobs
from core.store.moves import StaleAttempt
from workers.runner import JobContext, Outcome
from workers.sync.bounded import Bounded
from workers.sync.object_store import ObjectStore, sidecar_key
from workers.sync.opening import open_store

_AGAIN_NS = 60_000_000_000


def run(context: JobContext) -> Outcome:
    """Waits for the network without spending a try. Raises StorageError."""
    params = context.job.params
    keys = params.get("keys")
    removed = _objects(context, [str(key) for key in keys]) if isinstance(keys, list) and keys else 0
    rows = 0
    try:
        night = params.get("night")
        for sent in night if isinstance(night, list) else []:
            _cancel_batch(context, sent)
        if params.get("bigquery"):
            rows = _rows(context, str(params["run_id"]), str(params.get("pack", "")))
    except (AnalysisUnreachable, ProviderUnready) as later:
        _wait(context, later)
    return Outcome({"run_id": params["run_id"], "objects_removed": removed, "bigquery_rows_removed": rows})


def _objects(context: JobContext, keys: list[str]) -> int:
    store = open_store(context.settings, Credentials(context.folder))
    bounded = Bounded[None]("teardown")
    try:
        for number, key in enumerate(keys):
            context.progress(100.0 * number / len(keys), "removing objects", f"{number} of {len(keys)}")
            limit_s = 2 * context.settings.storage.timeout_s
            bounded(partial(_remove, store, key), timeout_s=limit_s, store=store)
    finally:
        store.close()
    return len(keys)


def _remove(store: ObjectStore, key: str) -> None:
    store.remove(key)
    store.remove(sidecar_key(key))


def _rows(context: JobContext, run_id: str, pack_name: str) -> int:
    from workers.analysis import bigquery_jobs  # it brings Google's client

    return bigquery_jobs.remove(context, run_id, pack_name)


def _cancel_batch(context: JobContext, sent: Mapping[str, object]) -> None:
    from workers.analysis import vertex_batches  # it brings Google's client
    from workers.analysis.vertex import open_cloud

    vertex_batches.cancel(open_cloud(context.settings, Credentials(context.folder)), sent)


def _wait(context: JobContext, why: KnownError) -> None:
    with context.database.write() as tx:
        jobs.wait(tx, context.job, why.title, tx.now_ns + _AGAIN_NS)
    raise StaleAttempt("job", context.job.id, context.job.attempt)
