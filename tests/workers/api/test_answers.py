import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import Request, Response
from pydantic import BaseModel

from core.errors import NotFound
from core.job import JobKind
from core.store import job_starts
from tests.workers.api.running_api import Api
from tests.workers.station_parts import StationParts
from workers.api.answers import Answers

SCOPE = {"type": "http", "method": "GET", "path": "/status", "query_string": b"", "headers": [(b"host", b"station")]}


class Told(BaseModel):
    number: int


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


def asked_at_once(
    station: StationParts, make: Callable[[], BaseModel], hangs_up: bool = False
) -> list[Response | BaseException]:
    """What three who ask the same get, the first of whom may have hung up meanwhile."""

    async def ask() -> list[Response | BaseException]:
        answers = Answers(station.folder)
        try:
            assert answers.kept(SCOPE) is None
            asking = [asyncio.create_task(answers.to(Request(SCOPE), make)) for _ in range(3)]
            await asyncio.sleep(0)
            if hangs_up:
                asking[0].cancel()
            got = await asyncio.gather(*asking, return_exceptions=True)
            failed = isinstance(got[-1], BaseException)
            assert (answers.kept(SCOPE) is None) is failed
            return got
        finally:
            answers.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("hangs_up", [False, True])
def test_those_who_ask_the_same_at_once_wait_for_one_reading(station: StationParts, hangs_up: bool):
    read: list[int] = []

    def make() -> Told:
        read.append(1)
        return Told(number=len(read))

    first, *others = asked_at_once(station, make, hangs_up)
    assert isinstance(first, asyncio.CancelledError if hangs_up else Response)
    assert [isinstance(got, Response) and got.body for got in others] == [b'{"number":1}'] * 2


def test_what_can_not_be_read_is_told_to_all_who_asked_and_not_kept(station: StationParts):
    def make() -> Told:
        raise NotFound("job", "7")

    assert all(isinstance(got, NotFound) for got in asked_at_once(station, make))
