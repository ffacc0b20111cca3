"""A run by night is one batch: sent once whatever happens, each answer given to its asset, what is missing told."""

import json

import pytest

from core.cloud_sections import GeminiSettings
from core.job import JobError, JobState
from core.run import AnalysisUnreachable, FindingState, NewRun, RunProvider
from core.settings import Settings
from core.store import jobs, runs
from tests.fakes.fake_vertex import TOKEN, FakeVertex, Fault, answer
from tests.workers.analysis.gemini_parts import JPEG
from tests.workers.jobs.analyzing_parts import PACK, assets_of, completes, findings_of, run_of
from workers.analysis import night, vertex
from workers.analysis.google_access import Kept

pytest.importorskip("google.genai", reason="the extra `cloud` is not installed")
pytest.importorskip("google.cloud.storage", reason="the extra `cloud` is not installed")


@pytest.fixture
def cloud(station, monkeypatch):
    """The fake, and a station that is set up to ask it."""
    with FakeVertex() as fake:
        monkeypatch.setenv("GEMINI__ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", fake.url)
        monkeypatch.setattr(night, "LOOK_AGAIN_NS", 0)
        monkeypatch.setattr(vertex, "_CLOUD", Kept())
        gemini = GeminiSettings(project="team-1", base_url=fake.url, batch_bucket="gs://analysis")
        station.settings = Settings(gemini=gemini)
        yield fake
        if vertex._CLOUD.thing is not None:
            vertex._CLOUD.thing.close()


@pytest.fixture
def sent(station, cloud):
    """A run by night of so many assets."""

    def sent(number, **fields):
        assets = assets_of(station.folder.root, number)
        (station.folder.root / "frame.jpg").write_bytes(JPEG)
        new = NewRun(PACK.as_json(), RunProvider.GEMINI, options={"night": True}, **fields)
        with station.database.write() as tx:
            return runs.make(tx, new, assets)

    return sent


def test_a_batch_is_sent_once_followed_over_attempts_and_mapped_back_to_its_assets(station, cloud, sent):
    run = sent(7)
    assert not completes(station)
    waiting = station.job(findings_of(station, run)[0].job_id)
    assert waiting.state is JobState.PENDING
    assert waiting.tries_left == waiting.tries
    assert "Vertex AI works on the batch" in waiting.held_because
    assert not completes(station)
    assert completes(station)
    assert len(cloud.batches.jobs) == 1
    done = run_of(station, run)
    assert (done.completed, done.failed) == (7, 0)
    for finding in findings_of(station, run):
        assert (finding.values or {})["kind"] in ("soft", "hard")
        assert finding.cost_usd > 0
    assert sum(cloud.calls.values()) == 0, "nothing was asked online"
    assert not cloud.bucket.objects, "what is told is no longer needed there"


def test_every_answer_goes_to_its_own_asset_though_they_come_in_any_order(station, cloud, sent):
    run = sent(5)
    while not completes(station):
        pass
    for finding in findings_of(station, run):
        schema = {"generationConfig": {"responseJsonSchema": PACK.schema}}
        alone = answer(Fault.OK, "m", {**schema, "contents": [{"parts": [{"text": f"Asset: {finding.asset_id}"}]}]})
        assert finding.values == json.loads(alone["candidates"][0]["content"]["parts"][0]["text"])


def test_a_worker_that_dies_between_sending_and_remembering_finds_its_batch_again(station, cloud, sent):
    run = sent(2)
    remember, told = runs.remember, []

    def dies(tx, id, key, value):
        told.append(value)
        if "name" in (value or {}) and len(told) == 2:
            raise MemoryError("the worker dies here")
        remember(tx, id, key, value)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "remember", dies)
        with pytest.raises(MemoryError):
            completes(station)
    with station.database.write() as tx:
        jobs.wait(tx, station.job(findings_of(station, run)[0].job_id), "the worker died", tx.now_ns)
    while not completes(station):
        pass
    assert len(cloud.batches.jobs) == 1
    assert run_of(station, run).completed == 2


def test_a_batch_that_vertex_gives_up_is_told_and_sent_anew_by_retry(station, cloud, sent):
    cloud.batches.steps = ("JOB_STATE_RUNNING", "JOB_STATE_FAILED")
    run = sent(2)
    assert not completes(station)
    with pytest.raises(Exception, match="could not finish the batch"):
        completes(station)
    for finding in findings_of(station, run):
        assert finding.state is FindingState.FAILED
        assert "The input could not be read" in (finding.error or {})["message"]
    shard = station.job(findings_of(station, run)[0].job_id)
    with station.database.write() as tx:
        jobs.fail(tx, shard, JobError("shard_failed", "none of it", permanent=True), None)
        runs.retry_failed(tx, run.id)
    cloud.batches.steps = ("JOB_STATE_SUCCEEDED",)
    assert completes(station)
    assert len(cloud.batches.jobs) == 2
    assert run_of(station, run).completed == 2


def test_what_is_missing_blocked_or_broken_is_told_asset_by_asset(station, cloud, sent):
    run = sent(6)
    cloud.batches.lost_lines = 1
    cloud.script("car-000", Fault.SAFETY)
    cloud.script("car-001", Fault.BAD_REQUEST)
    cloud.script("car-002", Fault.NOT_JSON, Fault.NOT_JSON)
    cloud.script("car-003", Fault.WRONG_SCHEMA)
    while not completes(station):
        pass
    done = run_of(station, run)
    assert done.completed + done.failed == 6
    said = {
        finding.asset_id: (finding.error or {})["message"] if finding.error else ""
        for finding in findings_of(station, run)
    }
    lost = [name for name, words in said.items() if "no answer came for this asset" in words]
    assert len(lost) == 1
    told = {"car-000": "safety filter", "car-001": "Provided image is not valid", "car-002": "breaks the pack's schema"}
    for name, words in told.items():
        assert name in lost or words in said[name]
    assert "car-003" in lost or not said["car-003"], "asked again online, with what was wrong"


def test_without_a_network_or_a_bucket_the_run_waits_and_spends_no_try(station, cloud, sent):
    run = sent(2)
    station.settings = station.settings.model_copy(
        update={"gemini": station.settings.gemini.model_copy(update={"batch_bucket": "nowhere"})}
    )
    assert not completes(station)
    job = station.job(findings_of(station, run)[0].job_id)
    assert (job.state, job.tries_left) == (JobState.PENDING, job.tries)
    assert "nowhere can't be used" in job.held_because


def test_a_batch_that_may_cost_more_than_the_budget_is_held_before_anything_is_sent(station, cloud, sent):
    run = sent(4, budget_usd=0.01)
    assert not completes(station)
    assert "the budget is 0.01 USD" in (run_of(station, run).held_because or "")
    assert not cloud.batches.jobs
    assert not cloud.bucket.uploads


def test_a_frame_that_can_not_be_read_fails_its_asset_alone(station, cloud, sent):
    run = sent(2)
    (station.folder.root / "frame.jpg").write_bytes(b"no picture")
    with pytest.raises(Exception, match="None of its 2 assets"):
        completes(station)
    assert all("damaged" in (finding.error or {})["message"] for finding in findings_of(station, run))
    assert not cloud.batches.jobs


def test_a_run_that_is_deleted_whole_cancels_the_batch_that_is_under_way(station, cloud, sent):
    run = sent(2)
    assert not completes(station)
    with station.database.write() as tx:
        deleted = runs.delete_whole(tx, run.id)
    assert deleted.teardown_job_id is not None
    assert completes(station)
    assert len(cloud.batches.cancelled) == 1


def test_a_run_whose_job_is_cancelled_cancels_its_batch(station, cloud, sent):
    run = sent(2)
    assert not completes(station)
    with station.database.write() as tx:
        jobs.cancel(tx, run.job_id)
        jobs.cancel(tx, run.job_id)
    assert completes(station)
    assert len(cloud.batches.cancelled) == 1
    with station.database.read() as tx:
        assert not jobs.counts(tx)[JobState.PENDING], "one job cancels it, and once"


def test_a_run_that_is_stopped_cancels_its_batch_and_sends_another_once_it_is_resumed(station, cloud, sent):
    run = sent(2)
    assert not completes(station)
    with station.database.write() as tx:
        runs.hold(tx, run.id)
    assert completes(station)
    assert len(cloud.batches.cancelled) == 1
    with station.database.write() as tx:
        runs.resume(tx, run.id)
    while not completes(station):
        pass
    assert (len(cloud.batches.jobs), len(cloud.batches.cancelled)) == (2, 1)
    assert run_of(station, run).completed == 2


@pytest.mark.parametrize("change", [runs.hold, runs.delete_whole])
def test_a_batch_that_the_operator_no_longer_wants_once_it_is_sent_is_cancelled_at_once(
    station, cloud, sent, monkeypatch, change
):
    run, batches = sent(2), vertex.Cloud.batches

    def and_then(self, verb, **what):
        answer = batches(self, verb, **what)
        if verb == "create":
            with station.database.write() as tx:
                change(tx, run.id)
        return answer

    monkeypatch.setattr(vertex.Cloud, "batches", and_then)
    assert not completes(station)
    assert len(cloud.batches.cancelled) == 1


@pytest.mark.parametrize("change", [runs.hold, runs.delete_whole])
def test_a_batch_that_can_not_be_called_off_at_once_is_called_off_by_a_job(station, cloud, sent, monkeypatch, change):
    run, batches = sent(2), vertex.Cloud.batches
    out: list[str] = []

    def and_then(self, verb, **what):
        if verb == "cancel" and not out:
            out.append(verb)
            raise AnalysisUnreachable(service="Vertex AI")
        answer = batches(self, verb, **what)
        if verb == "create":
            with station.database.write() as tx:
                change(tx, run.id)
                for job in jobs.page(tx, jobs.JobFilter(), limit=50).items:  # nothing else remembers this batch
                    if "teardown" in job.params:
                        jobs.cancel(tx, job.id)
        return answer

    monkeypatch.setattr(vertex.Cloud, "batches", and_then)
    assert not completes(station)
    assert out and not cloud.batches.cancelled
    assert completes(station)
    assert len(cloud.batches.cancelled) == 1


def test_a_batch_whose_name_died_with_the_worker_is_found_and_cancelled_with_its_run(station, cloud, sent):
    run = sent(2)
    assert not completes(station)
    (key,) = [key for key in run_of(station, run).options if key.startswith("night_")]
    with station.database.write() as tx:
        runs.remember(tx, run.id, key, {"label": next(iter(cloud.batches.jobs.values()))["displayName"]})
        runs.delete_whole(tx, run.id)
    assert completes(station)
    assert len(cloud.batches.cancelled) == 1


def test_a_run_is_loaded_into_bigquery_by_a_job_that_waits_for_the_network(station, cloud, sent, monkeypatch):
    from workers.analysis import bigquery_jobs
    from workers.analysis.bigquery import Loaded

    class Table:
        up = False

        def __init__(self, *given):
            pass

        def ensure(self, pack):
            if not self.up:
                raise AnalysisUnreachable("BigQuery can't be reached")

        def load(self, run, pack, found):
            assets = [finding.asset_id for finding in found]
            return Loaded("team-1.pit.seen_wear", len(assets) - 1, 0, {assets[0]: "no such field"})

        def remove(self, run_id):
            return 2

        def close(self):
            pass

    monkeypatch.setattr(bigquery_jobs, "FindingsTable", Table)
    run = sent(3)
    while not completes(station):
        pass
    with station.database.write() as tx:
        job = runs.load_into_bigquery(tx, run.id)
    assert not completes(station)
    assert station.job(job.id).tries_left == station.job(job.id).tries
    monkeypatch.setattr(Table, "up", True)
    with station.database.write() as tx:
        jobs.run_next(tx, job.id)
    assert completes(station)
    summary = station.job(job.id).summary
    assert (summary["rows_sent"], summary["rows_refused"], summary["refused"]) == (2, 1, {"car-000": "no such field"})
    assert run_of(station, run).options["bigquery"] == "team-1.pit.seen_wear"
    with station.database.write() as tx:
        deleted = runs.delete_whole(tx, run.id, bigquery=True)
    assert completes(station)
    assert station.job(deleted.teardown_job_id).summary["bigquery_rows_removed"] == 2
