import time

import pytest

from core.job import JobError, JobKind, JobState, NewJob
from core.store import jobs
from core.store.jobs import JobFilter
from gui.jobs.history_model import PAGE_SIZE, HistoryModel
from tests.gui.models.filled_station import add_cameras

ANY = {JobKind.CAPTURE: 9, JobKind.IMPORT: 9}
SILENT = JobError("camera_silent", "Pit 1 sends no video")


@pytest.fixture
def model(station) -> HistoryModel:
    add_cameras(station.database, "Pit_1")
    return HistoryModel(station, station)


def capture(**fields) -> NewJob:
    params = {"mode": "single_frame", "camera_id": "Pit_1", "at_ns": 5}
    return NewJob(JobKind.CAPTURE, params, camera_id="Pit_1", **fields)


def write(station, change):
    with station.database.write() as tx:
        return change(tx)


def claim(tx):
    return jobs.claim(tx, worker_id="w", kinds_free=ANY)


def enqueue(station, count: int, **fields) -> list[str]:
    """Ids, oldest first."""
    made: list[str] = write(station, lambda tx: [jobs.enqueue(tx, capture(**fields)).id for _ in range(count)])
    return made


def look(model) -> None:
    model.show(model.read())


def ids(model) -> list[str]:
    return [row.job.id for row in model.rows]


def watched(model) -> dict[str, int]:
    """How often the model told what."""
    told = dict.fromkeys(("reset", "layout", "inserted", "removed", "changed"), 0)

    def count(name: str):
        def counted(*_) -> None:
            told[name] += 1

        return counted

    model.modelReset.connect(count("reset"))
    model.layoutChanged.connect(count("layout"))
    model.rowsInserted.connect(count("inserted"))
    model.rowsRemoved.connect(count("removed"))
    model.dataChanged.connect(count("changed"))
    return told


def test_jobs_stand_newest_first_and_a_batch_stands_for_its_jobs(station, model):
    first, second = enqueue(station, 2)
    batch = write(station, lambda tx: jobs.enqueue_batch(tx, capture(name="Four"), [capture()] * 4))
    look(model)
    assert ids(model) == [batch.id, second, first]
    assert model.total == 6


def test_two_hundred_changes_a_second_move_only_their_own_rows_and_never_reset(station, model):
    enqueue(station, 120)
    look(model)
    told = watched(model)
    shown = ids(model)
    for _ in range(4):  # each look sees what a quarter of a second brought

        def quarter(tx) -> None:
            for _ in range(25):
                job = claim(tx)
                jobs.progress(tx, job, 50, "reading")
                jobs.finish(tx, job, {"frames": 1})

        write(station, quarter)
        look(model)
    assert told["reset"] == told["layout"] == told["inserted"] == told["removed"] == 0
    assert 0 < told["changed"] <= 8
    assert ids(model) == shown
    new = enqueue(station, 3)
    look(model)
    assert ids(model) == new[::-1] + shown
    assert (told["reset"], told["inserted"]) == (0, 1)


def test_nothing_changed_tells_nothing(station, model):
    enqueue(station, 5)
    look(model)
    told = watched(model)
    look(model)
    assert set(told.values()) == {0}


def test_a_job_enters_and_leaves_a_filter_by_its_state(station, model):
    job_id = enqueue(station, 3)[0]
    model.set_filter(JobFilter(states=(JobState.FAILED,)))
    look(model)
    assert ids(model) == []
    write(station, lambda tx: jobs.fail(tx, claim(tx), SILENT, None))
    look(model)
    assert ids(model) == [job_id]
    assert model.rows[0].message == "Pit 1 sends no video"
    write(station, lambda tx: jobs.retry(tx, job_id))
    look(model)
    assert ids(model) == []


def test_pages_come_by_themselves_as_they_are_scrolled_to(qtbot, station, model):
    made = enqueue(station, PAGE_SIZE * 2 + 30)
    look(model)
    assert len(model.rows) == PAGE_SIZE
    while model.canFetchMore():
        with qtbot.waitSignal(model.rowsInserted):
            model.fetchMore()
    assert ids(model) == made[::-1]


def test_what_came_is_held_back_while_the_list_is_scrolled_down(station, model):
    enqueue(station, 3)
    look(model)
    held: list[int] = []
    model.held.connect(held.append)
    model.may_move = lambda: False
    shown = ids(model)
    enqueue(station, 2)
    look(model)
    assert ids(model) == shown and held[-1] == 2
    model.set_filter(JobFilter(top_level=True))
    look(model)
    assert len(model.rows) == 5 and held[-1] == 0


def test_far_behind_the_list_is_read_again_without_a_reset(station, model):
    kept = enqueue(station, 10)
    look(model)
    told = watched(model)
    new = enqueue(station, 600)
    look(model)
    assert ids(model) == new[::-1][:PAGE_SIZE]
    assert told["reset"] == 0
    assert kept[0] not in ids(model) and model.canFetchMore()


def test_words_find_jobs_and_new_ones_with_them_come_in(station, model):
    (wanted,) = enqueue(station, 1, name="Front wing after the kerb")
    enqueue(station, 2)
    model.set_filter(JobFilter(text="wing"))
    look(model)
    assert ids(model) == [wanted]
    (second,) = enqueue(station, 1, name="Rear wing")
    deadline = time.monotonic() + 10
    while ids(model) != [second, wanted] and time.monotonic() < deadline:
        enqueue(station, 1)
        look(model)
    assert ids(model) == [second, wanted]


def test_reading_a_cell_asks_nothing_of_the_store(station, model):
    enqueue(station, 20)
    look(model)
    station.database.close()
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            assert isinstance(model.data(model.index(row, column)), str)
