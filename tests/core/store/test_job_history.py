"""The history finds exactly what a filter says, by whichever index, and a job costs few pages of the log."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import select, text, update

from core.camera import Camera
from core.job import ENDED, JobError, JobKind, JobState, NewJob
from core.store import cameras, job_starts, jobs, sessions
from core.store.jobs import JobFilter
from core.store.schema import counted
from core.store.schema import jobs as table
from core.store.schema_around_jobs import AT_ONCE

IMPORT = NewJob(JobKind.IMPORT, {})
BROKEN = JobError("x", "The drive was unplugged")


@pytest.fixture
def history(do, db, clock):
    """Jobs of all kinds and states, more than are indexed at once, the clock set back an hour amid them."""
    chance = random.Random(2026)
    do(cameras.add, Camera("Pit_2", "rtsp://127.0.0.1/two"))
    named = [do(sessions.create, "2026", "Monza", name, "Europe/Rome").id for name in ("FP1", "FP2")]
    for number in range(40):
        if number == 25:
            clock.advance(-3600 * 10**9)
        new = NewJob(
            chance.choice(list(JobKind)),
            {},
            name=chance.choice(("Front wing", "Rear wing", "Überholspur", "Haas nose")),
            camera_id=chance.choice((None, "Pit_1", "Pit_2")),
            tenant_id=chance.choice((None, "haas", "red bull")),
            session_id=chance.choice(named),
        )
        if number % 10 == 3:
            do(jobs.enqueue_batch, replace(new, camera_id=None), [new] * (AT_ONCE // 10))
        else:
            for _ in range(10):
                do(jobs.enqueue, new)
    with db.write() as tx:
        for row in tx.rows(select(table.c.number, table.c.created_at_ns).where(~table.c.is_batch)):
            state = chance.choice([*JobState])
            values = {"state": state, "attempt": 1, "worker_id": "w", "revision": tx.revision()}
            values["started_at_ns"] = (
                row["created_at_ns"] + 5 if state is JobState.PROCESSING or chance.random() < 0.8 else None
            )
            values["completed_at_ns"] = row["created_at_ns"] + 9 if state in ENDED else None
            values["error"] = {"slug": "x", "message": "The drive was unplugged"} if state is JobState.FAILED else None
            tx.execute(update(table).where(table.c.number == row["number"]).values(values))
        assert tx.scalar(counted("filed_to")) >= AT_ONCE
        assert tx.scalar(select(table.c.number).order_by(table.c.number.desc()).limit(1)) % AT_ONCE
    return chance, named


def all_of(tx, wanted, limit):
    found, cursor = [], None
    while True:
        page, cursor = jobs.page(tx, wanted, cursor, limit)
        found += page
        if cursor is None:
            return found


def lets_through(wanted, job):
    said = " ".join(filter(None, (job.name, job.camera_id, job.tenant_id, job.error and job.error.message))).lower()
    words = said.replace("ü", "u").replace("_", " ").split()
    return (
        (not wanted.states or job.state in wanted.states)
        and (not wanted.kinds or job.kind in wanted.kinds)
        and all(
            getattr(wanted, name) in (None, getattr(job, name))
            for name in ("session_id", "camera_id", "tenant_id", "batch_id")
        )
        and (wanted.from_ns is None or job.created_at_ns >= wanted.from_ns)
        and (wanted.to_ns is None or job.created_at_ns < wanted.to_ns)
        and not (wanted.top_level and job.batch_id)
        and all(any(word.startswith(typed) for word in words) for typed in wanted.text.lower().split())
    )


def test_every_filter_finds_all_of_its_jobs_and_no_others(db, history):
    chance, named = history
    with db.read() as tx:
        every = all_of(tx, JobFilter(), 97)
        numbers = tx.execute(select(table.c.id).order_by(table.c.number.desc())).scalars().all()
        assert [job.id for job in every] == numbers
        batches = [job.id for job in every if job.is_batch]
        times = sorted(job.created_at_ns for job in every)
        for _ in range(150):
            from_ns, to_ns = sorted(chance.sample(times, 2))
            wanted = JobFilter(
                states=chance.choice([(), (), *[(state,) for state in JobState], tuple(ENDED)]),
                kinds=chance.choice([(), (), *[(kind,) for kind in JobKind], (JobKind.IMPORT, JobKind.CAPTURE)]),
                session_id=chance.choice((None, None, *named)),
                camera_id=chance.choice((None, None, "Pit_1")),
                tenant_id=chance.choice((None, None, "red bull")),
                batch_id=chance.choice((None, None, None, batches[0])),
                from_ns=chance.choice((None, from_ns)),
                to_ns=chance.choice((None, to_ns)),
                text=chance.choice(("", "", "w", "wing", "haas n", "uberhol", "unplugged", "pit 1", "nowhere")),
                top_level=chance.random() < 0.2,
            )
            expected = [job.id for job in every if lets_through(wanted, job)]
            assert [job.id for job in all_of(tx, wanted, 20)] == expected, wanted


def test_what_began_is_listed_latest_first_whatever_became_of_it(db, history):
    with db.read() as tx:
        every = [job for job in all_of(tx, JobFilter(), 100) if job.batch_id is None]
        for state in (None, *JobState):
            found, cursor = [], None
            while True:
                page, cursor = job_starts.page(tx, state=state, cursor=cursor, limit=30)
                found += page
                if cursor is None:
                    break
            begun = [job_starts.began_ns(job) for job in found]
            assert begun == sorted(begun, reverse=True)
            assert {job.id for job in found} == {job.id for job in every if state in (None, job.state)}
            assert len(found) == len({job.id for job in found})


def test_counts_tell_what_is_there(db, history):
    with db.read() as tx:
        single = [job for job in all_of(tx, JobFilter(), 100) if not job.is_batch]
        assert jobs.counts(tx) == {state: sum(job.state is state for job in single) for state in JobState}


def test_the_newest_of_words_changes_and_clean_ups_are_never_missed(do, clock):
    first = do(jobs.enqueue_batch, replace(IMPORT, name="Morning"), [replace(IMPORT, name="Stop")] * (2 * AT_ONCE))

    def found(typed):
        return {job.id for job in do(jobs.page, JobFilter(text=typed, top_level=False), None, 5000).items}

    stops = {job.id for job in do(jobs.children, first.id)}
    late = do(jobs.enqueue, replace(IMPORT, name="Stop at last"))
    assert found("stop") == stops | {late.id} and found("last") == {late.id} and found("morn") == {first.id}
    running = do(jobs.claim, worker_id="w", kinds_free={JobKind.IMPORT: 1})
    do(jobs.fail, running, BROKEN, None)
    assert found("unplugged") == {running.id} and found("stop unplug") == {running.id}
    do(jobs.retry, running.id)
    assert found("unplugged") == set()
    do(jobs.cancel, first.id)
    do(jobs.cancel, late.id)
    assert do(jobs.counts) == dict.fromkeys(JobState, 0) | {JobState.CANCELLED: 2 * AT_ONCE + 1}
    do(jobs.clean_up, clock.utc_ns() + 1)
    assert found("stop") == set() and not any(do(jobs.counts).values())
    # The numbers begin again: what had one before is not found by the words of what has it now.
    again = do(jobs.enqueue_batch, IMPORT, [replace(IMPORT, name="Evening")] * (AT_ONCE + 3))
    assert found("eve") == {job.id for job in do(jobs.children, again.id)} and found("stop") == found("morn") == set()


def test_a_job_writes_no_more_pages_than_it_must(db, folder):
    """In the real disk's time nearly all that a job costs is pages: 36 of them once, when each filter had its index."""
    written = folder.database.with_name("station.db-wal")
    with db.write() as tx:
        tx.execute(text("PRAGMA wal_autocheckpoint = 0"))
    begun = written.stat().st_size
    for _ in range(100):
        with db.write() as tx:
            jobs.enqueue(tx, IMPORT)
        with db.write() as tx:
            job = jobs.claim(tx, worker_id="w", kinds_free=dict.fromkeys(JobKind, 1))
        assert job is not None
        with db.write() as tx:
            jobs.finish(tx, job, {})
    assert (written.stat().st_size - begun) / 4120 / 100 <= 15
