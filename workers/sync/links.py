"""HTTP connections that keep a hard deadline, send in paced blocks, and can be cut in the middle of a call.

urllib3 bounds silence, one read at a time; a link that drops or a store that trickles can still hold a call for ever.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from typing import Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from workers.sync.object_store import Pace

_SLOWEST_BYTES_S = 8 << 10
_WATCH_S = 0.25
_STALE_S = 0.5
_BLOCK_BYTES = 64 << 10


@dataclass(slots=True)
class Call:
    """One request under way."""

    deadline_s: float
    pace: Pace | None
    before: Callable[[Mapping[str, str]], None] | None
    """Shown the signed headers before anything is sent; may raise to call it off."""
    connection: HTTPConnection | None = None
    late: bool = False


_current = threading.local()


def _call() -> Call | None:
    return cast("Call | None", getattr(_current, "call", None))


class _Paced:
    """What both kinds of connection do differently."""

    def request(self, *args: Any, **options: Any) -> None:
        if call := _call():
            call.connection = cast("HTTPConnection", self)
        super().request(*args, **options)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        call = _call()
        if not isinstance(data, bytes | bytearray | memoryview) or call is None:
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data)
        # Blocks, because a socket's timeout is for one sendall whole: 8 MiB may take minutes on a pit-lane link.
        for start in range(0, len(view), _BLOCK_BYTES):
            block = view[start : start + _BLOCK_BYTES]
            if call.pace is not None:
                call.pace(len(block))
            super().send(block)  # type: ignore[misc]


class _PacedHttp(_Paced, HTTPConnection):
    pass


class _PacedHttps(_Paced, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _PacedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PacedHttps


class Links(urllib3.PoolManager):
    """A connection pool whose calls, made within `call`, end by their deadline whatever the other side does."""

    def __init__(self, *, silence_s: float, connect_s: float, connections: int, ca_file: str | None) -> None:
        ca: dict[str, Any] = {"ca_certs": ca_file, "cert_reqs": "CERT_REQUIRED"} if ca_file else {}
        super().__init__(
            timeout=urllib3.Timeout(connect=connect_s, read=silence_s),
            maxsize=connections,
            retries=False,
            **ca,
        )
        self.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self._silence_s = silence_s
        self._lock = threading.Lock()
        self._by_id: dict[int, Call] = {}
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._cut_the_late, name="sync-deadlines", daemon=True)
        self._watch.start()

    @contextmanager
    def call(
        self, sent_bytes: int, pace: Pace | None = None, before: Callable[[Mapping[str, str]], None] | None = None
    ) -> Iterator[Call]:
        """Bound what this thread asks within: silence, and a slow but working link's time for so many bytes."""
        allowed_s = 3 * self._silence_s + sent_bytes / _SLOWEST_BYTES_S
        call = Call(time.monotonic() + allowed_s, pace, before)
        with self._lock:
            self._by_id[id(call)] = call
        _current.call = call
        try:
            yield call
        finally:
            _current.call = None
            with self._lock:
                del self._by_id[id(call)]

    def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        call = _call()
        if call is not None and call.before is not None and method == "PUT":  # not where it asks for the region
            call.before(options.get("headers") or {})
        began_s = time.monotonic()
        try:
            return super().urlopen(method, url, redirect, **options)
        except urllib3.exceptions.ProtocolError:
            # A connection that the server closed while it lay idle fails at once; a fresh one tells the truth.
            if call is None or call.late or self._closing.is_set() or time.monotonic() - began_s > _STALE_S:
                raise
            return super().urlopen(method, url, redirect, **options)

    def _cut_the_late(self) -> None:
        while not self._closing.wait(_WATCH_S):
            now_s = time.monotonic()
            with self._lock:
                late = [call for call in self._by_id.values() if call.deadline_s < now_s]
            for call in late:
                call.late = True
                _cut(call)

    def cut_all(self) -> None:
        """End every call under way with an error: the worker leaves, and waits for nobody."""
        with self._lock:
            calls = list(self._by_id.values())
        for call in calls:
            _cut(call)

    def close(self) -> None:
        self._closing.set()
        self.cut_all()
        self._watch.join()
        # clear() alone leaves the connections open until their pools are collected.
        for key in list(self.pools.keys()):
            if (pool := self.pools.get(key)) is not None:
                pool.close()
        self.clear()


def _cut(call: Call) -> None:
    connection = call.connection
    sock = connection.sock if connection is not None else None
    if sock is not None:
        # Shut down, not closed: the thread that reads from it wakes with an error and closes it itself.
        with suppress(OSError):
            sock.shutdown(SHUT_RDWR)
