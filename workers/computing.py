"""Computing children: pure functions run in niced, spawned processes that are used again, and killed at any instant."""

import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from typing import TypeVar, cast

from pebble import CONSTS, ProcessExpired, ProcessPool

from core.errors import KnownError
from workers.cancellation import CancelToken

T = TypeVar("T")

# pebble looks for cancelled and overdue work this often, and gives a child this long between SIGTERM and SIGKILL.
CONSTS.sleep_unit = 0.05
CONSTS.term_timeout = 0.3


class ChildDied(Exception):
    """The child ended without an answer: a codec crashed, or the system killed it. A signal is a negative exit code."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the computing child ended with {exit_code}")
        self.exit_code = exit_code


class ChildTimedOut(Exception):
    """The function ran longer than it may; its child was killed."""


class ChildBug(Exception):
    """The function raised what is no KnownError; the text is its traceback in the child."""


@dataclass(frozen=True, slots=True)
class _Raised:
    known: KnownError | None
    text: str


def _answer(function: Callable[..., T], args: tuple[object, ...]) -> "T | _Raised":
    """In the child. Errors go back as values: one that can't be unpickled would take the pool down with it."""
    answer: list[T] = []
    from workers.supervision import failure_of  # late: the child pays for it only here

    failed = failure_of(lambda: answer.append(function(*args)))
    if failed is None:
        return answer[0]
    if isinstance(failed, KnownError):
        return _Raised(failed, "")
    return _Raised(None, "".join(traceback.format_exception(failed)))


def _begin_child() -> None:
    """In the child, once: give way to the feeds, and die with the worker."""
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(10)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def die_with_parent() -> None:
        # Not PR_SET_PDEATHSIG: it fires when the parent's *thread* ends, and Linux alone has it.
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=die_with_parent, name="parent-watch", daemon=True).start()


class Computing:
    """The children of one worker. They are spawned at the first call."""

    def __init__(self, max_children: int) -> None:
        self.max_children = max_children
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._closed = False

    def run(
        self,
        function: Callable[..., T],
        *args: object,
        cancel: CancelToken,
        timeout_s: float | None = None,
        waiting: Callable[[], None] = lambda: None,
    ) -> T:
        """Call a picklable top-level function in a child and wait for its answer.

        timeout_s counts from when a child took it; `waiting` is called about once a second until then. Raises
        Cancelled (the child is killed), the function's KnownError, ChildTimedOut, ChildDied or ChildBug.
        """
        cancel.check()
        pool = self._living_pool()
        future = pool.schedule(_answer, args=(function, args), timeout=timeout_s)

        def kill() -> None:
            future.cancel()

        take_back = cancel.on_cancel(kill)
        try:
            while not wait([future], timeout=1.0).done and not future.done():
                waiting()
            answer = future.result(timeout=0)
        except CancelledError:
            cancel.check()
            raise
        except TimeoutError:
            raise ChildTimedOut(f"no answer within {timeout_s} s") from None
        except ProcessExpired as expired:
            raise ChildDied(expired.exitcode or -1) from None
        except BrokenProcessPool:
            self._drop(pool)
            raise ChildDied(-1) from None
        finally:
            take_back()
        if isinstance(answer, _Raised):
            if answer.known is not None:
                raise answer.known
            raise ChildBug(answer.text)
        return cast(T, answer)

    def close(self) -> None:
        """Kill the children and wait until they are gone. Cancel whoever waits for an answer first."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            _end(pool)

    def _living_pool(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise CancelledError("the computing children are closed")
            if self._pool is not None and not self._pool.active:
                # An idle child that died breaks the whole pool; nobody was waiting for it.
                _end(self._pool)
                self._pool = None
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self.max_children,
                    initializer=_begin_child,
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _drop(self, pool: ProcessPool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        _end(pool)


def _end(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()
