import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.job import JobKind
from core.store import job_starts
from tests.workers.api.running_api import Api
from tests.workers.station_parts import StationParts


def test_who_changed_something_sees_it_in_the_next_answer(api: Api, station: StationParts):
    """However often it was asked before."""
    for number in range(1, 30):
        job = station.enqueue(JobKind.TRACK)
        assert api.get("/status").json()["processes"][0]["process_id"] == job.id
        assert api.get("/status?limit=500").json()["count"] == number
        api.post(f"/cancel_batch_process/{job.id}")
        assert api.get(f"/status/{job.id}").json()["status"] == "cancelled"


def test_the_same_question_is_read_once_while_nothing_changes(
    api: Api, station: StationParts, monkeypatch: pytest.MonkeyPatch
):
    station.enqueue(JobKind.TRACK)
    asked: list[int] = []
    page = job_starts.page

    def counted(*given: object, **named: object) -> object:
        asked.append(1)
        return page(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(job_starts, "page", counted)
    answers = {api.get("/status").text for _ in range(10)}
    assert len(answers) == 1 and len(asked) == 1
    api.get("/status?limit=1")
    assert len(asked) == 2


def test_no_answer_is_older_than_its_question_when_many_ask_and_one_changes(api: Api, station: StationParts):
    over = threading.Event()

    def ask() -> bool:
        while not over.is_set():
            api.get("/status")
        return True

    with ThreadPoolExecutor(4) as askers:
        asking = [askers.submit(ask) for _ in range(4)]
        for number in range(1, 40):
            station.enqueue(JobKind.TRACK)
            assert len(api.get("/status?limit=100").json()["processes"]) == number
        over.set()
        assert all(one.result() for one in asking)
