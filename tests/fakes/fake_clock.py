"""A clock that moves only when the test says so."""

import threading


class FakeClock:
    """Both clocks start at the given instants and move together by `advance`; `step_utc` moves only the wall clock."""

    def __init__(self, utc_ns: int = 1_795_266_245_000_000_000, monotonic_ns: int = 1_000_000_000) -> None:
        self._lock = threading.Lock()
        self._utc_ns = utc_ns
        self._monotonic_ns = monotonic_ns

    def utc_ns(self) -> int:
        with self._lock:
            return self._utc_ns

    def monotonic_ns(self) -> int:
        with self._lock:
            return self._monotonic_ns

    def advance(self, ns: int) -> None:
        with self._lock:
            self._utc_ns += ns
            self._monotonic_ns += ns

    def step_utc(self, ns: int) -> None:
        with self._lock:
            self._utc_ns += ns
