"""The queue's promises, one by one."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CameraUnknown, NotFound
from core.job import PRIORITY_RERUN, PRIORITY_SCHEDULED, JobError, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.store import jobs, sessions
from core.store.database import open_database
from core.store.jobs import IllegalMove, JobFilter, StaleAttempt
from tests.core.store.conftest import a_frame

CAPTURE = NewJob(JobKind.CAPTURE, {"mode": "single_frame"}, camera_id="Pit_1")
IMPORT = NewJob(JobKind.IMPORT, {"paths": []})
FREE = {JobKind.CAPTURE: 1, JobKind.IMPORT: 1}
BROKEN = JobError("broken", "It broke", "Mend it")


def claim(tx, worker_id="w1", kinds_free=FREE):
    return jobs.claim(tx, worker_id=worker_id, kinds_free=kinds_free)


def test_a_job_is_made_claimed_reported_and_completed(do, clock):
    made = do(jobs.enqueue, replace(CAPTURE, name="Stop 3", operator="Ann", tenant_id="team"))
    assert (made.state, made.attempt, made.tries_left, made.params) == (
        JobState.PENDING,
        0,
        3,
        {"mode": "single_frame"},
    )
    running = do(claim)
    assert (running.id, running.state, running.attempt, running.worker_id) == (made.id, JobState.PROCESSING, 1, "w1")
    do(jobs.progress, running, 250.0, "writing", "1 of 1")
    assert do(jobs.get, made.id).progress == 100.0
    do(jobs.finish, running, {"frames": 1})
    done = do(jobs.get, made.id)
    assert (done.state, done.summary, done.progress) == (JobState.COMPLETED, {"frames": 1}, 100.0)
    assert made.created_at_ns < running.started_at_ns < done.completed_at_ns < clock.utc_ns()
    assert (done.name, done.operator, done.tenant_id) == ("Stop 3", "Ann", "team")


def test_the_more_urgent_goes_first_then_the_older(do):
    for priority in (PRIORITY_SCHEDULED, PRIORITY_RERUN, PRIORITY_RERUN, 100):
        do(jobs.enqueue, replace(IMPORT, priority=priority, name=str(priority)))
    taken = [do(claim) for _ in range(4)]
    assert [job.name for job in taken] == ["100", "50", "50", "5"]
    assert taken[1].created_at_ns < taken[2].created_at_ns
    assert do(claim) is None


def test_a_kind_without_a_free_slot_is_passed_over(do):
    do(jobs.enqueue, CAPTURE)
    do(jobs.enqueue, replace(IMPORT, priority=1))
    assert do(claim, kinds_free={JobKind.CAPTURE: 0, JobKind.IMPORT: 2}).kind is JobKind.IMPORT
    assert do(claim, kinds_free={}) is None


def test_the_same_task_id_twice_is_one_job(do):
    first = do(jobs.enqueue, replace(CAPTURE, task_id="t-1"))
    assert do(jobs.enqueue, replace(IMPORT, task_id="t-1")).id == first.id
    assert do(jobs.enqueue_batch, replace(IMPORT, task_id="t-1"), [IMPORT]).id == first.id


def test_cancel_that_arrives_before_its_create_still_wins(do):
    assert do(jobs.cancel_task, "t-2") is None
    assert do(jobs.cancel_task, "t-2") is None
    assert do(jobs.enqueue, replace(CAPTURE, task_id="t-2")).state is JobState.CANCELLED
    do(jobs.cancel_task, "t-3")
    batch = do(jobs.enqueue_batch, replace(CAPTURE, task_id="t-3"), [CAPTURE, CAPTURE])
    assert [job.state for job in (batch, *do(jobs.children, batch.id))] == [JobState.CANCELLED] * 3
    assert do(claim) is None
    job = do(jobs.enqueue, replace(CAPTURE, task_id="t-4"))
    assert do(jobs.cancel_task, "t-4").state is JobState.CANCELLED
    assert do(jobs.get, job.id).state is JobState.CANCELLED


def test_work_for_an_unknown_camera_or_session_is_refused(do, db):
    with pytest.raises(CameraUnknown):
        do(jobs.enqueue, replace(CAPTURE, camera_id="Nobody"))
    with pytest.raises(NotFound):
        do(jobs.enqueue, replace(CAPTURE, session_id="none"))
    with pytest.raises(CameraUnknown):
        do(jobs.enqueue_batch, CAPTURE, [CAPTURE, replace(CAPTURE, camera_id="Nobody")])
    with db.read() as tx:
        assert sum(jobs.counts(tx).values()) == 0


def test_new_work_belongs_to_the_current_session_and_the_camera_as_it_is_spelled(do):
    assert do(jobs.enqueue, CAPTURE).session_id is None
    session = do(sessions.create, "2026", "Monza", "FP1", "Europe/Rome")
    job = do(jobs.enqueue, replace(CAPTURE, camera_id="pit_1"))
    assert (job.session_id, job.camera_id) == (session.id, "Pit_1")


def test_an_error_spends_a_try_and_waits_for_its_time(do, clock):
    do(jobs.enqueue, CAPTURE)
    running = do(claim)
    due = clock.utc_ns() + 10**9
    assert do(jobs.fail, running, BROKEN, due) is JobState.PENDING
    waiting = do(jobs.get, running.id)
    assert (waiting.tries_left, waiting.not_before_ns, waiting.error) == (2, due, BROKEN)
    assert do(jobs.next_due_ns) == due
    assert do(claim) is None
    clock.advance(10**9)
    again = do(claim)
    assert (again.attempt, again.not_before_ns, again.tries_left) == (2, None, 2)
    assert do(jobs.next_due_ns) is None


def test_the_last_try_and_what_cannot_go_away_fail_at_once(do, clock):
    for error, retry_at, tries in ((BROKEN, 1, 1), (replace(BROKEN, permanent=True), 1, 3), (BROKEN, None, 3)):
        do(jobs.enqueue, replace(CAPTURE, tries=tries))
        running = do(claim)
        assert do(jobs.fail, running, error, retry_at) is JobState.FAILED
        assert do(jobs.get, running.id).error == error


def test_waiting_spends_no_try_and_says_why(do, clock):
    do(jobs.enqueue, CAPTURE)
    do(jobs.wait, do(claim), "Pit 1 is offline", clock.utc_ns() + 10**9)
    waiting = do(jobs.changed, revision=0)[0]
    assert (waiting.tries_left, waiting.held_because) == (3, "Pit 1 is offline")
    assert do(claim) is None
    clock.advance(10**9)
    again = do(claim)
    assert (again.attempt, again.tries_left, again.held_because) == (2, 3, None)


def test_cancel_takes_the_job_from_the_attempt_under_way(do):
    do(jobs.enqueue, CAPTURE)
    running = do(claim)
    assert do(jobs.cancel, running.id)
    assert not do(jobs.cancel, running.id)
    assert do(jobs.cancelled, [running.id, "other"]) == {running.id}
    for late in (
        lambda tx: jobs.finish(tx, running, {}),
        lambda tx: jobs.fail(tx, running, BROKEN, 1),
        lambda tx: jobs.wait(tx, running, "x", 1),
        lambda tx: jobs.progress(tx, running, 1.0, "", ""),
        lambda tx: jobs.assert_current(tx, running),
    ):
        with pytest.raises(StaleAttempt):
            do(late)
    assert do(jobs.get, running.id).state is JobState.CANCELLED


def test_what_a_stale_attempt_made_is_not_published_with_it(do, db):
    from core.store import frames

    do(jobs.enqueue, CAPTURE)
    stale = do(claim)
    do(jobs.recover, "w2")
    do(claim, "w2")
    with pytest.raises(StaleAttempt), db.write() as tx:
        frames.add(tx, a_frame(job_id=stale.id), station_id="s")
        jobs.finish(tx, stale, {})
    with db.read() as tx:
        assert frames.for_job(tx, stale.id) == []


def test_retry_refills_the_tries_of_a_failed_job_and_of_no_other(do):
    job = do(jobs.enqueue, CAPTURE)
    for act in (lambda tx: jobs.retry(tx, job.id), lambda tx: jobs.retry(tx, "none")):
        with pytest.raises((IllegalMove, NotFound)):
            do(act)
    do(jobs.fail, do(claim), BROKEN, None)
    again = do(jobs.retry, job.id)
    assert (again.state, again.tries_left, again.error, again.completed_at_ns) == (JobState.PENDING, 3, None, None)
    assert do(claim).attempt == 2
    do(jobs.cancel, job.id)
    with pytest.raises(IllegalMove, match="cancelled"):
        do(jobs.retry, job.id)


def test_a_dead_workers_jobs_run_again_until_their_tries_are_spent(do):
    do(jobs.enqueue, replace(CAPTURE, tries=2))
    first = do(claim, "w1")
    assert do(jobs.recover, "w1") == 0, "its own are not lost"
    assert do(jobs.recover, "w2") == 1
    with pytest.raises(StaleAttempt):
        do(jobs.finish, first, {})
    assert do(claim, "w2").attempt == 2
    assert do(jobs.recover, "w3") == 1
    failed = do(jobs.get, first.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None and failed.error.slug == "worker_died"


def test_a_batch_follows_its_children(do):
    batch = do(jobs.enqueue_batch, replace(CAPTURE, camera_id=None), [CAPTURE, replace(CAPTURE, name="b"), CAPTURE])
    assert [job.name for job in do(jobs.children, batch.id)] == ["", "b", ""]
    assert do(jobs.get, batch.id).state is JobState.PENDING
    one, two, three = (do(claim) for _ in range(3))
    assert do(claim) is None, "a batch is never claimed"
    assert do(jobs.get, batch.id).state is JobState.PROCESSING
    do(jobs.finish, one, {})
    do(jobs.fail, two, BROKEN, None)
    assert do(jobs.get, batch.id).progress == pytest.approx(200 / 3)
    do(jobs.finish, three, {})
    done = do(jobs.get, batch.id)
    assert (done.state, done.message, done.progress) == (JobState.COMPLETED, "2 of 3 completed", 100.0)
    do(jobs.retry, batch.id)
    assert do(jobs.get, batch.id).state is JobState.PENDING
    do(jobs.finish, do(claim), {})
    assert do(jobs.get, batch.id).state is JobState.COMPLETED


def test_a_batch_fails_if_no_child_completed_and_is_cancelled_with_its_open_children(do):
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE, CAPTURE])
    do(jobs.fail, do(claim), BROKEN, None)
    do(jobs.cancel, do(claim).id)
    assert do(jobs.get, batch.id).state is JobState.FAILED
    do(jobs.retry, batch.id)
    assert do(jobs.cancel, batch.id)
    assert [job.state for job in do(jobs.children, batch.id)] == [JobState.CANCELLED] * 2
    assert do(jobs.get, batch.id).state is JobState.CANCELLED


def test_a_child_of_a_cancelled_batch_is_not_tried_again(do):
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE, CAPTURE])
    failed = do(claim)
    do(jobs.fail, failed, BROKEN, None)
    do(jobs.cancel, batch.id)
    for id in (failed.id, batch.id):
        with pytest.raises(IllegalMove):
            do(jobs.retry, id)
    assert do(jobs.retry_all_failed) == 0


def test_all_failed_are_tried_again_at_once(do):
    do(jobs.enqueue, CAPTURE)
    do(jobs.enqueue_batch, CAPTURE, [CAPTURE])
    for _ in range(2):
        do(jobs.fail, do(claim), BROKEN, None)
    assert do(jobs.retry_all_failed) == 2
    assert do(jobs.counts)[JobState.PENDING] == 2


def test_cleaning_up_forgets_what_ended_long_ago_whole_batches_and_nothing_open(do, clock):
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE, CAPTURE])
    do(jobs.cancel, batch.id)
    opened = do(jobs.enqueue, CAPTURE)
    before = clock.utc_ns() + 10**6
    clock.advance(10**9)
    kept = do(jobs.enqueue, CAPTURE)
    do(jobs.cancel, kept.id)
    assert do(jobs.clean_up, before) == 1
    assert {job.id for job in do(jobs.page, JobFilter()).items} == {opened.id, kept.id}
    assert sum(do(jobs.counts).values()) == 2


def claim_all(root: Path, worker_id: str, taken) -> None:
    database = open_database(DataFolder(root))
    while True:
        with database.write() as tx:
            job = claim(tx, worker_id)
        if job is None:
            break
        taken.put((worker_id, job.id))
        with database.write() as tx:
            jobs.finish(tx, job, {"by": worker_id})
    database.close()
    taken.put(None)


def test_two_processes_that_claim_at_once_never_get_the_same_job(do, db, folder):
    with db.write() as tx:
        made = {jobs.enqueue(tx, CAPTURE).id for _ in range(60)}
    spawn = multiprocessing.get_context("spawn")
    taken = spawn.Queue()
    workers = [spawn.Process(target=claim_all, args=(folder.root, name, taken)) for name in ("w1", "w2")]
    for worker in workers:
        worker.start()
    claims: list[str] = []
    ended = 0
    while ended < len(workers):
        told = taken.get(timeout=30)
        claims, ended = (claims, ended + 1) if told is None else ([*claims, told[1]], ended)
    for worker in workers:
        worker.join(30)
    taken.close()
    taken.join_thread()
    assert sorted(claims) == sorted(made)
    assert do(jobs.counts)[JobState.COMPLETED] == 60
