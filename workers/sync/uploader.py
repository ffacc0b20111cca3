"""The uploader: what waits in the outbox goes to the store whenever there is one, until it is proven there."""

import threading
import time
from collections.abc import Callable

from core import logs
from core.clock import Clock
from core.credentials import Credentials
from core.errors import StorageDenied, StorageError, StorageMissing, StorageUnreachable
from core.paths import DataFolder
from core.retry import backoff
from core.settings import Settings
from core.store import stations, uploads
from core.store.database import Database, Reading
from workers.sync.bounded import Bounded
from workers.sync.network import Network
from workers.sync.object_store import Halted, ObjectStore
from workers.sync.opening import StoreReport as StoreReport
from workers.sync.opening import open_store
from workers.sync.opening import test_store as test_store
from workers.sync.pace import SharedPace
from workers.sync.round import Round

_log = logs.get("sync")
_LOOK_S = 0.25
_IDLE_S = 2.0
"""Nothing to send, and nobody says that there is: only a wait that ran out is found by looking."""
_FIRST_S = 0.5


class Uploader:
    """One thread calls `run` (or, in tests, `run_once`); `change`, `wake` and `can_go_on` may be called from any."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        settings: Settings,
        credentials: Credentials,
        clock: Clock,
        worker_id: str,
        *,
        opener: Callable[[Settings, Credentials], ObjectStore] = open_store,
    ) -> None:
        self._database = database
        self._folder = folder
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        self._worker_id = worker_id
        self._opener = opener
        self._store: ObjectStore | None = None
        self._pace = SharedPace(settings.storage.bandwidth_limit_bytes_s)
        self._ensure = Bounded[None]("sync-ensure")
        self._failures: dict[str, int] = {}
        self._woken = threading.Event()
        self._changed = threading.Event()
        self._stuck = False
        self._refused = False
        """The store refused all of them, not a file of ours was missing."""
        self._wake_revision = self._served_revision = 0

    def change(self, settings: Settings) -> None:
        """Settings or credentials changed: what was blocked is tried again, with the new ones."""
        self._settings = settings
        self._changed.set()
        self._pace.halt()
        self._woken.set()

    def wake(self) -> None:
        """Look at once: something was enqueued, or the network may be back."""
        self._woken.set()

    def can_go_on(self, tx: Reading) -> bool:
        """Whether there is anything to send that the store, as far as is known, would take."""
        summary = uploads.summary(tx)
        if summary.sending:
            return True
        woken = self._changed.is_set() or stations.wake_revision(tx) != self._wake_revision
        return not summary.paused and (woken or not self._stuck) and summary.waiting > 0

    def run(self, stopping: threading.Event) -> None:
        """Send for ever. Offline is a state: it is told beside what waits, and sending goes on by itself."""
        self._pick_up()
        waits = None
        try:
            while not stopping.is_set():
                try:
                    if self.run_once(stopping) and self._refused:
                        self._unblock()
                    self._stuck, waits = False, None
                    if not stopping.is_set() and not self._changed.is_set():
                        self._serve(once_none_waits=True)
                except Halted:
                    continue
                except StorageError as failed:
                    self._tell(failed)
                    self._serve()
                    waits = waits or backoff(_FIRST_S, self._retry_cap_s())
                    self._wait_for_the_store(failed, next(waits), stopping)
                    continue
                self._woken.wait(_IDLE_S)
                self._woken.clear()
        finally:
            self.close()

    def run_once(self, stopping: threading.Event | None = None) -> bool:
        """Send all that may be sent now; True if anything was. Raises StorageError if the store can't be used."""
        self._take_changes()
        with self._database.read() as tx:
            if stations.sync_paused(tx) or not uploads.any_sendable(tx, self._clock.utc_ns()):
                return False
        store = self._opened()

        def is_over() -> bool:
            return self._changed.is_set() or (stopping is not None and stopping.is_set())

        self._ensure(store.ensure, timeout_s=4 * self._settings.storage.timeout_s, store=store, is_over=is_over)
        self._pace.set_limit(self._settings.storage.bandwidth_limit_bytes_s)
        self._pace.resume()
        round_ = Round(
            self._database,
            self._folder,
            store,
            self._pace,
            self._settings.storage,
            self._worker_id,
            self._failures,
            is_over=is_over,
        )
        return round_.run() > 0

    def _pick_up(self) -> None:
        """Nothing is in flight yet, whatever the rows say; and what was blocked may have been mended meanwhile."""
        with self._database.write() as tx:
            uploads.release(tx, "")
            uploads.unblock_all(tx)
            uploads.hurry(tx)
            self._wake_revision = stations.wake_revision(tx)

    def _take_changes(self) -> None:
        with self._database.read() as tx:
            wake_revision = stations.wake_revision(tx)
        if not self._changed.is_set() and wake_revision == self._wake_revision:
            return
        if self._changed.is_set():
            self._changed.clear()
            self.close()
        with self._database.write() as tx:
            uploads.unblock_all(tx)
            uploads.hurry(tx)
        self._wake_revision = wake_revision
        self._stuck = False
        self._failures.clear()

    def _unblock(self) -> None:
        """The store takes files again, mended by somebody who did not tell us."""
        self._refused = False
        with self._database.write() as tx:
            uploads.unblock_all(tx)

    def _serve(self, *, once_none_waits: bool = False) -> None:
        """Tell who asked to sync now that all was sent or tried; with a file that is to be tried again, not yet."""
        if self._served_revision == self._wake_revision:
            return
        with self._database.write() as tx:
            if once_none_waits and not stations.sync_paused(tx) and uploads.next_due_ns(tx) is not None:
                return
            stations.set_wake_served(tx, self._wake_revision)
        self._served_revision = self._wake_revision

    def _opened(self) -> ObjectStore:
        if self._store is None:
            self._store = self._opener(self._settings, self._credentials)
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _retry_cap_s(self) -> float:
        return self._store.retry_cap_s if self._store is not None else 30.0

    def _tell(self, failed: StorageError) -> None:
        """Write the reason beside what waits; what needs the operator is blocked."""
        self._stuck = True
        with self._database.read() as tx:
            told = uploads.summary(tx).reason == failed.title
        needs_operator = self._refused = isinstance(failed, StorageDenied | StorageMissing)
        if told and not needs_operator:
            return
        with self._database.write() as tx:
            if needs_operator:
                uploads.block_waiting(tx, failed.title)
            elif (upload := uploads.claim_next(tx, self._worker_id)) is not None:
                uploads.wait(tx, upload, failed.title)
        _log.info(failed.title, hint=failed.hint, blocked=needs_operator)

    def _wait_for_the_store(self, failed: StorageError, seconds: float, stopping: threading.Event) -> None:
        """Until it is time to try again, the operator or the network says so, or the worker leaves."""
        until_s = time.monotonic() + seconds
        network = Network()
        while not stopping.is_set():
            self._woken.wait(_LOOK_S)
            self._woken.clear()
            with self._database.read() as tx:
                woken = stations.wake_revision(tx) != self._wake_revision or self._changed.is_set()
                waiting = uploads.summary(tx).waiting > 0
            came_back = isinstance(failed, StorageUnreachable) and (time.monotonic() >= until_s or network.came_back())
            fresh = isinstance(failed, StorageDenied | StorageMissing) and waiting and time.monotonic() >= until_s
            if woken or came_back or fresh:
                return
