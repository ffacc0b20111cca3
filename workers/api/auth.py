"""The door of the API: who may come in, how often, how much they may bring, and how slowly."""

import asyncio
import base64
import binascii
import hmac
import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import logs
from core.ids import new_id
from workers.api.errors import Refused, answer_for_refusal

_NAME = "api"
_log = logs.get(_NAME)
UPLOAD = "/api/v1/ingest/upload"
OPEN = frozenset({("GET", "/"), ("HEAD", "/")})
PAGES = ("/docs", "/redoc", "/openapi.json", "/offline-docs/")
"""What a browser shows: it can't send a bearer token of its own, but asks for a user and a password."""
REQUESTS_S = 600
WRONG_TOKENS_MIN = 20
BODY_MOST_BYTES = 1 << 20
"""Of every request but an upload, whose files have limits of their own."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_DRAIN_BYTES = 256 << 20
_DRAIN_S = 2.0


class Rate:
    """At most `number` in any `seconds`, on average: a bucket that fills again steadily. For one event loop."""

    def __init__(self, number: float, seconds: float, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._most = self._left = float(number)
        self._a_second = number / seconds
        self._monotonic_s = monotonic_s
        self._at_s = monotonic_s()

    def take(self) -> bool:
        now_s = self._monotonic_s()
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._a_second)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Patience:
    """How slowly a body may come: seconds of silence, and its least pace once it had some time to begin."""

    def __init__(self, silence_s: float = 10.0, grace_s: float = 20.0, least_bytes_s: float = 16_384) -> None:
        self.silence_s = silence_s
        self.grace_s = grace_s
        self.least_bytes_s = least_bytes_s


class Body:
    """A request's body as it comes (ASGI's `receive`), no longer and no slower than it may be."""

    def __init__(self, receive: Receive, most_bytes: int | None, patience: Patience) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._patience = patience
        self._began_s = time.monotonic()
        self._received = 0
        self._ended = False

    async def __call__(self) -> Message:
        """Raises Refused."""
        if self._ended:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._part(), self._patience.silence_s)
        except TimeoutError:
            raise _too_slow() from None
        if self._most_bytes is not None and self._received > self._most_bytes:
            await self.drain()
            raise _too_large(self._most_bytes)
        slow_s = time.monotonic() - self._began_s - self._patience.grace_s
        if not self._ended and slow_s > 0 and self._received < slow_s * self._patience.least_bytes_s:
            raise _too_slow()
        return message

    async def drain(self) -> None:
        """Take what is still being sent, within bounds: closing on a sender would break off our answer to it."""
        most = self._received + _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._ended and self._received < most:
                    await self._part()
        except TimeoutError:
            return

    async def _part(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message


class Door:
    """ASGI around the whole app. `seen` is told of each answer: (method, path, status, seconds)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        port: int,
        seen: Callable[[str, str, int, float], None],
        patience: Patience | None = None,
        requests: Rate | None = None,
        wrong_tokens: Rate | None = None,
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._port = port
        self._seen = seen
        self._patience = patience or Patience()
        self._requests = requests or Rate(REQUESTS_S, 1)
        self._wrong_tokens = wrong_tokens or Rate(WRONG_TOKENS_MIN, 60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began_s, headers = time.perf_counter(), Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = MutableHeaders(scope=message)
                told["X-Request-ID"] = request_id
                told["X-Content-Type-Options"] = "nosniff"
                told.setdefault("Cache-Control", "no-store")
            await send(message)

        with logs.bound(correlation_id=request_id):
            try:
                self._let_in(scope, headers)
                await self._app(scope, self._body(scope, headers, receive), answer)
            except Refused as refused:
                await answer_for_refusal(refused, request_id)(scope, receive, answer)
            finally:
                self._told(scope, status, time.perf_counter() - began_s)

    def _body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Raises Refused for one that says of itself that it is too large."""
        most = None if scope["path"] == UPLOAD else BODY_MOST_BYTES
        said = headers.get("content-length", "")
        if most is not None and said.isdecimal() and int(said[:20]) > most:
            raise _too_large(most)
        scope["state"]["body"] = body = Body(receive, most, self._patience)
        return body

    def _told(self, scope: Scope, status: int, seconds: float) -> None:
        self._seen(scope["method"], scope["path"], status, seconds)
        # What reads may come hundreds of times a second; what changes something, or fails, is worth a line.
        quiet = scope["method"] in ("GET", "HEAD") and status < 500
        if quiet and not logging.getLogger(_NAME).isEnabledFor(logging.DEBUG):
            return  # at once: to say nothing through all that a line passes takes longer than the door itself
        tell = _log.debug if quiet else _log.info
        tell(f"{scope['method']} {scope['path'][:200]}", status=status, ms=round(seconds * 1e3, 1))

    def _let_in(self, scope: Scope, headers: Headers) -> None:
        """Raises Refused."""
        if not self._is_here(headers.get("host", "")):
            raise Refused(HTTPStatus.FORBIDDEN, "foreign_host", "This API answers only to this machine's own names")
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin):
            raise Refused(HTTPStatus.FORBIDDEN, "foreign_origin", "Pages of other sites may not use this API")
        if not self._requests.take():
            message = f"More than {REQUESTS_S} requests a second"
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", message, headers={"Retry-After": "1"})
        if (scope["method"], scope["path"]) not in OPEN:
            self._check_token(scope, headers)

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        for_people = scope["method"] in ("GET", "HEAD") and scope["path"].startswith(PAGES)
        given = _token_in(headers.get("authorization", ""), basic=for_people)
        if given is not None and hmac.compare_digest(given, self._token):
            return
        asks = {"WWW-Authenticate": 'Basic realm="any user, the token as password"' if for_people else "Bearer"}
        if given is None:
            message = "This needs a bearer token: the one in the file api.token of the data folder"
            raise Refused(HTTPStatus.UNAUTHORIZED, "token_missing", message, headers=asks)
        # The right token is always let in: a stranger's guesses at 256 bits must not lock its owner out.
        if not self._wrong_tokens.take():
            message = f"More than {WRONG_TOKENS_MIN} wrong tokens a minute"
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_wrong_tokens", message, headers={"Retry-After": "60"})
        raise Refused(HTTPStatus.UNAUTHORIZED, "token_wrong", "This is not the token in api.token", headers=asks)

    def _is_here(self, host: str) -> bool:
        """A foreign name that leads here (DNS rebinding) is not us."""
        try:
            parts = urlsplit(f"//{host}")
            return parts.hostname in _LOOPBACK and parts.port in (self._port, None) and "@" not in host
        except ValueError:
            return False

    def _is_own(self, origin: str) -> bool:
        try:
            parts = urlsplit(origin)
            return parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port == self._port
        except ValueError:
            return False


def _token_in(authorization: str, *, basic: bool) -> bytes | None:
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if not value:
        return None
    if scheme.lower() == "bearer":
        return value.encode("utf-8", "replace")
    if basic and scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return None


def _too_large(most: int) -> Refused:
    message = f"The body is larger than {most / 1e6:.1f} MB"
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, headers={"Connection": "close"})


def _too_slow() -> Refused:
    message = "The body came too slowly; nothing of it was kept"
    return Refused(HTTPStatus.REQUEST_TIMEOUT, "too_slow", message, headers={"Connection": "close"})
