"""How fast and how many at once Gemini is asked: by all shards of the worker together."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import count

from workers.cancellation import CancelToken

_LOOK_S = 0.5
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
        self._lock = threading.Lock()
        self._room_freed = threading.Condition()
        self._calls = calls
        self._most_bytes = most_bytes
        self._taken = 0
        self._bytes = 0
        self._queue: list[tuple[int, int, threading.Event]] = []
        self._tickets = count()

    @contextmanager
    def call(self, cancel: CancelToken, waiting: Waiting, order: int = 0) -> Iterator[None]:
        """A place on the wire; of those who wait, the lowest `order` has the next one. Raises Cancelled meanwhile.

        By turns all shards would end at the same time, and nobody would be left to call while others begin.
        """
        self._take(_Patience(cancel, waiting), order)
        try:
            yield
        finally:
            self._leave()

    def _take(self, patience: _Patience, order: int) -> None:
        with self._lock:
            if self._taken < self._calls:
                self._taken += 1
                return
            given = threading.Event()
            heappush(self._queue, (order, next(self._tickets), given))
        has_it = False
        try:
            while not given.wait(_LOOK_S):
                patience.check()
            has_it = True
        finally:
            if not has_it:
                self._give_up(given)

    def _give_up(self, given: threading.Event) -> None:
        with self._lock:
            others = [place for place in self._queue if place[2] is not given]
            was_given = len(others) == len(self._queue)
            heapify(others)
            self._queue = others
        if was_given:
            self._leave()

    def _leave(self) -> None:
        """The place goes from hand to hand."""
        with self._lock:
            if self._queue:
                heappop(self._queue)[2].set()
            else:
                self._taken -= 1

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
