"""Supervision: where every job and every long-lived thread runs, is reported when it fails, and is started again."""

import threading
import time
from collections.abc import Callable

from core import logs
from core.errors import KnownError
from core.retry import backoff

_log = logs.get("supervision")


def failure_of(run: Callable[[], object]) -> Exception | None:
    """Run it; the exception it ended with, or None. The worker's one broad `except` stands here."""
    try:
        run()
    except Exception as failed:
        return failed
    return None


def report(name: str, failed: Exception) -> None:
    """Tell the log: the world's doing in its own words, a bug of ours with its traceback."""
    if isinstance(failed, KnownError):
        _log.warning(f"{name}: {failed.title}", hint=failed.hint)
    else:
        _log.error(f"{name} failed: a bug of ours", exc_info=failed)


def reporting(name: str, run: Callable[[], object]) -> Callable[[], None]:
    """A call that never raises: what `run` raises is reported. For ticks, which come again anyway."""

    def tick() -> None:
        if (failed := failure_of(run)) is not None:
            report(name, failed)

    return tick


def supervise(
    name: str,
    run: Callable[[], object],
    stopping: threading.Event,
    *,
    first_s: float = 0.5,
    cap_s: float = 30.0,
) -> threading.Thread:
    """Start a thread that runs `run` until it returns; when it raises, it is reported and started again, backed off.

    A run of more than `cap_s` went well: the pauses begin anew. The caller sets `stopping`, which `run` must heed, and
    joins the thread.
    """

    def keep_running() -> None:
        pauses = backoff(first_s, cap_s)
        while not stopping.is_set():
            began_s = time.monotonic()
            failed = failure_of(run)
            if failed is None:
                return
            report(name, failed)
            if time.monotonic() - began_s > cap_s:
                pauses = backoff(first_s, cap_s)
            stopping.wait(next(pauses))

    thread = threading.Thread(target=keep_running, name=name, daemon=True)
    thread.start()
    return thread
