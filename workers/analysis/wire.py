"""HTTP/1.1 under google.genai: whole requests and answers on kept connections, at a third of httpx's own cost.

Fifty threads that wait for a model share one core with the cameras. httpx's transport walks its pool under a lock and
parses in Python for each of them; this one takes a connection from a list, and httptools parses in C.
"""

import socket
import ssl
import threading
from collections import defaultdict
from typing import Any

import httptools
import httpx

_READ_BYTES = 65_536
_Origin = tuple[str, str, int]


class _Answer:
    """What httptools tells of one answer."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.complete = self.keep = False
        self.status = 0
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Raises HttpParserError."""
        self._parser.feed_data(data)
        if self.complete:
            self.status = self._parser.get_status_code()
            del self._parser  # it knows this object too: no rubbish for the collector

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True
        self.keep = self._parser.should_keep_alive()  # it knows only now


class _Closed(Exception):
    """The server closed the connection before it answered a byte."""


class KeptConnections(httpx.BaseTransport):
    """Any number of connections; one that nobody uses is kept for the next request to its origin."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        self._trusted = trusted
        self._lock = threading.Lock()
        self._idle: defaultdict[_Origin, list[socket.socket]] = defaultdict(list)
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.TransportError and its like."""
        timeouts = request.extensions.get("timeout", {})
        secure = request.url.scheme == "https"
        origin = (request.url.scheme, request.url.host, request.url.port or (443 if secure else 80))
        sent = _head(request) + request.read()
        with self._lock:
            kept = self._idle[origin].pop() if self._idle[origin] else None
        if kept is not None:
            try:
                return self._exchange(kept, origin, request, sent, timeouts)
            except _Closed:
                pass  # it was closed while nobody used it: nothing was taken in
        try:
            return self._exchange(self._connect(origin, request, timeouts), origin, request, sent, timeouts)
        except _Closed:
            raise httpx.RemoteProtocolError(
                "The server closed the connection without an answer", request=request
            ) from None

    def close(self) -> None:
        """None is kept any more; what is under way ends first."""
        with self._lock:
            self._closed = True
            for idle in self._idle.values():
                while idle:
                    idle.pop().close()

    def _connect(self, origin: _Origin, request: httpx.Request, timeouts: Any) -> socket.socket:
        scheme, host, port = origin
        try:
            connection = socket.create_connection((host, port), timeout=timeouts.get("connect"))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                connection = self._trusted.wrap_socket(connection, server_hostname=host)
        except TimeoutError as late:
            raise httpx.ConnectTimeout(str(late), request=request) from late
        except OSError as failed:
            raise httpx.ConnectError(str(failed), request=request) from failed
        return connection

    def _exchange(
        self, connection: socket.socket, origin: _Origin, request: httpx.Request, sent: bytes, timeouts: Any
    ) -> httpx.Response:
        answer = _Answer()
        heard = False
        try:
            connection.settimeout(timeouts.get("read"))
            connection.sendall(sent)
            while not answer.complete:
                data = connection.recv(_READ_BYTES)
                if not data:
                    if not heard:
                        raise _Closed
                    raise httpx.RemoteProtocolError("The server closed the connection in its answer", request=request)
                heard = True
                answer.feed(data)
        except TimeoutError as late:
            raise httpx.ReadTimeout(str(late), request=request) from late
        except httptools.HttpParserError as broken:
            raise httpx.RemoteProtocolError(str(broken), request=request) from broken
        except (ConnectionResetError, BrokenPipeError) as reset:
            if not heard:
                raise _Closed from reset
            raise httpx.ReadError(str(reset), request=request) from reset
        except OSError as failed:
            raise httpx.ReadError(str(failed), request=request) from failed
        finally:
            with self._lock:
                kept = answer.keep and not self._closed
                if kept:
                    self._idle[origin].append(connection)
            if not kept:
                connection.close()
        return httpx.Response(answer.status, headers=answer.headers, content=b"".join(answer.body))


def _head(request: httpx.Request) -> bytes:
    lines = [b"%s: %s\r\n" % header for header in request.headers.raw]
    return b"%s %s HTTP/1.1\r\n%s\r\n" % (request.method.encode("ascii"), request.url.raw_path, b"".join(lines))
