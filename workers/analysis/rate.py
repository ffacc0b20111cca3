"""How fast and how many at once Gemini is asked: by all shards of the worker together."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workers.cancellation import CancelToken

_LOOK_S = 0.2
_TELL_S = 1.0
Waiting = Callable[[], None]


class _Patience:
    """Waits in small steps: a cancel is heeded, and who waits is told once a second."""

    def __init__(self, cancel: CancelToken, waiting: Waiting) -> None:
        self._cancel = cancel
        self._waiting = waiting
        self._told_s = time.monotonic()

    def check(self) -> None:
        """Raises Cancelled."""
        self._cancel.check()
        now_s = time.monotonic()
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            self._waiting()


def wait(seconds: float, cancel: CancelToken, waiting: Waiting) -> None:
    """Raises Cancelled."""
    patience, until_s = _Patience(cancel, waiting), time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        cancel.wait(min(left_s, _TELL_S))
        patience.check()


class TokenBucket:
    """At most `per_minute` turns a minute, evenly: who comes after a pause finds a second's worth saved up."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._next_s = 0.0
        self._every_s = 60.0 / per_minute

    def take(self) -> float:
        """A turn of one's own, and how many seconds it is away."""
        with self._lock:
            now_s = self._clock()
            turn_s = max(self._next_s, now_s - 1.0)
            self._next_s = turn_s + self._every_s
            return max(turn_s - now_s, 0.0)


class Places:
    """So many calls under way at once, and so many bytes of frames between them."""

    def __init__(self, calls: int, most_bytes: int) -> None:
        self._freed = threading.Condition()
        self._room_freed = threading.Condition()
        self._calls = calls
        self._most_bytes = most_bytes
        self._taken = 0
        self._bytes = 0

    @contextmanager
    def call(self, cancel: CancelToken, waiting: Waiting) -> Iterator[None]:
        """A place on the wire. Raises Cancelled while it waits for one."""
        patience = _Patience(cancel, waiting)
        with self._freed:
            while self._taken >= self._calls:
                self._freed.wait(_LOOK_S)
                patience.check()
            self._taken += 1
        try:
            yield
        finally:
            with self._freed:
                self._taken -= 1
                self._freed.notify()

    @contextmanager
    def room(self, wanted_bytes: int, cancel: CancelToken, waiting: Waiting) -> Iterator[None]:
        """Memory for one asset's frames; one that is larger than all of it comes when nobody else is there."""
        patience = _Patience(cancel, waiting)
        with self._room_freed:
            while self._bytes and self._bytes + wanted_bytes > self._most_bytes:
                self._room_freed.wait(_LOOK_S)
                patience.check()
            self._bytes += wanted_bytes
        try:
            yield
        finally:
            with self._room_freed:
                self._bytes -= wanted_bytes
                self._room_freed.notify_all()
