"""What polls `PRAGMA data_version` hears of every commit, and of nothing else."""

import pytest

from core.errors import DataFolderUnwritable
from core.job import JobKind, NewJob
from core.paths import DataFolder
from core.store import jobs, stations
from core.store.changes import Changes


@pytest.fixture
def changes(db, folder):
    polled = Changes(folder)
    assert polled.changed(), "the first poll makes a reader read"
    yield polled
    polled.close()


def test_a_commit_is_heard_once(db, changes):
    assert not changes.changed()
    with db.write() as tx:
        jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}))
    assert changes.changed()
    assert not changes.changed()


def test_reading_and_empty_writing_are_not_heard(db, changes):
    with db.read() as tx:
        stations.identity(tx)
    with db.write() as tx:
        stations.identity(tx)
    assert not changes.changed()


def test_what_is_rolled_back_is_not_heard(db, changes):
    with pytest.raises(ZeroDivisionError), db.write() as tx:
        stations.wake(tx)
        raise ZeroDivisionError
    assert not changes.changed()


def test_a_folder_without_a_database_is_told(tmp_path):
    with pytest.raises(DataFolderUnwritable):
        Changes(DataFolder(tmp_path)).changed()


def test_a_revision_is_never_given_again_though_only_a_job_that_is_gone_held_it(do, clock):
    first = do(jobs.enqueue, NewJob(JobKind.IMPORT, {}))
    running = do(jobs.claim, worker_id="w", kinds_free={JobKind.IMPORT: 1})
    do(jobs.finish, running, {})
    before = do(stations.revision)
    assert before > first.revision
    do(jobs.clean_up, clock.utc_ns() + 1)
    gone = do(stations.revision)
    assert gone > before and do(jobs.enqueue, NewJob(JobKind.IMPORT, {})).revision > gone
