"""What runs before what: dependencies, Run next, and a time that is asked for."""

from dataclasses import replace

import pytest

from core.errors import NotFound, UsageError
from core.job import JobError, JobKind, NewJob
from core.store import jobs
from core.store.jobs import IllegalMove

IMPORT = NewJob(JobKind.IMPORT, {})
BROKEN = JobError("broken", "It broke", permanent=True)


def claim(tx):
    return jobs.claim(tx, worker_id="w", kinds_free=dict.fromkeys(JobKind, 9))


@pytest.fixture
def pair(do):
    first = do(jobs.enqueue, IMPORT)
    return first, do(jobs.enqueue, replace(IMPORT, after_id=first.id, priority=1000))


def test_a_job_starts_only_after_the_one_before_it_completed(do, pair):
    first, second = pair
    assert (second.waits_for, second.held_because) == (first.id, jobs.WAITS)
    running = do(claim)
    assert running.id == first.id and do(claim) is None
    do(jobs.finish, running, {})
    free = do(jobs.get, second.id)
    assert (free.waits_for, free.held_because, free.after_id) == (None, None, first.id)
    assert free.revision > second.revision, "whoever watches sees that it may start"
    assert do(claim).id == second.id


def test_a_try_that_is_not_the_last_frees_nobody(do, pair, clock):
    do(jobs.fail, do(claim), replace(BROKEN, permanent=False), clock.utc_ns() + 10**9)
    assert do(claim) is None
    clock.advance(10**9)
    do(jobs.wait, do(claim), "no network", clock.utc_ns() + 10**9)
    assert do(jobs.get, pair[1].id).waits_for


@pytest.mark.parametrize("how", ["failed", "cancelled", "died"])
def test_however_the_one_before_ended_the_next_is_free_to_see_it(do, pair, how):
    running = do(claim)
    if how == "failed":
        do(jobs.fail, running, BROKEN, None)
    elif how == "cancelled":
        do(jobs.cancel, running.id)
    else:
        for _ in range(3):
            do(jobs.recover, "another")
            do(claim)
    assert do(jobs.get, pair[1].id).waits_for is None


def test_a_job_may_wait_for_a_whole_batch_and_a_batch_for_a_job(do):
    batch = do(jobs.enqueue_batch, IMPORT, [IMPORT, IMPORT])
    report = do(jobs.enqueue, replace(IMPORT, after_id=batch.id))
    later = do(jobs.enqueue_batch, replace(IMPORT, after_id=report.id), [IMPORT, IMPORT])
    assert {job.after_id for job in do(jobs.children, later.id)} == {report.id}
    both = [do(claim), do(claim)]
    assert do(claim) is None
    for running in both:
        do(jobs.finish, running, {})
    running = do(claim)
    assert running.id == report.id and do(claim) is None
    do(jobs.finish, running, {})
    assert {do(claim).batch_id, do(claim).batch_id} == {later.id}


def test_one_that_came_after_the_end_does_not_wait(do):
    first = do(jobs.enqueue, IMPORT)
    do(jobs.finish, do(claim), {})
    assert do(jobs.enqueue, replace(IMPORT, after_id=first.id)).waits_for is None
    with pytest.raises(NotFound):
        do(jobs.enqueue, replace(IMPORT, after_id="none"))


def test_a_retry_waits_again_where_the_one_before_it_is_tried_again(do, pair):
    first, second = pair
    do(jobs.fail, do(claim), BROKEN, None)
    do(jobs.fail, do(claim), BROKEN, None)
    do(jobs.retry, first.id)
    assert do(jobs.retry, second.id).waits_for == first.id
    assert do(claim).id == first.id and do(claim) is None


def test_a_job_that_waits_can_be_cancelled(do, pair):
    assert do(jobs.cancel, pair[1].id)
    assert do(jobs.get, pair[1].id).waits_for is None


def test_its_own_time_does_not_end_the_wait_for_another(do, clock):
    first = do(jobs.enqueue, IMPORT)
    second = do(jobs.enqueue, replace(IMPORT, after_id=first.id, not_before_ns=clock.utc_ns() + 10**9))
    running = do(claim)
    clock.advance(2 * 10**9)
    assert do(claim) is None
    assert do(jobs.get, second.id).held_because == jobs.WAITS
    do(jobs.finish, running, {})
    assert do(claim).id == second.id


def test_a_job_starts_not_before_its_time(do, clock):
    job = do(jobs.enqueue, replace(IMPORT, not_before_ns=clock.utc_ns() + 10**9))
    assert do(claim) is None and do(jobs.next_due_ns) == job.not_before_ns
    clock.advance(10**9)
    assert do(claim).id == job.id


def test_run_next_goes_before_any_priority_and_the_newest_wish_first(do):
    urgent, one = do(jobs.enqueue, replace(IMPORT, priority=1000)), do(jobs.enqueue, IMPORT)
    two = do(jobs.enqueue, replace(IMPORT, priority=0))
    do(jobs.run_next, one.id)
    do(jobs.run_next, two.id)
    assert [do(claim).id for _ in range(3)] == [two.id, one.id, urgent.id]


def test_run_next_does_not_wait_for_a_time_but_for_the_job_before(do, pair, clock):
    late = do(jobs.enqueue, replace(IMPORT, not_before_ns=clock.utc_ns() + 10**9))
    do(jobs.run_next, late.id)
    assert do(jobs.run_next, pair[1].id).waits_for == pair[0].id
    assert [do(claim).id, do(claim).id] == [late.id, pair[0].id]
    assert do(claim) is None


def test_run_next_of_a_batch_is_of_its_children_and_of_what_runs_or_ended_it_is_refused(do):
    do(jobs.enqueue, replace(IMPORT, priority=1000))
    batch = do(jobs.enqueue_batch, IMPORT, [IMPORT, IMPORT])
    assert do(jobs.run_next, batch.id).priority > 1000
    running = [do(claim), do(claim)]
    assert {job.batch_id for job in running} == {batch.id}
    for id in (batch.id, running[0].id):
        with pytest.raises(IllegalMove):
            do(jobs.run_next, id)


def test_a_priority_past_its_bounds_is_refused(do):
    for priority in (-1, 1001):
        with pytest.raises(UsageError):
            do(jobs.enqueue, replace(IMPORT, priority=priority))
