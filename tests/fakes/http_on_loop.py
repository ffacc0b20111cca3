"""A very small HTTP/1.1 server on an event loop in a thread of its own: hundreds of requests a second on little CPU."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Unquoted, without the query."""
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    drop: bool = False
    """Close the connection instead of answering."""


def json_reply(value: object, status: int = 200, *, after_s: float = 0.0, **headers: str) -> Reply:
    told = {"Content-Type": "application/json; charset=UTF-8", **headers}
    return Reply(json.dumps(value).encode(), status, told, after_s)


Serve = Callable[[Request], Reply]


class HttpOnLoop:
    """Listens once started; `serve` is called on the loop's thread, one request after another."""

    def __init__(self, serve: Serve, port: int = 0) -> None:
        self.port = port
        self._serve = serve
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http-on-loop", daemon=True)
        self.connections: set[asyncio.BaseTransport] = set()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(
            loop.create_server(lambda: _Connection(self._serve, self.connections), "127.0.0.1", self.port, backlog=256)
        )
        self.port = server.sockets[0].getsockname()[1]
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
        finally:
            server.close()
            for transport in list(self.connections):
                transport.close()
            loop.run_until_complete(asyncio.sleep(0))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


class _Connection(asyncio.Protocol):
    """One request at a time; a client that asks for more before it was answered waits."""

    def __init__(self, serve: Serve, open_ones: set[asyncio.BaseTransport]) -> None:
        self._serve = serve
        self._open_ones = open_ones
        self._got = bytearray()
        self._wanted = 0
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._open_ones.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        self._next()

    def _next(self) -> None:
        if self._answering or len(self._got) < self._wanted:
            return
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = bytes(self._got[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length") or 0)
        self._wanted = end + 4 + size
        if len(self._got) < self._wanted:
            return
        body = bytes(self._got[end + 4 : self._wanted])
        del self._got[: self._wanted]
        self._wanted = 0
        method, target, _ = first.split(" ")
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        self._answering = True
        reply = self._serve(Request(method, unquote(address.path), address.path, query, headers, body))
        if reply.after_s:
            asyncio.get_running_loop().call_later(reply.after_s, self._answer, reply)
        else:
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        assert isinstance(self._transport, asyncio.Transport)
        if reply.drop:
            self._transport.abort()
            return
        lines = [f"HTTP/1.1 {reply.status} -", *(f"{name}: {value}" for name, value in reply.headers.items())]
        if "Content-Length" not in reply.headers:
            lines.append(f"Content-Length: {len(reply.body)}")
        self._transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body)
        self._answering = False
        if self._got:
            self._next()
