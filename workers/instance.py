"""One worker a data folder: the lock that it holds while it lives, and that nobody probes."""

from filelock import FileLock, Timeout

from core.errors import DataFolderUnwritable
from core.paths import DataFolder


class WorkerLock:
    """Held by the operating system: it is free the moment its process is gone, however that ended."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._lock = FileLock(folder.lock_file, thread_local=False)

    def take(self) -> bool:
        """True if it is ours now; False if another worker has it, and has it still a moment later.

        Raises DataFolderUnwritable.
        """
        try:
            # One that just left its row lets go of the lock within this time.
            self._lock.acquire(timeout=0.5)
        except Timeout:
            return False
        except PermissionError as refused:
            raise DataFolderUnwritable(folder=self._folder.root) from refused
        return True

    def release(self) -> None:
        self._lock.release()
