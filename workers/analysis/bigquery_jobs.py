"""BigQuery as work of the queue: a run's findings loaded, and the rows of one that was deleted taken out."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.credentials import Credentials
from core.packs import pack_of
from core.run import Finding, FindingState
from core.store import findings, runs
from workers.analysis.bigquery import FindingsTable
from workers.analysis.google_access import find_access
from workers.runner import JobContext, Outcome

_AT_ONCE = 500
_BAD_SHOWN = 20


def load(context: JobContext) -> Outcome:
    """The rows that BigQuery refuses are in the summary, by asset. Raises AnalysisUnreachable, ProviderUnready."""
    run_id = str(context.job.params["run_id"])
    with context.database.read() as tx:
        run = runs.get(tx, run_id)
    pack = pack_of(run.pack)
    with _open(context, pack.name) as table:
        table.ensure(pack)
        loaded = table.load(run, pack, _every(context, run_id, run.assets))
    bad = dict(list(loaded.bad.items())[:_BAD_SHOWN])
    summary: dict[str, object] = {
        "run_id": run_id,
        "table": loaded.table,
        "rows_sent": loaded.sent,
        "rows_there_before": loaded.there,
        "findings_failed": run.failed,
        "rows_refused": len(loaded.bad),
        "refused": bad,
    }
    return Outcome(summary, publish=lambda tx: runs.remember(tx, run_id, "bigquery", loaded.table))


def remove(context: JobContext, run_id: str, pack_name: str) -> int:
    """How many rows were taken out. Raises AnalysisUnreachable, ProviderUnready."""
    with _open(context, pack_name) as table:
        return table.remove(run_id)


@contextmanager
def _open(context: JobContext, pack_name: str) -> Iterator[FindingsTable]:
    table = FindingsTable(find_access(context.settings, Credentials(context.folder)), context.settings, pack_name)
    try:
        yield table
    finally:
        table.close()


def _every(context: JobContext, run_id: str, assets: int) -> Iterator[Finding]:
    """All that completed, in the order of the run: they never change again, and failures have no values."""
    number = -1
    while True:
        with context.database.read() as tx:
            found = findings.after(tx, run_id, number, _AT_ONCE)
        if not found:
            return
        number = found[-1].number
        context.progress(100.0 * number / assets, "sending rows to BigQuery", f"{number + 1} of {assets} assets")
        yield from (finding for finding in found if finding.state is FindingState.COMPLETED)
