"""A call that may hang in the operating system (a network drive that went), waited for no longer than it deserves."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from core.errors import StorageUnreachable
from workers.supervision import failure_of
from workers.sync.object_store import Halted, ObjectStore

_LOOK_S = 0.1
T = TypeVar("T")


class Bounded(Generic[T]):
    """One call at a time, on a thread of its own. One that hangs is left behind; no other begins until it ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left_behind: threading.Thread | None = None

    def __call__(
        self, ask: Callable[[], T], *, timeout_s: float, store: ObjectStore, is_over: Callable[[], bool] = lambda: False
    ) -> T:
        """What `ask` returns or raises. Raises StorageUnreachable if it takes longer, Halted once `is_over` says so."""
        if self._left_behind is not None and self._left_behind.is_alive():
            raise StorageUnreachable(store=store.label)
        answers: list[T] = []
        failures: list[Exception] = []

        def run() -> None:
            failed = failure_of(lambda: answers.append(ask()))
            if failed is not None:
                failures.append(failed)

        thread = threading.Thread(target=run, name=self._name, daemon=True)
        thread.start()
        until_s = time.monotonic() + timeout_s
        while thread.is_alive() and time.monotonic() < until_s and not is_over():
            thread.join(_LOOK_S)
        if thread.is_alive():
            self._left_behind = thread
            store.interrupt()
            thread.join(_LOOK_S)
            raise Halted if is_over() else StorageUnreachable(store=store.label)
        if failures:
            raise failures[0]
        return answers[0]
