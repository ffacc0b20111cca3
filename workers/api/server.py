"""The API's server: there while the settings want it, on its own event loop; a busy port is told, and the rest runs."""

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from core import logs
from core.api_token import read_or_create
from core.clock import Clock
from core.credentials import Credentials
from core.errors import ApiPortBusy, KnownError
from core.paths import DataFolder
from core.settings import Settings
from core.store.database import Database
from workers.supervision import report

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_log = logs.get("api")
_AGAIN_S = 5.0
_LOOK_S = 0.2
_GRACE_S = 2
_BACKLOG = 512
_NO_IPV6 = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


class ApiServer:
    """`run` until stopping, serving while it is switched on; `settings` may be changed from anywhere."""

    def __init__(
        self, folder: DataFolder, database: Database, credentials: Credentials, settings: Settings, clock: Clock
    ) -> None:
        self._folder = folder
        self._database = database
        self._credentials = credentials
        self._settings = settings
        self._clock = clock
        self._changed = threading.Event()
        self.port: int | None = None
        """Where it answers now; None: nowhere."""

    @property
    def settings(self) -> Settings:
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = settings
        self._changed.set()

    def run(self, stopping: threading.Event) -> None:
        """For a supervised thread. Raises what only a bug could raise."""
        told = ""
        while not stopping.is_set():
            self._changed.clear()
            wanted = self._settings.api
            if wanted.enabled:
                try:
                    self._serve(wanted.port, stopping)
                    told = ""
                except KnownError as refused:
                    if told != refused.title:
                        report("the local API is off", refused)
                    told = refused.title
            self._wait_for_change(stopping, _AGAIN_S if wanted.enabled else None)

    def _wait_for_change(self, stopping: threading.Event, seconds: float | None) -> None:
        ends_ns = None if seconds is None else self._clock.monotonic_ns() + int(seconds * 1e9)
        while not stopping.is_set() and not self._changed.wait(_LOOK_S):
            if ends_ns is not None and self._clock.monotonic_ns() > ends_ns:
                return

    def _serve(self, port: int, stopping: threading.Event) -> None:
        """Until stopping, or until the settings want it elsewhere. Raises ApiPortBusy, CredentialsError."""
        with listening(port) as sockets:
            # Late: a worker whose API is off need not load a web framework.
            from workers.api.answers import Answers
            from workers.api.application import make_app
            from workers.api.figures import Figures
            from workers.api.parts import ApiParts
            from workers.api.serving import serve
            from workers.health import Health

            def over() -> bool:
                wanted = self._settings.api
                return stopping.is_set() or not wanted.enabled or wanted.port != port

            parts = ApiParts(
                folder=self._folder,
                database=self._database,
                credentials=self._credentials,
                clock=self._clock,
                health=Health(self._folder, self._database, self._credentials, lambda: self._settings),
                figures=Figures(self._database),
                answers=Answers(self._folder),
                current_settings=lambda: self._settings,
                stopping=over,
            )
            app: ASGIApp = make_app(parts, token=read_or_create(self._folder), port=port)
            _log.info("the local API answers", port=port)
            self.port = port
            try:
                serve(app, sockets, over=over, grace_s=_GRACE_S)
            finally:
                self.port = None
                parts.answers.close()
                _log.info("the local API ended", port=port)


@contextmanager
def listening(port: int) -> Iterator[list[socket.socket]]:
    """On both loopback addresses, so that nobody else is localhost; port 0: a free one. Raises ApiPortBusy."""
    made: list[socket.socket] = []
    try:
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                made.append(_bound(family, address, port or (made[0].getsockname()[1] if made else 0)))
            except OSError as refused:
                if made and refused.errno in _NO_IPV6:
                    continue
                raise ApiPortBusy(port=port, reason=refused.strerror or str(refused)) from refused
        yield made
    finally:
        for listener in made:
            with suppress(OSError):
                listener.close()


def _bound(family: int, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after a restart, not beside another
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
