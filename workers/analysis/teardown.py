"""What is left of a run that was deleted whole: its objects in the store, and its rows in BigQuery."""

from functools import partial

from core.credentials import Credentials
from core.errors import KnownError
from core.run import ProviderUnready
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
    if params.get("bigquery"):
        try:
            rows = _rows(context, str(params["run_id"]), str(params.get("pack", "")))
        except ProviderUnready as later:
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
    raise ProviderUnready("BigQuery is not set up on this station")


def _wait(context: JobContext, why: KnownError) -> None:
    with context.database.write() as tx:
        jobs.wait(tx, context.job, why.title, tx.now_ns + _AGAIN_NS)
    raise StaleAttempt("job", context.job.id, context.job.attempt)
