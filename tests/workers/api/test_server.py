import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from core.api_token import read_or_create
from core.credentials import Credentials
from core.settings import Settings
from tests.conftest import eventually
from tests.real.child import free_port
from tests.workers.station_parts import StationParts
from workers.api.server import ApiServer
from workers.supervision import supervise


def with_api(port: int, *, enabled: bool = True) -> Settings:
    return Settings(api={"enabled": enabled, "port": port})  # type: ignore[arg-type]


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def server(station: StationParts) -> Iterator[ApiServer]:
    """Supervised as in the worker; switched off."""
    server = ApiServer(station.folder, station.database, Credentials(station.folder), station.settings, station.clock)
    stopping = threading.Event()
    thread = supervise("api", lambda: server.run(stopping), stopping)
    yield server
    stopping.set()
    began = time.monotonic()
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - began < 5


def test_it_is_off_until_it_is_switched_on_and_off_again_when_it_is_switched_off(server: ApiServer):
    port = free_port()
    assert server.port is None and not answers(port)
    server.settings = with_api(port)
    assert eventually(lambda: answers(port), 20)
    server.settings = with_api(port, enabled=False)
    assert eventually(lambda: not answers(port), 10)


def test_another_port_moves_it(server: ApiServer):
    first, second = free_port(), free_port()
    server.settings = with_api(first)
    assert eventually(lambda: answers(first), 20)
    server.settings = with_api(second)
    assert eventually(lambda: answers(second), 10) and not answers(first)


@pytest.mark.allow_warnings
def test_a_busy_port_is_told_once_and_taken_when_it_is_free(
    server: ApiServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workers.api.server._AGAIN_S", 0.2)
    with socket.socket() as other, caplog.at_level(logging.WARNING):
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server.settings = with_api(port)
        told = f"can't listen on port {port}"
        assert eventually(lambda: any(told in record.getMessage() for record in caplog.records), 10)
        threading.Event().wait(1.0)
        assert sum(told in record.getMessage() for record in caplog.records) == 1
    assert eventually(lambda: answers(port), 20)


def test_its_token_is_the_one_in_the_file(server: ApiServer, station: StationParts):
    port = free_port()
    server.settings = with_api(port)
    assert eventually(lambda: answers(port), 20)
    given = {"Authorization": f"Bearer {read_or_create(station.folder)}"}
    assert httpx.get(f"http://127.0.0.1:{port}/status", headers=given).status_code == 200


def test_an_open_event_stream_does_not_hold_it_up_when_it_ends(server: ApiServer, station: StationParts):
    port = free_port()
    server.settings = with_api(port)
    assert eventually(lambda: answers(port), 20)
    given = {"Authorization": f"Bearer {read_or_create(station.folder)}"}
    with httpx.stream("GET", f"http://127.0.0.1:{port}/events", headers=given, timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("id: ")
        began = time.monotonic()
        server.settings = with_api(port, enabled=False)
        assert list(lines) and time.monotonic() - began < 5
    assert eventually(lambda: not answers(port), 5)


@pytest.mark.allow_warnings
def test_a_bug_of_ours_is_500_in_the_one_body_and_its_traceback_is_in_the_log_alone(
    server: ApiServer, station: StationParts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr("core.store.job_starts.page", broken)
    port = free_port()
    server.settings = with_api(port)
    assert eventually(lambda: answers(port), 20)
    given = {"Authorization": f"Bearer {read_or_create(station.folder)}", "X-Request-ID": "req-500"}
    answer = httpx.get(f"http://127.0.0.1:{port}/status", headers=given)
    assert answer.status_code == 500 and json.loads(answer.text)["request_id"] == "req-500"
    assert "secret of ours" not in answer.text and "ZeroDivision" not in answer.text
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 1 and told[0].__dict__["fields"]["correlation_id"] == "req-500"
    assert answers(port)
