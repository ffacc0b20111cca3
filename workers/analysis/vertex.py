"""The worker's one connection to Vertex AI: its clients, its pace, its places, and whether it can be reached."""

import json
import logging
import os
import socket
import ssl
import threading
import time
import urllib.request
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.cloud_sections import GeminiSettings
from core.credentials import GEMINI_ACCOUNT, GEMINI_TOKEN, Credentials
from core.run import AnalysisUnreachable
from core.settings import Settings
from workers.analysis.gemini_faults import Again, CredentialsRefused, fault_of
from workers.analysis.google_access import Access, Kept, find_access
from workers.analysis.rate import Places, TokenBucket, Waiting
from workers.cancellation import CancelToken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google import genai

    from workers.analysis.bucket import Bucket

_MOST_BYTES = 32_000_000
"""Frames in memory of all calls under way; each is there some six times on its way to the socket."""
_REACH_S = 3.0
_REACHED_FRESH_S = 20.0


class Wire:
    """The HTTP client under google.genai, which takes a place for each request: only what is under way counts."""

    def __init__(self, places: Places) -> None:
        import httpx

        from workers.analysis.wire import KeptConnections

        self._turns = turns = threading.local()
        self._refused: CredentialsRefused | None = None

        wire = self

        class Client(httpx.Client):
            def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
                with places.call(*turns.of_this_thread):
                    wire._check()
                    return super().send(request, **options)

        # More places than calls: an idle connection is better kept than made anew.
        # httpx's own transport knows proxies; ours is cheap.
        self._kept = None if proxied() else KeptConnections(trusted())
        self.client = Client(transport=self._kept, verify=trusted())

    @contextmanager
    def turn(self, cancel: CancelToken, waiting: Waiting, order: int = 0) -> "Iterator[None]":
        """Whose cancel and waiting hold for what this thread sends within, and who goes first."""
        self._check()
        self._turns.of_this_thread = (cancel, waiting, order)
        yield

    def refuse(self, why: CredentialsRefused) -> None:
        """Nothing more is sent: what was refused once will be refused to all who wait."""
        self._refused = why
        if self._kept is not None:
            self._kept.close()

    def _check(self) -> None:
        if self._refused is not None:
            raise CredentialsRefused(self._refused.title)


@cache
def trusted() -> ssl.SSLContext:
    """Whom HTTPS trusts; read once, for google.genai would read it three times a client."""
    import httpx

    return httpx.create_ssl_context()


class Cloud:
    """The worker's one connection to Vertex AI: its clients, its pace, its places."""

    def __init__(self, gemini: GeminiSettings, access: Access) -> None:
        self.access = access
        self.turns = TokenBucket(gemini.requests_per_minute)
        self.places = Places(gemini.max_in_flight, _MOST_BYTES)
        self._gemini = gemini
        self._wire = Wire(self.places)
        self._lock = threading.Lock()
        self._clients: dict[str, genai.Client] = {}
        self._bucket = Kept()

    def client(self, body: dict[str, Any]) -> "genai.Client":
        """A client whose every request says `body` too. Kept for good: one that is let go closes what all share."""
        from google import genai
        from google.genai import types

        key = json.dumps(body, sort_keys=True)
        with self._lock:
            if key not in self._clients:
                options = types.HttpOptions(
                    base_url=self._gemini.base_url or None,
                    timeout=int(self._gemini.timeout_s * 1000),
                    httpx_client=self._wire.client,
                    client_args={"verify": trusted()},
                    async_client_args={"verify": trusted(), "ssl": trusted()},
                    extra_body=body or None,
                )
                self._clients[key] = genai.Client(
                    vertexai=True,
                    project=self.access.project,
                    location=self._gemini.location,
                    credentials=self.access.credentials,
                    http_options=options,
                )
            return self._clients[key]

    def ask(
        self, client: "genai.Client", model: str, contents: Any, cancel: CancelToken, waiting: Waiting, order: int
    ) -> dict[str, Any]:
        """generateContent, once: the answer as Vertex AI wrote it. Raises Again, KnownError, Cancelled."""
        from workers.analysis.question_types import AS_SENT

        with self._told(model), self._wire.turn(cancel, waiting, order):
            response = client.models.generate_content(model=model, contents=contents, config=AS_SENT)
            answer = json.loads((response.sdk_http_response and response.sdk_http_response.body) or "{}")
            if not isinstance(answer, dict) or not isinstance(answer.get("candidates", []), list):
                raise ValueError("no answer of Vertex AI")
            return answer

    def count_tokens(self, model: str) -> int:
        """Of one word: costs nothing, and shows whether the model can be asked. Raises KnownError."""
        try:
            with self._told(model), self._wire.turn(CancelToken(), lambda: None):
                return int(self.client({}).models.count_tokens(model=model, contents="pit").total_tokens or 0)
        except Again as again:
            raise again.told from again

    def batches(self, verb: str, **what: Any) -> Any:
        """A verb of client.batches: create, get, list, cancel. Raises KnownError."""
        client = self.client({})
        try:
            with self._told(str(what.get("model", ""))), self._wire.turn(CancelToken(), lambda: None):
                answer = getattr(client.batches, verb)(**what)
                return list(answer) if verb == "list" else answer
        except Again as again:
            raise again.told from again

    @contextmanager
    def _told(self, model: str) -> "Iterator[None]":
        import httpx
        from google.auth.exceptions import GoogleAuthError
        from google.genai import errors

        try:
            yield
        except (errors.APIError, httpx.HTTPError, GoogleAuthError, ValueError) as failed:
            gemini, project = self._gemini, self.access.project
            fault = fault_of(failed, model=model, project=project, location=gemini.location, timeout_s=gemini.timeout_s)
            if isinstance(fault, CredentialsRefused):
                self._wire.refuse(fault)
                _CLOUD.forget(self)  # they may have been renewed where they lie
            if fault is None:
                raise
            raise fault from failed

    def bucket_of(self, name: str) -> "Bucket":
        """The bucket, opened once. Raises as it does."""
        from workers.analysis.bucket import Bucket

        bucket: Bucket = self._bucket.get(name, lambda: Bucket(self.access, name))
        return bucket

    def close(self) -> None:
        self._wire.client.close()
        if self._bucket.thing is not None:
            self._bucket.thing.close()


_CLOUD = Kept()
_REACHED = Kept()


def open_cloud(settings: Settings, kept: Credentials) -> Cloud:
    """The worker's one, made anew when settings or credentials changed. Imports Google's client: 2 s of CPU.

    Raises CloudMissing, CredentialsMissing, CredentialsRefused, ProjectMissing, AnalysisUnreachable.
    """
    key = (settings.gemini, kept.get(GEMINI_TOKEN), kept.get(GEMINI_ACCOUNT))

    def make() -> Cloud:
        access = find_access(settings, kept)
        # Else every call looks for certificates on the disk, and our connections show none anyway.
        os.environ.setdefault("GOOGLE_API_USE_CLIENT_CERTIFICATE", "false")
        from workers.analysis import question_types

        question_types.warm_up()
        for chatty in ("httpx", "google_genai", "google_genai.models"):
            logging.getLogger(chatty).setLevel(logging.WARNING)  # a line a request
        return Cloud(settings.gemini, access)

    cloud: Cloud = _CLOUD.get(key, make)
    reach(settings.gemini)
    return cloud


def reach(gemini: GeminiSettings) -> None:
    """Raises AnalysisUnreachable unless Vertex AI takes a connection; asked once in 20 s."""
    fresh = int(time.monotonic() / _REACHED_FRESH_S)

    def try_it() -> bool:
        if proxied():
            return True  # a proxy's answer would say nothing of what lies behind it
        url = urlsplit(gemini.base_url or f"https://{endpoint(gemini.location)}")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            socket.create_connection((url.hostname or "", port), timeout=_REACH_S).close()
        except OSError:
            raise AnalysisUnreachable() from None
        return True

    _REACHED.get((gemini.base_url, gemini.location, fresh), try_it)


def proxied() -> bool:
    return bool({"https", "http", "all"} & set(urllib.request.getproxies()))


def endpoint(location: str) -> str:
    return "aiplatform.googleapis.com" if location == "global" else f"{location}-aiplatform.googleapis.com"
