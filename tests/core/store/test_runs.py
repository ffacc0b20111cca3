"""A run outlives its jobs, holds an asset once, and counts what became of each."""

import pytest

from core.errors import NotFound, UsageError
from core.job import JobError, JobKind, JobState
from core.run import Asset, FrameRef, NewRun, RunProvider
from core.store import findings, jobs, runs
from core.store.findings import FindingEnd
from core.store.moves import IllegalMove

PACK = {
    "name": "wear",
    "version": "1.0",
    "title": "Wear",
    "prompt": "?",
    "schema": {"type": "object", "properties": {"wear": {"type": "number"}}},
    "providers": {},
}
ONE = (FrameRef(path="/a.jpg"),)


def made(db, number, **fields):
    with db.write() as tx:
        return runs.make(tx, NewRun(pack=PACK, **fields), [Asset(f"a{n}", ONE) for n in range(number)])


def worked(db, run, **ends):
    """The next shard, each finding ended alike."""
    with db.write() as tx:
        job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.ANALYZE: 1})
        assert job is not None
        ended = [FindingEnd(finding.number, **ends) for finding in findings.pending(tx, job.id)]
        findings.record(tx, job, run.id, ended)
        if "error" in ends:
            jobs.fail(tx, job, JobError("x", "x", permanent=True), None)
        else:
            jobs.finish(tx, job, {})
    return job


def get(db, run):
    with db.read() as tx:
        return runs.get(tx, run.id)


GOOD = {"values": {"wear": 1.0}, "tokens_in": 10, "cost_usd": 0.5}
BAD = {"error": {"slug": "s", "message": "m", "hint": "h"}, "tokens_in": 3}


def test_shards_of_fifty_hold_every_asset_once_in_their_order(db):
    run = made(db, 101)
    with db.read() as tx:
        shards = jobs.children(tx, run.job_id)
        held = [[finding.number for finding in findings.pending(tx, shard.id)] for shard in shards]
    assert [len(part) for part in held] == [50, 50, 1]
    assert [number for part in held for number in part] == list(range(101))
    assert (run.assets, run.pending, run.state, run.provider) == (101, 101, JobState.PENDING, RunProvider.AUTO)


@pytest.mark.parametrize(
    "assets,told",
    [
        ([], "no asset to analyse"),
        ([Asset("a", ONE), Asset("b", ONE), Asset("a", ONE)], "'a' is named twice"),
        ([Asset("a", ())], "no name or no frame"),
        ([Asset("", ONE)], "no name or no frame"),
    ],
)
def test_an_asset_without_a_frame_or_one_that_comes_twice_makes_no_run(db, assets, told):
    with pytest.raises(UsageError, match=told), db.write() as tx:
        runs.make(tx, NewRun(pack=PACK), assets)
    with db.read() as tx:
        assert runs.page(tx).items == [] and sum(jobs.counts(tx).values()) == 0


def test_tokens_and_cost_of_every_try_are_counted(db):
    run = made(db, 2)
    worked(db, run, **BAD)
    failed = get(db, run)
    assert (failed.state, failed.failed, failed.tokens_in, failed.ended_at_ns is None) == (JobState.FAILED, 2, 6, False)
    with db.write() as tx:
        runs.retry_failed(tx, run.id)
    open_again = get(db, run)
    assert (open_again.failed, open_again.pending, open_again.tokens_in, open_again.ended_at_ns) == (0, 2, 6, None)
    worked(db, run, **GOOD)
    ended = get(db, run)
    assert (ended.state, ended.completed, ended.tokens_in, ended.cost_usd) == (JobState.COMPLETED, 2, 26, 1.0)


def test_a_run_outlives_its_jobs_and_is_tried_again_in_a_new_batch(db, clock):
    run = made(db, 60)
    worked(db, run, **GOOD)
    worked(db, run, **BAD)
    clock.advance(10**18)
    with db.write() as tx:
        assert jobs.clean_up(tx, tx.now_ns) == 1
    forgotten = get(db, run)
    assert (forgotten.job_state, forgotten.state, forgotten.completed) == (None, JobState.COMPLETED, 50)
    with db.write() as tx:
        again = runs.retry_failed(tx, run.id)
    assert again.job_id != run.job_id and again.state is JobState.PENDING
    worked(db, run, **GOOD)
    assert get(db, run).completed == 60


def test_retry_wherever_it_is_pressed_frees_the_findings_of_a_failed_shard(db):
    run = made(db, 2)
    job = worked(db, run, **BAD)
    with db.write() as tx:
        jobs.retry(tx, job.id)
        assert len(findings.pending(tx, job.id)) == 2
    assert get(db, run).failed == 0


def test_a_cancelled_run_is_final_and_says_so(db):
    run = made(db, 60)
    worked(db, run, **GOOD)
    with db.write() as tx:
        jobs.cancel(tx, run.job_id)
    assert (get(db, run).state, get(db, run).pending) == (JobState.CANCELLED, 10)
    for act in (runs.hold, runs.resume, runs.retry_failed):
        with pytest.raises(IllegalMove), db.write() as tx:
            act(tx, run.id)


def test_a_deleted_run_is_told_to_those_who_watch_and_found_by_nobody(db):
    run = made(db, 2)
    with db.read() as tx:
        before = runs.newest_revision(tx)
    with db.write() as tx:
        runs.delete_whole(tx, run.id)
    with db.read() as tx:
        assert [one.id for one in runs.changed(tx, before) if one.deleted_at_ns] == [run.id]
        assert jobs.get(tx, run.job_id).state is JobState.CANCELLED
    with pytest.raises(NotFound):
        get(db, run)


def test_only_one_shard_may_write_the_files(db):
    run = made(db, 60)
    first = worked(db, run, **GOOD)
    with db.write() as tx:
        assert not runs.may_write_files(tx, run.id, first.id)
    second = worked(db, run, **GOOD)
    with db.write() as tx:
        assert runs.may_write_files(tx, run.id, second.id)
        assert not runs.may_write_files(tx, run.id, first.id)
        assert runs.may_write_files(tx, run.id, second.id), "its next attempt may"
