"""The API on a real socket in front of a real database, and somebody who asks it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from core.credentials import Credentials
from core.settings import Settings
from tests.conftest import eventually
from tests.workers.station_parts import StationParts
from workers.api.answers import Answers
from workers.api.application import make_app
from workers.api.figures import Figures
from workers.api.parts import ApiParts
from workers.api.server import listening
from workers.api.serving import serve
from workers.health import Health

TOKEN = "t0ken-" * 8


@dataclass
class Api:
    """One that asks with the right token, and one that has none."""

    port: int
    known: httpx.Client
    stranger: httpx.Client

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.known.get(path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.known.post(path, **given)

    def raw(self, *parts: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        for part in parts:
            connection.sendall(part)
        return connection


def answer_on(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    got = b""
    with connection:
        while chunk := connection.recv(65_536):
            got += chunk
    return got


def is_refused(answer: httpx.Response, status: int, error: str) -> bool:
    """Whether it is this refusal, in the one body, with nothing of our insides in it."""
    body = answer.json()
    told = (answer.status_code, body["status"], body["error"]) == (status, "error", error)
    whole = body.keys() == {"status", "error", "message", "details", "request_id", "timestamp"}
    assert told and whole, answer.text
    assert "Traceback" not in answer.text and ".py" not in answer.text
    return body["request_id"] == answer.headers["X-Request-ID"] and bool(body["message"])


@contextmanager
def running_api(station: StationParts, *, settings: Settings | None = None, **door: Any) -> Iterator[Api]:
    """With the door's own arguments; ends with the context."""
    with listening(0) as sockets:
        port = sockets[0].getsockname()[1]
        stopping = threading.Event()
        credentials = Credentials(station.folder)
        chosen = settings or station.settings
        parts = ApiParts(
            folder=station.folder,
            database=station.database,
            credentials=credentials,
            clock=station.clock,
            health=Health(station.folder, station.database, credentials, lambda: chosen),
            figures=Figures(station.database),
            answers=Answers(station.folder),
            current_settings=lambda: chosen,
            stopping=stopping.is_set,
        )
        app = make_app(parts, token=TOKEN, port=port, **door)

        def run() -> None:
            serve(app, sockets, over=stopping.is_set, grace_s=1)
            parts.answers.close()

        thread = threading.Thread(target=run)
        thread.start()
        url = f"http://127.0.0.1:{port}"
        try:
            with (
                httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20) as known,
                httpx.Client(base_url=url, timeout=20) as stranger,
            ):
                yield Api(port, known, stranger)
        finally:
            stopping.set()
            thread.join(10)
            assert eventually(lambda: not thread.is_alive())
