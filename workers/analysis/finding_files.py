"""How a shard ends: its summary, and the files of the run's findings if it was the last."""

from dataclasses import replace

from core.finding_export import ExportFormat, write_files
from core.run import AnalysisError, FindingState
from core.store import findings, results, runs
from core.store.database import Writing
from workers.jobs.results import ResultFolder
from workers.runner import JobContext, Outcome


class ShardFailed(AnalysisError):
    """Fields: number, reason."""

    title = "None of its {number} assets could be analysed: {reason}"
    hint = "Look at each finding's reason, then press Retry."
    permanent = True


def finished(context: JobContext, run_id: str) -> Outcome:
    """Raises ShardFailed if nothing of the shard completed, unless it has to write the run's files."""
    job = context.job
    with context.database.write() as tx:
        run = runs.get(tx, run_id)
        own = findings.of_shard(tx, job.id)
        writes = runs.may_write_files(tx, run_id, job.id)
    failed = [finding for finding in own if finding.state is FindingState.FAILED]
    summary: dict[str, object] = {"run_id": run_id, "completed": len(own) - len(failed), "failed": len(failed)}
    if not writes:
        if own and len(failed) == len(own):
            first = failed[0].error or {}
            raise ShardFailed(number=len(own), reason=first.get("message", ""))
        return Outcome(summary)

    def tell() -> None:  # while other work has the computing children, too: waiting is no standing still
        context.progress(99.0, "writing the findings", f"{run.assets} findings")

    tell()
    with ResultFolder(context, session_id=run.session_id) as made:
        targets = {str(format): str(made.path(f"findings.{format}")) for format in ExportFormat}
        root = str(context.folder.root)
        context.compute.run(write_files, root, run_id, targets, cancel=context.cancel, waiting=tell)
        outcome = made.outcome(summary)
    publish = outcome.publish

    def instead_of_older(tx: Writing) -> None:
        older = [file.id for shard in runs.shard_ids(tx, run_id) for file in results.for_job(tx, shard)]
        results.delete(tx, older)
        if publish is not None:
            publish(tx)

    return replace(outcome, publish=instead_of_older)
