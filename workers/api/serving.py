"""uvicorn as this station wants it: on sockets that are bound already, ending when told, patient but not for ever."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 10.0
"""Seconds in which a request's line and headers have to be there."""
HEAD_MOST_BYTES = 64 << 10
_KEEP_ALIVE_S = 30
# uvicorn tells again, without a request id, what the app's own error handler has told.
_UVICORN = "uvicorn.error"


def serve(app: ASGIApp, sockets: list[socket.socket], *, over: Callable[[], bool], grace_s: int) -> None:
    """Run an event loop of its own on this thread until `over`; requests under way then have `grace_s` to end."""
    logging.getLogger(_UVICORN).setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        http=_Patient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace_s,
        backlog=512,
    )
    _Server(config, over).run(sockets)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, over: Callable[[], bool]) -> None:
        super().__init__(config)
        self._over = over

    async def on_tick(self, counter: int) -> bool:
        return self._over() or await super().on_tick(counter)


class _Patient(HttpToolsProtocol):
    """A connection that does not say what it wants is closed: without a deadline it would be held for ever."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.access_log = False  # the door logs; uvicorn would, too, wherever the root logger has a handler

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MOST_BYTES and not data.find(b"\r\n\r\n") >= 0:
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_is_here()
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_S, self.transport.close)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
