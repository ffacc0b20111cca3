"""A run by night: one Vertex AI batch of all its assets, sent once, followed over restarts, its answers mapped back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core import logs
from core.clock import utc_text
from core.errors import KnownError, MediaUnreadable
from core.ids import new_id
from core.pack import Pack
from core.packs import problem_of
from core.pricing import Prices, model_of, most_usd
from core.run import AnswerInvalid, Finding, ProviderUnready, Run
from core.store import findings, jobs, runs
from core.store.findings import FindingEnd
from core.store.job_making import enqueue
from core.store.jobs import StaleAttempt
from core.store.night_batches import key_of, teardown_of
from workers.analysis import vertex_batches
from workers.analysis.bucket import Bucket
from workers.analysis.finding_ends import completed, failed, summed
from workers.analysis.gemini import GeminiProvider
from workers.analysis.gemini_faults import NightFailed
from workers.analysis.gemini_question import batch_line, constant_body, read_frame
from workers.analysis.night_answers import Line, answers_in
from workers.analysis.provider import Answer, Provider
from workers.runner import JobContext

if TYPE_CHECKING:
    from google.genai.types import BatchJob

_log = logs.get("night")
LOOK_AGAIN_NS = 60_000_000_000
_AT_ONCE = 200
_DONE = frozenset({"JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"})
_LOST = frozenset({"JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"})
Paths = Mapping[int, Sequence[Path] | KnownError]


class Night:
    """One attempt at the assets of a run by night: it sends, or looks, and puts the job back until it is time again."""

    def __init__(self, context: JobContext, run: Run, pack: Pack, provider: GeminiProvider, bucket: Bucket) -> None:
        self._context, self._run, self._pack = context, run, pack
        self._provider, self._bucket, self._cloud = provider, bucket, provider.cloud
        self._key = key_of(context.job.id)
        self._folder = f"trackshift/{run.id}/{context.job.id}"
        self._model = model_of(pack, context.settings)

    def work(self, waiting: Sequence[Finding], paths: Paths) -> None:
        """Returns once every finding ended. Raises StaleAttempt when the job waits, KnownError."""
        waiting = self._with_frames(waiting, paths)
        if not waiting:
            return
        kept = self._run.options.get(self._key)
        sent = dict(kept) if isinstance(kept, dict) else {}
        name = str(sent.get("name") or self._send(waiting, paths, sent))
        if not name:
            return self._forget()
        job = self._cloud.batches("get", name=name)
        state = str(job.state.value if job.state else "")
        if state in _DONE:
            self._collect(job, waiting, paths)
        elif state in _LOST:
            said = (job.error.message if job.error else "") or state.removeprefix("JOB_STATE_").lower()
            lost = NightFailed(said=said)
            self._record([failed(finding.number, lost) for finding in self._still(waiting)])
        else:
            since = f" since {utc_text(int(job.create_time.timestamp() * 1e9))}" if job.create_time else ""
            self._wait(f"Vertex AI works on the batch{since} ({state.removeprefix('JOB_STATE_').lower()})")
        self._forget()

    # sending

    def _with_frames(self, waiting: Sequence[Finding], paths: Paths) -> list[Finding]:
        gone = [
            failed(finding.number, why) for finding in waiting if isinstance(why := paths[finding.number], KnownError)
        ]
        self._record(gone)
        return [finding for finding in waiting if not isinstance(paths[finding.number], KnownError)]

    def _send(self, waiting: Sequence[Finding], paths: Paths, sent: dict[str, object]) -> str:
        """The batch's name; nothing if there is nothing to ask. One that was sent before is found by its label."""
        label = str(sent.get("label") or "")
        if label:
            if name := vertex_batches.name_of(self._cloud, sent):
                self._keep({"label": label, "name": name})
                return name
        else:
            label = f"trackshift-{new_id()}"
            self._afford(waiting)
            self._remember({"label": label})
        with TemporaryDirectory(prefix="night-") as made:
            lines = Path(made) / "questions.jsonl"
            if not self._write_questions(waiting, paths, lines):
                return ""
            source = self._bucket.put_file(f"{self._folder}/{label}.jsonl", lines, "application/jsonl")
        config = {"display_name": label, "dest": self._bucket.uri(f"{self._folder}/{label}")}
        job = self._cloud.batches("create", model=self._model, src=source, config=config)
        self._keep({"label": label, "name": job.name})
        return str(job.name)

    def _keep(self, sent: Mapping[str, object]) -> None:
        """What was cancelled, deleted or stopped while it was sent is called off at once."""
        held = None
        try:
            with self._context.database.write() as tx:
                jobs.assert_current(tx, self._context.job)
                held = runs.held_because(tx, self._run.id)
                runs.remember(tx, self._run.id, self._key, None if held else sent)
        except StaleAttempt:
            self._call_off(sent)
            raise
        if held:
            self._call_off(sent)
            self._wait(held, held=True)

    def _call_off(self, sent: Mapping[str, object]) -> None:
        """At once, or by a job as soon as Vertex AI can be reached: nobody else knows of this batch any more."""
        try:
            vertex_batches.cancel(self._cloud, sent)
        except KnownError as later:
            _log.info(f"not cancelled yet: {later.title}", batch=sent.get("name"))
            with self._context.database.write() as tx:
                enqueue(tx, teardown_of(tx, self._run.id, {"night": [dict(sent)]}))

    def _afford(self, waiting: Sequence[Finding]) -> None:
        settings = self._context.settings
        budget = self._run.budget_usd if self._run.budget_usd is not None else self._provider.budget_usd
        if budget is None:
            return
        prices = Prices.of_station(self._context.folder)
        most = sum(most_usd(self._pack, len(one.frames), settings, prices, night=True) for one in waiting)
        if self._run.cost_usd + most <= budget:
            return
        reason = f"The batch may cost up to {most:.2f} USD, and the budget is {budget:.2f} USD"
        with self._context.database.write() as tx:
            jobs.assert_current(tx, self._context.job)
            runs.hold(tx, self._run.id, reason)
        self._wait(reason, held=True)

    def _write_questions(self, waiting: Sequence[Finding], paths: Paths, target: Path) -> int:
        """How many there are: an asset whose frame can't be read is told at once."""
        there = set(self._bucket.names(f"{self._folder}/frames/"))
        body = constant_body(self._pack, self._context.settings)
        written = 0
        with target.open("w", encoding="utf-8") as lines:
            for done, finding in enumerate(waiting):
                message = f"{done} of {len(waiting)} assets"
                self._context.progress(100.0 * done / len(waiting), "sending frames to the bucket", message)
                found = paths[finding.number]
                assert not isinstance(found, KnownError)
                try:
                    frames = [
                        self._frame(f"{self._folder}/frames/{finding.number}-{place}", path, there)
                        for place, path in enumerate(found)
                    ]
                except MediaUnreadable as wrong:
                    self._record([failed(finding.number, wrong)])
                    continue
                lines.write(batch_line(body, finding.asset, frames, f"n-{finding.number}") + "\n")
                written += 1
        return written

    def _frame(self, name: str, path: Path, there: set[str]) -> tuple[str, str]:
        for suffix, media_type in ((".jpg", "image/jpeg"), (".png", "image/png")):
            if name + suffix in there:
                return self._bucket.uri(name + suffix), media_type
        data, media_type = read_frame(path)
        suffix = ".png" if media_type == "image/png" else ".jpg"
        return self._bucket.put(name + suffix, data, media_type), media_type

    # collecting

    def _collect(self, job: "BatchJob", waiting: Sequence[Finding], paths: Paths) -> None:
        """Every answer to its asset, however they are ordered; what is missing is told."""
        missing = {finding.number: finding for finding in self._still(waiting)}
        broken: list[tuple[Finding, Answer, str]] = []
        ended: list[FindingEnd] = []
        for line in self._answers(job):
            self._context.progress(90.0, "reading the answers", f"{len(waiting) - len(missing)} of {len(waiting)}")
            finding = missing.pop(line.number, None)
            if finding is None:
                continue
            if line.answer is None:
                assert line.failed is not None
                ended.append(failed(line.number, line.failed))
            elif problem := problem_of(self._pack, line.answer.values):
                broken.append((finding, line.answer, problem))
            else:
                ended.append(completed(line.number, line.answer))
            if len(ended) >= _AT_ONCE:
                self._record(ended)
                ended = []
        lost = NightFailed(said="no answer came for this asset")
        self._record([*ended, *(failed(number, lost) for number in missing)])
        for finding, answer, problem in broken:
            self._record([self._ask_again(finding, answer, problem, paths)])

    def _answers(self, job: "BatchJob") -> Iterator[Line]:
        settings = self._context.settings
        given = job.output_info.gcs_output_directory if job.output_info else None
        place = given or (job.dest.gcs_uri if job.dest else None) or "nowhere"
        price = Prices.of_station(self._context.folder).of(self._model).by_night()
        limit = int(constant_body(self._pack, settings)["generationConfig"]["maxOutputTokens"])
        return answers_in(self._bucket, place, model=self._model, price=price, limit=limit)

    def _ask_again(self, finding: Finding, first: Answer, problem: str, paths: Paths) -> FindingEnd:
        """Online, with what was wrong: once, as by day."""
        found = paths[finding.number]
        assert not isinstance(found, KnownError)
        again = first
        try:
            again = self._provider.analyze(
                self._pack, finding.asset, found, self._context.cancel, problem=problem, waiting=self._tell
            )
            again = summed(first, again)
            problem = problem_of(self._pack, again.values)
        except KnownError as why:
            _log.info(f"asked again in vain: {why.title}", asset_id=finding.asset_id)
        if problem:
            return failed(finding.number, AnswerInvalid(problem=problem[:500]), again)
        return completed(finding.number, again)

    def _tell(self) -> None:
        self._context.progress(95.0, "asking again", "what broke the pack's schema")

    # keeping

    def _still(self, waiting: Sequence[Finding]) -> list[Finding]:
        """Those that wait even now: some were told while the batch was made."""
        with self._context.database.read() as tx:
            pending = {finding.number for finding in findings.pending(tx, self._context.job.id)}
        return [finding for finding in waiting if finding.number in pending]

    def _record(self, ended: Sequence[FindingEnd]) -> None:
        if ended:
            with self._context.database.write() as tx:
                findings.record(tx, self._context.job, self._run.id, ended)

    def _remember(self, sent: object) -> None:
        with self._context.database.write() as tx:
            jobs.assert_current(tx, self._context.job)
            runs.remember(tx, self._run.id, self._key, sent)

    def _forget(self) -> None:
        """What is told is no longer needed there; what can't be removed now costs little, and is named in the log."""
        self._remember(None)
        try:
            self._bucket.remove(f"{self._folder}/")
        except (KnownError, ProviderUnready) as later:
            _log.info(f"not removed from the bucket: {later.title}", folder=self._bucket.uri(self._folder))

    def _wait(self, reason: str, *, held: bool = False) -> None:
        with self._context.database.write() as tx:
            jobs.wait(tx, self._context.job, reason, None if held else tx.now_ns + LOOK_AGAIN_NS)
        raise StaleAttempt("job", self._context.job.id, self._context.job.attempt)


@contextmanager
def open_night(context: JobContext, run: Run, pack: Pack, provider: Provider) -> Iterator[Night]:
    """provider: Gemini. Raises ProviderUnready where no bucket is named."""
    assert isinstance(provider, GeminiProvider)
    gemini = context.settings.gemini
    if not gemini.batch_bucket:
        raise ProviderUnready(
            "No bucket is named for runs by night", hint="Name one in Settings ▸ Gemini (gemini.batch_bucket)."
        )
    bucket = Bucket(provider.cloud.access, gemini.batch_bucket)
    try:
        yield Night(context, run, pack, provider, bucket)
    finally:
        bucket.close()
