"""Cancel tokens: how a job's work learns, within its own waits, that it must stop."""

import threading
from collections.abc import Callable
from enum import StrEnum


class Reason(StrEnum):
    """Why work must stop. It decides what becomes of the job."""

    OPERATOR = "operator"
    """The job's row is cancelled already: clean up, write nothing."""
    STOPPING = "stopping"
    """The worker leaves: the job goes back to pending and no try is spent."""
    TIMEOUT = "timeout"
    """Past its time limit: the attempt failed."""
    STALLED = "stalled"
    """No progress for too long: the attempt failed."""


class Cancelled(Exception):
    """The work was asked to stop. Let it pass through: the runner knows what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class CancelToken:
    """Set once, from any thread; the first reason stands."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._reason: Reason | None = None

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    @property
    def reason(self) -> Reason | None:
        return self._reason

    def cancel(self, reason: Reason = Reason.OPERATOR) -> None:
        """Set the token and call every callback, in this thread. Later calls change nothing."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            callbacks, self._callbacks = self._callbacks, []
        self._event.set()
        for callback in callbacks:
            callback()

    def wait(self, seconds: float | None) -> bool:
        """Wait at most this long; True as soon as the token is set. The way to sleep in a job."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise Cancelled if the token is set."""
        if self._reason is not None:
            raise Cancelled(self._reason)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (quick, never raising) when the token is set, or now if it is. The answer takes it back."""
        with self._lock:
            if self._reason is None:
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
