"""The pace of sending: the bandwidth cap that all senders share, and where they notice that they must stop."""

import threading
import time

from workers.sync.object_store import Halted

_BURST_S = 0.25


class SharedPace:
    """A token bucket over all senders. `halt` makes every call raise Halted until `resume`."""

    def __init__(self, limit_bytes_s: int = 0) -> None:
        self._lock = threading.Lock()
        self._halted = threading.Event()
        self._limit_bytes_s = limit_bytes_s
        self._free_at_s = 0.0

    def set_limit(self, limit_bytes_s: int) -> None:
        """Bytes a second; 0 is no limit."""
        with self._lock:
            self._limit_bytes_s = limit_bytes_s

    def halt(self) -> None:
        self._halted.set()

    def resume(self) -> None:
        self._halted.clear()

    @property
    def halted(self) -> bool:
        return self._halted.is_set()

    def __call__(self, sent_bytes: int) -> None:
        """Wait until so many bytes may go out. Raises Halted at once, also in the middle of the wait."""
        wait_s = self._booked(sent_bytes)
        if self._halted.wait(wait_s) if wait_s > 0 else self._halted.is_set():
            raise Halted

    def _booked(self, sent_bytes: int) -> float:
        with self._lock:
            if not self._limit_bytes_s:
                return 0.0
            now_s = time.monotonic()
            self._free_at_s = max(self._free_at_s, now_s - _BURST_S) + sent_bytes / self._limit_bytes_s
            return self._free_at_s - now_s
