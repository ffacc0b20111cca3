"""Reading the queue: pages, the history, changes, and what the panel shows."""

from dataclasses import replace

import pytest

from core.camera import Camera
from core.errors import UsageError
from core.job import JobKind, JobState
from core.store import cameras, jobs, sessions
from core.store.jobs import JobFilter
from tests.core.store.test_jobs import CAPTURE, IMPORT, claim


def test_pages_show_each_job_once_newest_first(do):
    made = [do(jobs.enqueue, CAPTURE).id for _ in range(7)]
    seen, cursor = [], None
    while True:
        page, cursor = do(jobs.page, JobFilter(), cursor, 3)
        seen += [job.id for job in page]
        if cursor is None:
            break
        do(jobs.enqueue, CAPTURE)  # a new one does not shift the pages
    assert seen == made[::-1]
    with pytest.raises(UsageError):
        do(jobs.page, JobFilter(), "no cursor")


def test_the_history_is_filtered(do):
    session = do(sessions.create, "2026", "Monza", "FP1", "Europe/Rome")
    do(sessions.close, session.id)
    do(cameras.add, Camera("Pit_2", "rtsp://127.0.0.1/two"))
    one = do(jobs.enqueue, replace(CAPTURE, name="Left 100% rear", session_id=session.id, tenant_id="team"))
    two = do(jobs.enqueue, IMPORT)
    three = do(jobs.enqueue_batch, replace(CAPTURE, camera_id=None), [replace(CAPTURE, camera_id="Pit_2")])
    child = do(jobs.children, three.id)[0]
    do(jobs.cancel, two.id)

    def found(**wanted):
        return [job.id for job in do(jobs.page, JobFilter(**wanted)).items]

    assert set(found()) == {one.id, two.id, three.id, child.id}
    assert found(states={JobState.CANCELLED}) == [two.id]
    assert set(found(states=[JobState.PENDING, JobState.CANCELLED], top_level=True)) == {one.id, two.id, three.id}
    assert found(kinds={JobKind.IMPORT}) == [two.id]
    assert (
        found(session_id=session.id) == found(tenant_id="team") == found(text="100%") == found(text="LEFT") == [one.id]
    )
    assert found(camera_id="pit_2") == found(batch_id=three.id) == [child.id]
    assert found(from_ns=two.created_at_ns, to_ns=three.created_at_ns) == [two.id]
    assert found(text="_eft") == []


def test_changes_of_one_transaction_are_never_split(do):
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE] * 5)
    later = do(jobs.enqueue, IMPORT)
    first = do(jobs.changed, revision=0, limit=2)
    assert len(first) == 6 and first[0].revision == batch.revision
    assert [job.id for job in do(jobs.changed, revision=batch.revision, limit=2)] == [later.id]


def test_new_captures_are_seen_before_any_queue(do):
    captures = [do(jobs.enqueue, CAPTURE) for _ in range(2)]
    do(jobs.enqueue, IMPORT)
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE])
    assert [job.id for job in do(jobs.new_captures, 0)][:2] == [job.id for job in captures]
    assert [job.batch_id for job in do(jobs.new_captures, captures[1].revision)] == [batch.id]


def test_the_panel_shows_running_then_waiting_then_newly_ended(do, clock):
    old = do(jobs.enqueue, CAPTURE)
    do(jobs.cancel, old.id)
    since = clock.utc_ns()
    ended, running, waiting = (do(jobs.enqueue, CAPTURE) for _ in range(3))
    do(jobs.finish, do(claim), {})
    do(claim)
    batch = do(jobs.enqueue_batch, CAPTURE, [CAPTURE])
    assert [job.id for job in do(jobs.active, since + 1)] == [running.id, waiting.id, batch.id, ended.id]


def test_counts_are_kept_as_jobs_move(do):
    do(jobs.enqueue_batch, CAPTURE, [CAPTURE, CAPTURE])
    do(jobs.finish, do(claim), {})
    do(claim)
    expected = dict.fromkeys(JobState, 0) | {JobState.COMPLETED: 1, JobState.PROCESSING: 1}
    assert do(jobs.counts) == expected
