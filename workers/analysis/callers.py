"""The threads in which a shard's calls wait for their answers, and what is spent on calls under way."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar

from workers.supervision import failure_of

_TOGETHER_S = 0.25
A = TypeVar("A")
T = TypeVar("T")


class Came(NamedTuple, Generic[A, T]):
    asked: A
    answer: T | None
    failed: Exception | None


class Callers(Generic[A, T]):
    """At most `number` calls at once. Its threads are daemons: a call that can't be broken off holds up no exit."""

    def __init__(self, call: Callable[[A], T], number: int) -> None:
        self.number = number
        self.under_way = 0
        self._call = call
        self._asked: SimpleQueue[A | None] = SimpleQueue()
        self._came: SimpleQueue[Came[A, T]] = SimpleQueue()
        self._threads = 0

    @property
    def free(self) -> bool:
        return self.under_way < self.number

    def ask(self, what: A) -> None:
        if self._threads <= self.under_way:
            threading.Thread(target=self._serve, name=f"analysis-{self._threads}", daemon=True).start()
            self._threads += 1
        self.under_way += 1
        self._asked.put(what)

    def come(self, timeout_s: float) -> list[Came[A, T]]:
        """What came since; empty if nothing did within the time. What comes a moment later comes with it.

        A commit costs the same for one finding as for ten, and two hundred of them a second are most of a core.
        """
        try:
            found = [self._came.get(timeout=timeout_s)]
        except Empty:
            return []
        until_s = time.monotonic() + _TOGETHER_S
        while len(found) < self.under_way:
            try:
                found.append(self._came.get(timeout=max(until_s - time.monotonic(), 0.0)))
            except Empty:
                break
        self.under_way -= len(found)
        return found

    def close(self) -> None:
        for _ in range(self._threads):
            self._asked.put(None)

    def _serve(self) -> None:
        while (what := self._asked.get()) is not None:
            answers: list[T] = []
            asked = what
            failed = failure_of(lambda: answers.append(self._call(asked)))  # noqa: B023
            self._came.put(Came(asked, answers[0] if failed is None else None, failed))


class Ledger:
    """What the calls under way may cost, by run: every shard of this worker sees it before it asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reserved: defaultdict[str, float] = defaultdict(float)
        self._calls: Counter[str] = Counter()

    def reserve(self, run_id: str, usd: float, budget_usd: float, spent_usd: Callable[[], float]) -> bool:
        """False if it might go past the budget; `spent_usd` is asked under the lock."""
        with self._lock:
            if spent_usd() + self._reserved[run_id] + usd > budget_usd:
                return False
            self._reserved[run_id] += usd
            self._calls[run_id] += 1
            return True

    def release(self, run_id: str, usd: float) -> None:
        """Once what the call did cost is committed, or it was given up."""
        with self._lock:
            self._reserved[run_id] -= usd
            self._calls[run_id] -= 1
            if not self._calls[run_id]:
                del self._reserved[run_id], self._calls[run_id]

    def under_way(self, run_id: str) -> int:
        with self._lock:
            return self._calls[run_id]


LEDGER = Ledger()
"""Of this worker."""
