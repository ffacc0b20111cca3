"""One worker a data folder: the lock that it holds while it lives, and that nobody probes."""

from filelock import FileLock, Timeout

from core.paths import DataFolder


class WorkerLock:
    """Held by the operating system: it is free the moment its process is gone, however that ended."""

    def __init__(self, folder: DataFolder) -> None:
        self._lock = FileLock(folder.lock_file, thread_local=False)

    def take(self) -> bool:
        """True if it is ours now; False if another worker has it, and has it still a moment later."""
        try:
            # One that just left its row lets go of the lock within this time.
            self._lock.acquire(timeout=0.5)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()
