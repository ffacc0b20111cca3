"""`trackshift runs`: the runs of the analysis; what each found, and the ways to stop, resume, retry and delete one."""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

from cli.answer import Answer, Exit
from cli.station import Station, open_station
from cli.waiting import wait_for_job
from core.clock import utc_text
from core.errors import UsageError
from core.finding_export import ExportFormat, export_findings
from core.job import JobState
from core.paths import DataFolder
from core.run import FindingState, Run
from core.store import findings, results, runs
from core.store.findings import FindingFilter

Document = dict[str, object]
_FAILURES = 1000


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to the action."""
    actions = {
        "list": _list,
        "show": _show,
        "stop": _stop,
        "resume": _resume,
        "retry": _retry,
        "delete": _delete,
        "load": _load,
        "export": _export,
    }
    with open_station(folder) as station:
        return actions[arguments.action](arguments, station)


def ended_document(run: Run) -> Document:
    """What `analyze` answers."""
    return {
        "run_id": run.id,
        "assets": run.assets,
        "completed": run.completed,
        "failed": run.failed,
        "tokens": run.tokens_in + run.tokens_out,
        "cost": round(run.cost_usd, 6),
        "ms": round(((run.ended_at_ns or time.time_ns()) - run.created_at_ns) / 1e6, 1),
    }


def run_document(run: Run) -> Document:
    return ended_document(run) | {
        "state": str(run.state),
        "held_because": run.held_because,
        "name": run.name,
        "pack": run.pack_name,
        "pack_version": run.pack_version,
        "provider": str(run.provider),
        "options": run.options,
        "budget": run.budget_usd,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "created_at": utc_text(run.created_at_ns),
        "ended_at": None if run.ended_at_ns is None else utc_text(run.ended_at_ns),
        "job": run.job_id,
        "session_id": run.session_id,
        "tenant_id": run.tenant_id,
        "operator": run.operator,
    }


def run_line(run: Run) -> str:
    waits = f", held: {run.held_because}" if run.held_because else ""
    spent = f", {run.tokens_in + run.tokens_out} tokens, {run.cost_usd:.4f} USD" if run.tokens_in else ""
    told = f"{run.completed} of {run.assets} completed, {run.failed} failed{spent}{waits}"
    return f"{run.id}  {run.pack_name}  {run.state}: {told}"


def _list(arguments: argparse.Namespace, station: Station) -> Answer:
    if not 1 <= arguments.limit <= 500:
        raise UsageError("--limit is 1 to 500")
    with station.database.read() as tx:
        page = runs.page(tx, arguments.cursor, arguments.limit)
    lines = [run_line(run) for run in page.items]
    if page.next is not None:
        lines.append(f"There are more: --cursor {page.next}")
    return Answer(
        {"runs": [run_document(run) for run in page.items], "next": page.next}, "\n".join(lines) or "No runs."
    )


def _show(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.read() as tx:
        run = runs.get(tx, arguments.run)
        failed = findings.page(tx, run.id, wanted=FindingFilter(state=FindingState.FAILED), limit=_FAILURES).items
        files = results.for_job(tx, run.files_job_id) if run.files_job_id else []
    document = run_document(run) | {
        "failures": [{"asset_id": finding.asset_id, **(finding.error or {})} for finding in failed],
        "files": [str(station.folder.absolute(file.path)) for file in files],
    }
    lines = [run_line(run)]
    lines += [f"  {finding.asset_id}: {(finding.error or {}).get('message', '')}" for finding in failed]
    lines += [f"  {station.folder.absolute(file.path)}" for file in files]
    return Answer(document, "\n".join(lines))


def _stop(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        run = runs.hold(tx, arguments.run)
    return Answer(run_document(run), f"Run {run.id} begins nothing more. {run.pending} assets wait.")


def _resume(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        run = runs.resume(tx, arguments.run, budget_usd=arguments.budget)
    return Answer(run_document(run), f"Run {run.id} goes on: {run.pending} assets.")


def _retry(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        run = runs.retry_failed(tx, arguments.run)
    return Answer(run_document(run), f"Run {run.id} asks again for {run.pending} assets.")


def _delete(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        deleted = runs.delete_whole(tx, arguments.run, objects=arguments.objects, bigquery=arguments.bigquery)
    document = {"run_id": deleted.run.id, "findings": deleted.run.assets, "teardown_job": deleted.teardown_job_id}
    rest = f" Job {deleted.teardown_job_id} removes the rest." if deleted.teardown_job_id else ""
    return Answer(document, f"Run {deleted.run.id} is deleted with {deleted.run.assets} findings.{rest}")


def _load(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        job = runs.load_into_bigquery(tx, arguments.run)
    if arguments.wait:
        job = wait_for_job(station, job.id)
    document = {"run_id": arguments.run, "job": job.id, "state": str(job.state), "summary": job.summary}
    document["error"] = asdict(job.error) if job.error else None
    told = f"Job {job.id} sends its findings to BigQuery: {job.state}."
    if job.summary:
        there, refused = job.summary["rows_there_before"], job.summary["rows_refused"]
        told += f" {job.summary['rows_sent']} rows sent, {there} were there, {refused} refused."
    if job.error:
        told += f" {job.error.message} {job.error.hint}"
    return Answer(document, told, Exit.FAILED if job.state is JobState.FAILED else Exit.DONE)


def _export(arguments: argparse.Namespace, station: Station) -> Answer:
    target = Path(arguments.out).expanduser().absolute()
    number = export_findings(station.database, arguments.run, target, ExportFormat(arguments.format))
    document = {"run_id": arguments.run, "file": str(target), "format": arguments.format, "rows": number}
    return Answer(document, f"{number} rows are in {target}.")
