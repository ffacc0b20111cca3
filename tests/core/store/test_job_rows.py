"""Reading the queue: pages, the history, changes, and what the panel shows."""

from dataclasses import replace

import pytest

from core.camera import Camera
from core.errors import UsageError
from core.job import JobError, JobKind, JobState
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
    assert found(text="eft") == []


def test_jobs_are_found_by_the_beginnings_of_their_words(do, clock):
    do(cameras.add, Camera("Haas_Pit_1", "rtsp://127.0.0.1/two"))
    stop = do(jobs.enqueue, replace(CAPTURE, name="Boxenstopp Überholspur", camera_id="Haas_Pit_1", tenant_id="haas"))
    wing = do(jobs.enqueue, replace(IMPORT, name="Front wing", operator="Ann", task_id="T-0042"))
    broken = do(jobs.enqueue, replace(IMPORT, name="Front floor"))
    do(jobs.cancel, stop.id)
    running = do(jobs.claim, worker_id="w", kinds_free={JobKind.IMPORT: 1})
    do(jobs.fail, running, JobError("x", "The drive was unplugged", permanent=True), None)

    def found(text, **wanted):
        return [job.id for job in do(jobs.page, JobFilter(text=text, **wanted)).items]

    assert found("uberhol") == found("haas pit") == found("HAAS_PIT_1") == [stop.id]
    assert found("front") == [broken.id, wing.id] and found("front fl") == [broken.id]
    assert found("unplugged") == [wing.id] and found("T-0042") == [wing.id] and found("ann") == [wing.id]
    assert found(stop.id) == found(stop.id[:20]) == [stop.id]
    assert found("nothing") == found("*") == found('" OR words : "front') == []
    assert found("front", states={JobState.FAILED}) == [wing.id]
    assert found("front", states={JobState.PENDING}) == found("front", states={JobState.COMPLETED, JobState.PENDING})
    assert found("front", states={JobState.PENDING}) == [broken.id]
    assert found("haas", states={JobState.CANCELLED}, tenant_id="haas", camera_id="haas_pit_1") == [stop.id]
    assert found("haas", kinds={JobKind.IMPORT}) == [] and found("haas", kinds=set(JobKind)) == [stop.id]
    assert found("front", from_ns=broken.created_at_ns, to_ns=clock.utc_ns()) == [broken.id]
    assert found("front", from_ns=clock.utc_ns()) == []
    do(jobs.retry, wing.id)
    assert found("unplugged") == [] and found("wing", states={JobState.PENDING}) == [wing.id]


def test_pages_of_a_search_follow_one_another_and_forget_what_was_cleaned_up(do, clock):
    made = [do(jobs.enqueue, replace(IMPORT, name=f"Stop {number}")).id for number in range(7)]
    do(jobs.enqueue, replace(IMPORT, name="Wing"))
    seen, cursor = [], None
    while True:
        page, cursor = do(jobs.page, JobFilter(text="stop"), cursor, 3)
        seen += [job.id for job in page]
        if cursor is None:
            break
    assert seen == made[::-1]
    with pytest.raises(UsageError):
        do(jobs.page, JobFilter(text="stop"), "5:x")
    do(jobs.cancel, made[0])
    do(jobs.clean_up, clock.utc_ns() + 1)
    assert [job.id for job in do(jobs.page, JobFilter(text="stop")).items] == made[:0:-1]


@pytest.mark.parametrize("after", [0, 256])
def test_a_name_is_found_however_its_accents_are_typed_and_whatever_else_is(do, after):
    wanted = do(jobs.enqueue, replace(IMPORT, name="P\u00e9rez stint"))
    for _ in range(after):  # by then it is in the index
        do(jobs.enqueue, IMPORT)
    for typed in ("P\u00e9rez", "Pe\u0301rez", "perez stint", "perez \u19b0"):
        assert [job.id for job in do(jobs.page, JobFilter(text=typed)).items] == [wanted.id], typed
    for typed in ("a\u19b0b", "\u00bd", "\u0301", '"', "perez*"):
        do(jobs.page, JobFilter(text=typed))


def test_what_came_with_one_request_is_found_by_its_correlation_id(do):
    batch = do(jobs.enqueue_batch, replace(CAPTURE, correlation_id="req-1"), [CAPTURE, CAPTURE])
    alone = do(jobs.enqueue, IMPORT)
    assert alone.correlation_id == alone.id and do(jobs.by_correlation, alone.id) == [alone]
    found = do(jobs.by_correlation, "req-1")
    assert found[0].id == batch.id and [job.batch_id for job in found[1:]] == [batch.id] * 2
    own = do(jobs.enqueue_batch, IMPORT, [IMPORT])
    assert [job.id for job in do(jobs.by_correlation, own.id)] == [own.id, do(jobs.children, own.id)[0].id]
    assert do(jobs.page, JobFilter(text="req-1-other")).items == []


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
