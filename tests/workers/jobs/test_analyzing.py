"""Each asset of a run gets one finding, or one failure that says why; whatever stops it, nothing is asked twice."""

import csv
import json
import threading

import pytest

from core.job import JobError, JobKind, JobState
from core.run import AnalysisError, AnalysisUnreachable, FindingState, ProviderUnready
from core.store import findings, jobs, results, runs
from core.store.findings import FindingEnd
from core.store.jobs import StaleAttempt
from tests.fakes.fake_provider import FakeProvider
from tests.workers.jobs.analyzing_parts import GOOD, answering, children, findings_of, made, run_of, shard
from tests.workers.station_parts import StationParts
from workers.analysis.finding_files import ShardFailed
from workers.cancellation import Cancelled, CancelToken, Reason


def test_every_asset_of_every_shard_gets_one_finding_and_the_last_shard_writes_the_files(station: StationParts):
    run = made(station, 120)
    provider = FakeProvider(answering())
    for _ in range(3):
        shard(station, provider)
    run = run_of(station, run)
    assert (run.state, run.assets, run.completed, run.failed) == (JobState.COMPLETED, 120, 120, 0)
    assert (run.tokens_in, run.tokens_out, round(run.cost_usd, 6)) == (12_000, 1_200, 1.2)
    assert set(provider.calls.values()) == {1} and len(provider.calls) == 120
    assert run.ended_at_ns is not None and run.files_job_id is not None
    with station.database.read() as tx:
        files = {file.name: station.folder.absolute(file.path) for file in results.for_job(tx, run.files_job_id)}
    assert set(files) == {"findings.csv", "findings.jsonl", "findings.parquet"}
    with files["findings.csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["asset_id", "state", "error", "run_id", "model", "wear", "kind", "notes"]
    assert rows[7] == {
        "asset_id": "car-007",
        "state": "completed",
        "error": "",
        "run_id": run.id,
        "model": "fake-1",
        "wear": "12.5",
        "kind": "soft",
        "notes": '["even"]',
    }


def test_an_answer_that_breaks_the_schema_is_asked_for_once_more_with_the_error_and_then_fails(station: StationParts):
    run = made(station, 3)
    bad = {"wear": 400, "kind": "soft"}
    provider = FakeProvider(answering(car_001=[bad, GOOD], car_002=[None, bad]))
    shard(station, provider)
    good, mended, failed = findings_of(station, run)
    assert (good.state, mended.state, failed.state) == (
        FindingState.COMPLETED,
        FindingState.COMPLETED,
        FindingState.FAILED,
    )
    assert (good.tokens_in, mended.tokens_in, failed.tokens_in) == (100, 200, 200)
    assert provider.calls == {"car-000": 1, "car-001": 2, "car-002": 2}
    assert any("400 is greater than the maximum of 100" in problem for problem in provider.problems)
    assert failed.values is None and failed.error is not None
    assert "wear: 400 is greater than the maximum" in failed.error["message"]
    assert json.loads(failed.raw) == bad
    assert run_of(station, run).failed == 1


def test_a_failure_is_told_with_what_it_spent_and_the_others_go_on(station: StationParts):
    run = made(station, 3)
    blocked = AnalysisError("The answer was blocked for safety", tokens_in=70, model="fake-2", raw="{}")
    shard(station, FakeProvider(answering(car_001=blocked)))
    failed = findings_of(station, run)[1]
    assert (failed.state, failed.tokens_in, failed.model) == (FindingState.FAILED, 70, "fake-2")
    assert failed.error is not None and failed.error["message"] == "The answer was blocked for safety"
    assert run_of(station, run).state is JobState.COMPLETED


def test_a_frame_that_is_gone_fails_its_asset_alone(station: StationParts):
    run = made(station, 2)
    (station.folder.root / "frame.jpg").unlink()
    provider = FakeProvider(answering())
    with pytest.raises(ShardFailed, match="no longer on this machine"):
        shard(station, provider)
    assert not provider.calls
    assert [finding.state for finding in findings_of(station, run)] == [FindingState.FAILED] * 2


@pytest.mark.parametrize("away", [AnalysisUnreachable, ProviderUnready])
def test_without_its_service_a_run_waits_spends_no_try_and_repeats_no_call(station: StationParts, away):
    run = made(station, 4)
    provider = FakeProvider(answering(car_002=[away(), GOOD]), in_flight=1)
    with pytest.raises(StaleAttempt):
        shard(station, provider)
    (job,) = children(station, run)
    assert (job.state, job.tries_left, job.held_because) == (JobState.PENDING, 3, away().title)
    assert job.not_before_ns is not None
    assert run_of(station, run).completed == 2
    with station.database.write() as tx:
        runs.resume(tx, run.id)
    shard(station, provider)
    assert run_of(station, run).completed == 4
    assert provider.calls == {"car-000": 1, "car-001": 1, "car-002": 2, "car-003": 1}


def test_a_worker_that_dies_repeats_no_call_for_what_was_committed(station: StationParts):
    run = made(station, 5)
    died = station.claim()
    with station.database.write() as tx:
        findings.record(tx, died, run.id, [FindingEnd(n, values=GOOD, model="m", tokens_in=1) for n in (0, 3)])
        jobs.recover(tx, "worker-2")
    provider = FakeProvider(answering())
    shard(station, provider)
    assert set(provider.calls) == {"car-001", "car-002", "car-004"}
    assert run_of(station, run).completed == 5
    with pytest.raises(StaleAttempt), station.database.write() as tx:
        findings.record(tx, died, run.id, [FindingEnd(1, values=GOOD)])


def test_the_budget_holds_the_run_before_it_is_passed_and_spends_no_try(station: StationParts):
    run = made(station, 60, budget_usd=0.255)
    provider = FakeProvider(answering(), cost_usd=0.01)
    with pytest.raises(StaleAttempt):
        shard(station, provider)
    held = run_of(station, run)
    assert (held.completed, held.pending) == (25, 35)
    assert held.held_because is not None and held.held_because.startswith("Its budget of 0.26 USD is used: 0.25 USD")
    assert {(job.state, job.held_because, job.tries_left) for job in children(station, run)} == {
        (JobState.PENDING, held.held_because, 3)
    }
    with station.database.write() as tx:
        runs.resume(tx, run.id, budget_usd=1.0)
    shard(station, provider)
    shard(station, provider)
    assert run_of(station, run).completed == 60
    assert set(provider.calls.values()) == {1}


def test_stop_lets_what_is_under_way_end_and_resume_goes_on(station: StationParts):
    run = made(station, 60)

    def answer(asset_id: str, call: int) -> object:
        if asset_id == "car-003":
            with station.database.write() as tx:
                runs.hold(tx, run.id)
        return GOOD

    provider = FakeProvider(answer, in_flight=1)
    with pytest.raises(StaleAttempt):
        shard(station, provider)
    stopped = run_of(station, run)
    assert (stopped.completed, stopped.held_because) == (4, "Stopped by the operator")
    assert {job.held_because for job in children(station, run)} == {"Stopped by the operator"}
    with station.database.write() as tx:
        runs.resume(tx, run.id)
    shard(station, provider)
    shard(station, provider)
    assert (run_of(station, run).completed, set(provider.calls.values())) == (60, {1})


def test_retry_failed_asks_again_for_those_alone_and_makes_new_files(station: StationParts):
    run = made(station, 60)
    flaky = {f"car_{n:03d}": [AnalysisError("Overloaded"), GOOD] for n in (1, 55)}
    provider = FakeProvider(answering(**flaky))
    shard(station, provider)
    shard(station, provider)
    first = run_of(station, run)
    assert (first.completed, first.failed, first.state) == (58, 2, JobState.COMPLETED)
    with station.database.write() as tx:
        again = runs.retry_failed(tx, run.id)
    assert (again.state, again.failed, again.files_job_id) == (JobState.PENDING, 0, None)
    shard(station, provider)
    ended = run_of(station, run)
    assert (ended.completed, ended.failed, ended.state) == (60, 0, JobState.COMPLETED)
    assert provider.calls["car-001"] == provider.calls["car-055"] == 2 and provider.calls["car-000"] == 1
    with station.database.read() as tx:
        assert first.files_job_id is not None and ended.files_job_id is not None
        assert results.for_job(tx, first.files_job_id) == []
        assert len(results.for_job(tx, ended.files_job_id)) == 3


def test_a_shard_of_which_all_failed_is_a_failed_job_and_its_retry_asks_again(station: StationParts):
    run = made(station, 2)
    provider = FakeProvider(answering(car_000=[AnalysisError("No"), GOOD], car_001=[AnalysisError("No"), GOOD]))
    with pytest.raises(ShardFailed, match="None of its 2 assets could be analysed: No") as failed:
        shard(station, provider)
    (job,) = children(station, run)
    with station.database.write() as tx:
        jobs.fail(tx, job, JobError(failed.value.slug, failed.value.title, permanent=True), None)
    assert run_of(station, run).state is JobState.FAILED
    with station.database.write() as tx:
        runs.retry_failed(tx, run.id)
    shard(station, provider)
    assert run_of(station, run).completed == 2
    assert len(children(station, run)) == 1


def test_a_cancelled_shard_keeps_what_it_has_when_the_worker_leaves(station: StationParts):
    run = made(station, 3)
    cancel, begun = CancelToken(), threading.Event()

    def answer(asset_id: str, call: int) -> object:
        if asset_id == "car-001":
            cancel.cancel(Reason.STOPPING)
            begun.set()
        return GOOD

    with pytest.raises(Cancelled):
        shard(station, FakeProvider(answer, in_flight=1), cancel)
    assert run_of(station, run).completed == 2


def test_a_deleted_run_leaves_no_finding_and_hides_its_files(station: StationParts):
    run = made(station, 3)
    shard(station, FakeProvider(answering()))
    files = run_of(station, run).files_job_id
    with station.database.write() as tx:
        runs.delete_whole(tx, run.id)
    assert findings_of(station, run) == []
    with station.database.read() as tx:
        assert files is not None and results.for_job(tx, files) == []
        assert runs.page(tx).items == []


def test_a_scheduled_job_of_a_pack_queues_its_run_with_its_own_completion(station: StationParts, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    params = {"pack": "frame_quality", "provider": "local", "frames": [str(tmp_path / "a.jpg")]}
    job = station.enqueue(JobKind.ANALYZE, params=params, name="Every lap")
    shard(station, FakeProvider(answering()))
    with station.database.read() as tx:
        (run,) = runs.page(tx).items
    assert (run.assets, run.name, run.pack_name, run.state) == (1, "Every lap", "frame_quality", JobState.PENDING)
    assert station.job(job.id).summary == {"assets": 1, "run_id": run.id}
