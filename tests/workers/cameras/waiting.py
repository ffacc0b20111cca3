"""Waiting for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable


def wait_until(reached: Callable[[], object], within_s: float = 5.0) -> float:
    """Seconds until the condition held. Fails the test if it does not in time."""
    started, nothing = time.monotonic(), threading.Event()
    while not reached():
        assert time.monotonic() - started < within_s, f"not within {within_s} s"
        nothing.wait(0.005)
    return time.monotonic() - started
