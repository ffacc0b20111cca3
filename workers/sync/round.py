"""One round of sending: one thread writes claims, results and progress in few transactions, while others send."""

import queue
import time
from collections.abc import Callable

from core import logs
from core.errors import FileGone, KnownError, StorageError, StorageMismatch, StorageUnreachable
from core.paths import DataFolder
from core.retry import backoff
from core.setting_sections import StorageSettings
from core.store import stations, uploads
from core.store.database import Database, Writing
from core.store.moves import StaleAttempt
from workers.supervision import report
from workers.sync.object_store import Halted, ObjectStore
from workers.sync.pace import SharedPace
from workers.sync.senders import Flight, Landed, Senders

_log = logs.get("sync")
_TICK_S = 0.1
_LOOK_S = 0.25
_PROGRESS_S = 0.5
_PROGRESS_BYTES = 1 << 20
_GATHER_S = 0.05
_QUEUED = 4
"""Uploads claimed ahead, a sender: a transaction for each would cost more than sending a small frame."""
_QUEUED_BYTES = 8 << 20
"""But no more than this: what is starred later shall not wait behind them for long."""
_FAILURES_ALLOWED = 3
_CUT_S = 1.0
_LEAVE_S = 5.0
_JOIN_S = 1.0


class Round:
    """From the first claim until nothing more may be sent, the store fails, or it is told to be over."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        store: ObjectStore,
        pace: SharedPace,
        storage: StorageSettings,
        worker_id: str,
        failures: dict[str, int],
        *,
        is_over: Callable[[], bool],
    ) -> None:
        self._database = database
        self._store = store
        self._pace = pace
        self._worker_id = worker_id
        self._failures = failures
        self._is_over = is_over
        self._stall_s = 4 * storage.timeout_s
        self._at_once = storage.concurrency
        self._senders = Senders(store, folder, pace, threads=storage.concurrency, read_back=storage.read_back)
        self._flights: dict[str, Flight] = {}
        self._lost: StorageError | None = None
        self._paused = False
        self._halted_s: float | None = None
        self._dry = False
        self._looked_s = self._told_s = time.monotonic()
        self._verified = 0

    def run(self) -> int:
        """How many were verified. Raises the StorageError that ended it, once all its rows wait again."""
        try:
            self._step([])
            while self._flights and not self._is_overdue():
                self._step(self._gather())
        finally:
            self._leave()
        if self._lost is not None:
            raise self._lost
        return self._verified

    def _gather(self) -> list[Landed]:
        """What has landed, waited for a little so that several share one transaction."""
        landed: list[Landed] = []
        until_s = time.monotonic() + _TICK_S
        enough = min(2 * self._at_once, len(self._flights))
        while len(landed) < 64:
            try:
                result = self._senders.landed.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                break
            if result is None:
                break
            if not landed:
                until_s = min(until_s, time.monotonic() + _GATHER_S)
            landed.append(result)
            if len(landed) >= enough and self._senders.landed.empty():
                break
        return landed

    def _step(self, landed: list[Landed]) -> None:
        now_s = time.monotonic()
        self._look(now_s)
        news = [flight for flight in self._flights.values() if self._has_news(flight, now_s)]
        queued = sum(not flight.begun for flight in self._flights.values())
        wants = 0 if self._dry or queued > self._at_once or not self._may_claim() else _QUEUED * self._at_once - queued
        if not landed and not news and wants <= 0:
            return
        with self._database.write() as tx:
            self._settle_proven(tx, landed)
            for result in landed:
                self._settle(tx, result)
            for flight in news:
                self._write_progress(tx, flight)
            self._claim(tx, wants)
        for result in landed:
            if self._flights.get(result.flight.upload.id) is result.flight:
                del self._flights[result.flight.upload.id]

    def _look(self, now_s: float) -> None:
        if self._lost is not None or self._paused or self._pace.halted or self._is_over():
            self._halt()
        if now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        with self._database.read() as tx:
            self._paused = stations.sync_paused(tx)
        # What was enqueued since the queue ran dry may be claimed in this round too.
        self._dry = False
        for flight in self._flights.values():
            if flight.begun and not flight.off and now_s - flight.touched_s > self._stall_s:
                # It hangs where no deadline reaches: leave it behind, whatever it comes to is not waited for.
                flight.off = True
                self._senders.landed.put(Landed(flight, None, StorageUnreachable(store=self._store.label)))

    def _may_claim(self) -> bool:
        return self._halted_s is None

    def _halt(self) -> None:
        if self._halted_s is None:
            self._halted_s = time.monotonic()
            self._pace.halt()

    def _is_overdue(self) -> bool:
        """Whether it was told to end a while ago; calls that wait for the other side are cut on the way."""
        if self._halted_s is None:
            return False
        over_s = time.monotonic() - self._halted_s
        if over_s > _CUT_S:
            self._store.interrupt()
        return over_s > _LEAVE_S

    def _claim(self, tx: Writing, wants: int) -> None:
        if wants <= 0 or not self._may_claim():
            return
        claimed = uploads.claim_many(tx, self._worker_id, wants, _QUEUED_BYTES)
        self._dry = not claimed
        requests = uploads.correlations(tx, [upload.id for upload in claimed])
        for upload in claimed:
            flight = self._flights[upload.id] = self._senders.take(upload)
            flight.correlation_id = requests.get(upload.id)

    def _has_news(self, flight: Flight, now_s: float) -> bool:
        if not flight.kept.is_set():
            return True
        moved = flight.sent_bytes - flight.told_bytes
        return abs(moved) >= _PROGRESS_BYTES and now_s - self._told_s >= _PROGRESS_S

    def _write_progress(self, tx: Writing, flight: Flight) -> None:
        self._told_s = time.monotonic()
        sent_bytes = min(flight.sent_bytes, flight.upload.bytes)
        try:
            uploads.sent(tx, flight.upload, sent_bytes, flight.multipart)
        except StaleAttempt:
            flight.off = True
        flight.told_bytes = sent_bytes
        flight.kept.set()

    def _settle_proven(self, tx: Writing, landed: list[Landed]) -> None:
        proven = [(result.flight, result.proof) for result in landed if result.proof and not result.flight.off]
        if not proven:
            return
        uploads.verified_many(tx, [(flight.upload, proof.etag, proof.how) for flight, proof in proven])
        self._verified += len(proven)
        for flight, proof in proven:
            about = {"upload_id": flight.upload.id, "correlation_id": flight.correlation_id}
            _log.info("verified", path=flight.upload.path, how=proof.how, **about)
            self._failures.pop(flight.upload.id, None)

    def _settle(self, tx: Writing, landed: Landed) -> None:
        upload, failed = landed.flight.upload, landed.failed
        if landed.proof is not None or self._flights.get(upload.id) is not landed.flight:
            return
        try:
            if isinstance(failed, Halted):
                uploads.wait(tx, upload, "")
            elif isinstance(failed, FileGone):
                uploads.block(tx, upload, failed.title)
            elif isinstance(failed, StorageError) and not isinstance(failed, StorageMismatch):
                self._lost = self._lost or failed
                self._halt()
                uploads.wait(tx, upload, failed.title)
            else:
                self._again(tx, landed)
        except StaleAttempt:
            _log.info("another attempt owns this upload", upload_id=upload.id)

    def _again(self, tx: Writing, landed: Landed) -> None:
        """Something is wrong with this one: a few more tries, further and further apart, then the operator is asked."""
        upload, failed = landed.flight.upload, landed.failed
        if failed is not None and not isinstance(failed, KnownError):
            report(f"sending {upload.path}", failed)
        said = (
            failed.title if isinstance(failed, KnownError) else "Sending it failed by a fault of the station; see Logs"
        )
        tries = self._failures[upload.id] = self._failures.get(upload.id, 0) + 1
        if tries >= _FAILURES_ALLOWED:
            uploads.block(tx, upload, f"{said} ({tries} times)")
            return
        waits = backoff(1.0, 30.0)
        wait_s = [next(waits) for _ in range(tries)][-1]
        uploads.wait(tx, upload, said, tx.now_ns + int(wait_s * 1e9))

    def _leave(self) -> None:
        """Whatever is still in flight (it is halted, or this thread failed) waits again."""
        if self._flights:
            self._halt()
            self._store.interrupt()
        ended = self._senders.end(_JOIN_S)
        if not ended:
            _log.info("a sending thread hangs and is left behind", store=self._store.label)
        if not self._flights:
            return
        with self._database.write() as tx:
            for flight in self._flights.values():
                flight.off = True
                try:
                    uploads.wait(tx, flight.upload, "")
                except StaleAttempt:
                    continue
