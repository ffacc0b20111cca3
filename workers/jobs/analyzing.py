"""The analysis of one shard: each pending asset asked once, its finding committed as it comes, the files at the end."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import DatabaseBusy, DiskFull, FileGone, KnownError, NotFound
from core.job import JobKind, NewJob
from core.pack import Pack
from core.packs import pack_of, problem_of
from core.retry import backoff
from core.run import AnalysisUnreachable, AnswerInvalid, Finding, ProviderUnready, Run, RunProvider
from core.run_requests import ask_run, prepare, run_params
from core.store import findings, frames, jobs, run_waiting, runs
from core.store.database import Reading, Writing
from core.store.findings import FindingEnd
from core.store.jobs import StaleAttempt
from workers.analysis import teardown
from workers.analysis.callers import LEDGER, Callers, Came
from workers.analysis.choosing import choose
from workers.analysis.finding_ends import completed, failed, summed
from workers.analysis.finding_files import finished
from workers.analysis.provider import Answer, Provider
from workers.cancellation import Cancelled
from workers.runner import JobContext, Outcome

_AGAIN_NS = 30_000_000_000
_LOOK_S = 0.5
_LAST_ANSWERS_S = 1.0
"""How long answers under way are waited for when the work is cancelled: what was paid for is better kept."""


def run(context: JobContext, choose: Callable[[JobContext, Run, Pack], Provider] = choose) -> Outcome:
    """Ask for what is pending of the shard; a restart goes on with that. Raises as providers do."""
    if "run_id" not in context.job.params:
        return _begin(context)
    run_id = str(context.job.params["run_id"])
    if "teardown" in context.job.params:
        return teardown.run(context)
    if "load" in context.job.params:
        return _load(context, run_id)
    with context.database.read() as tx:
        whole = runs.get(tx, run_id)
        waiting = findings.pending(tx, context.job.id)
        paths = {finding.number: _paths(context, tx, finding) for finding in waiting}
    if waiting:
        pack = pack_of(whole.pack)
        if whole.held_because is not None:
            _put_back(context, whole.id, None)
        try:
            provider = choose(context, whole, pack)
            if whole.options.get("night") and provider.name is RunProvider.GEMINI:
                from workers.analysis import night  # it brings what only such runs need

                with night.open_night(context, whole, pack, provider) as one:
                    one.work(waiting, paths)
                waiting = []
        except (AnalysisUnreachable, ProviderUnready) as later:
            _put_back(context, whole.id, later)
            raise
        except StaleAttempt:  # it waits for its batch: Vertex AI took it
            if _needs_operator(whole):
                with context.database.write() as tx:
                    run_waiting.mended(tx, whole.id)
            raise
        if waiting:
            _Shard(context, whole, pack, provider, paths).work(waiting)
    return finished(context, run_id)


def _begin(context: JobContext) -> Outcome:
    """A job that asks for a run, as schedules make them: the run is queued with its completion. Raises UsageError."""
    job = context.job
    with context.database.read() as tx:
        request = prepare(tx, context.folder, run_params(job.params))
    summary: dict[str, object] = {"assets": len(request.assets)}
    asked = NewJob(
        JobKind.ANALYZE,
        {},
        name=job.name,
        tenant_id=job.tenant_id,
        operator=job.operator,
        priority=job.priority,
        session_id=job.session_id,
        tries=job.tries,
        correlation_id=job.correlation_id,
    )

    def queue(tx: Writing) -> None:
        summary["run_id"] = ask_run(tx, request, asked).id

    return Outcome(summary, queue)


def _load(context: JobContext, run_id: str) -> Outcome:
    """The findings of a run into BigQuery."""
    from workers.analysis import bigquery_jobs  # it brings Google's client

    try:
        return bigquery_jobs.load(context)
    except (AnalysisUnreachable, ProviderUnready) as later:
        _put_back(context, run_id, later)
        raise


def _paths(context: JobContext, tx: Reading, finding: Finding) -> Sequence[Path] | KnownError:
    found = []
    for frame in finding.frames:
        if frame.frame_id is None:
            path = Path(frame.path or "")
            gone = not path.is_file()
            name = str(path)
        else:
            try:
                stored = frames.get(tx, frame.frame_id)
            except NotFound as missing:
                return missing
            path = context.folder.absolute(stored.path)
            gone, name = stored.file_gone_at_ns is not None or not path.is_file(), stored.path
        if gone:
            return FileGone(f"{name} is no longer on this machine", hint="Have it back, then press Retry failed.")
        found.append(path)
    return found


def _put_back(context: JobContext, run_id: str, why: KnownError | None) -> None:
    """The shard waits, no try spent: until the run is resumed if it is held, else for the provider's sake."""
    with context.database.write() as tx:
        held = runs.held_because(tx, run_id)
        if held is not None:
            jobs.wait(tx, context.job, held, None)
        else:
            reason = why.title if why is not None else "Resumed"
            again_ns = tx.now_ns + (_AGAIN_NS if why is not None else 0)
            jobs.wait(tx, context.job, reason, again_ns)
            if isinstance(why, ProviderUnready) and "load" not in context.job.params:
                run_waiting.wait_for_operator(tx, run_id, why, again_ns)
    raise StaleAttempt("job", context.job.id, context.job.attempt)


def _needs_operator(run: Run) -> bool:
    return "needs" in run.options


class _Shard:
    """One attempt at the pending assets of a shard."""

    def __init__(
        self,
        context: JobContext,
        run: Run,
        pack: Pack,
        provider: Provider,
        paths: dict[int, Sequence[Path] | KnownError],
    ) -> None:
        self._context, self._run, self._pack, self._provider, self._paths = context, run, pack, provider, paths
        self._budget_usd = provider.budget_usd if run.budget_usd is None else run.budget_usd
        self._reserved: dict[int, float] = {}
        self._done, self._all = 0, len(paths)
        self._stop: Exception | None = None
        """Why no more is asked: a provider that can't be reached, a bug."""
        self._held = False
        self._trying = _needs_operator(run)
        """Whether a first answer has yet to show that the operator mended it: until then one call at a time."""

    def work(self, waiting: Sequence[Finding]) -> None:
        calls = min(self._provider.in_flight, len(waiting))
        callers = Callers(self._ask, 1 if self._trying else calls)
        todo = list(reversed(waiting))
        try:
            while callers.under_way or (todo and self._stop is None and not self._held):
                self._context.cancel.check()
                while todo and callers.free and self._stop is None and not self._held and self._afford(todo[-1]):
                    callers.ask(todo.pop())
                self._keep(callers.come(_LOOK_S))
                callers.number = 1 if self._trying else calls
        except Cancelled:
            until = time.monotonic() + _LAST_ANSWERS_S
            while callers.under_way and (left_s := until - time.monotonic()) > 0:
                self._keep(callers.come(left_s), last=True)
            raise
        finally:
            callers.close()
            for usd in self._reserved.values():
                LEDGER.release(self._run.id, usd)
        if isinstance(self._stop, AnalysisUnreachable | ProviderUnready):
            _put_back(self._context, self._run.id, self._stop)
        if self._stop is not None:
            raise self._stop
        if todo:
            _put_back(self._context, self._run.id, None)

    def _afford(self, finding: Finding) -> bool:
        if self._budget_usd is None:
            return True
        usd = self._provider.cost_of(self._pack, finding.asset)
        if usd <= 0:
            return True
        if LEDGER.reserve(self._run.id, usd, self._budget_usd, self._spent):
            self._reserved[finding.number] = usd
            return True
        if not LEDGER.under_way(self._run.id):
            spent, budget = self._spent(), self._budget_usd
            reason = f"Its budget of {budget:.2f} USD is used: {spent:.2f} USD so far, the next asset up to {usd:.4f}"
            with self._context.database.write() as tx:
                jobs.assert_current(tx, self._context.job)
                runs.hold(tx, self._run.id, reason)
            self._held = True
        return False

    def _spent(self) -> float:
        with self._context.database.read() as tx:
            return runs.get(tx, self._run.id).cost_usd

    def _ask(self, finding: Finding) -> FindingEnd:
        """In a caller's thread: at most two calls, the second with what was wrong with the first answer."""
        started = time.monotonic()
        paths = self._paths[finding.number]
        if isinstance(paths, KnownError):
            raise paths
        answer = self._call(finding, paths, "")
        problem = problem_of(self._pack, answer.values)
        if problem:
            first = answer
            try:
                answer = summed(first, self._call(finding, paths, problem))
            except KnownError as why:
                return failed(finding.number, why, first)
            problem = problem_of(self._pack, answer.values)
            if problem:
                return failed(finding.number, AnswerInvalid(problem=problem[:500]), answer)
        return completed(finding.number, answer, (time.monotonic() - started) * 1000)

    def _call(self, finding: Finding, paths: Sequence[Path], problem: str) -> Answer:
        cancel = self._context.cancel
        return self._provider.analyze(
            self._pack, finding.asset, paths, cancel, problem=problem, waiting=self._tell_progress
        )

    def _tell_progress(self) -> None:
        message = f"{self._done} of {self._all} assets"
        self._context.progress(100.0 * self._done / self._all, "analysing", message)

    def _keep(self, came: Sequence[Came[Finding, FindingEnd]], *, last: bool = False) -> None:
        """Commit what came, all of it in one transaction."""
        ended = []
        for one in came:
            if one.answer is not None:
                ended.append(one.answer)
            elif isinstance(one.failed, KnownError) and not isinstance(
                one.failed, AnalysisUnreachable | ProviderUnready
            ):
                ended.append(failed(one.asked.number, one.failed))
            elif self._stop is None and not isinstance(one.failed, Cancelled):
                self._stop = one.failed
        if not ended:
            return
        self._record(ended, last=last)
        for one in came:
            usd = self._reserved.pop(one.asked.number, None)
            if usd is not None:
                LEDGER.release(self._run.id, usd)
        self._done += len(ended)
        if not last:
            self._tell_progress()

    def _record(self, ended: Sequence[FindingEnd], *, last: bool) -> None:
        pauses = backoff(0.2, 5.0)
        while True:
            try:
                with self._context.database.write() as tx:
                    findings.record(tx, self._context.job, self._run.id, ended)
                    self._held = self._held or runs.held_because(tx, self._run.id) is not None
                    if self._trying and any(end.model for end in ended):
                        run_waiting.mended(tx, self._run.id)
                        self._trying = False
                return
            except (DatabaseBusy, DiskFull):
                if last or self._context.cancel.wait(next(pauses)):
                    self._context.cancel.check()
