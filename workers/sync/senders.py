"""The sending threads: they wait on disk and network, and hand back what became of each upload; none touches a row."""

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.paths import DataFolder
from core.upload import Upload
from workers.supervision import failure_of
from workers.sync.object_store import Halted, ObjectStore, Sending
from workers.sync.pace import SharedPace
from workers.sync.proving import Proof, deliver

_KEPT_WITHIN_S = 5.0


@dataclass(eq=False, slots=True)
class Flight:
    """One attempt of one upload, under way."""

    upload: Upload
    correlation_id: str | None = None
    """Of the job that made its file, for the log."""
    sent_bytes: int = 0
    multipart: Mapping[str, object] | None = None
    told_bytes: int = 0
    """What its row says of sent_bytes."""
    touched_s: float = field(default_factory=time.monotonic)
    """When it last moved (monotonic)."""
    begun: bool = False
    off: bool = False
    """Nobody waits for it any more: its attempt is over, or it hung."""
    kept: threading.Event = field(default_factory=threading.Event)
    """Set by whoever writes rows once `multipart` is in the row."""


@dataclass(frozen=True, slots=True)
class Landed:
    flight: Flight
    proof: Proof | None
    failed: Exception | None


class Senders:
    """For one round with one store. `landed` gives results as they come, and None for news of a flight's multipart."""

    def __init__(
        self, store: ObjectStore, folder: DataFolder, pace: SharedPace, *, threads: int, read_back: bool
    ) -> None:
        self._store = store
        self._folder = folder
        self._pace = pace
        self._read_back = read_back
        self._todo: queue.SimpleQueue[Flight | None] = queue.SimpleQueue()
        self.landed: queue.SimpleQueue[Landed | None] = queue.SimpleQueue()
        self._threads = [
            # Daemons: one that hangs in the operating system must not keep the worker from leaving.
            threading.Thread(target=self._work, name=f"sender-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, upload: Upload) -> Flight:
        flight = Flight(upload, multipart=upload.multipart, told_bytes=upload.sent_bytes)
        flight.kept.set()
        self._todo.put(flight)
        return flight

    def end(self, within_s: float) -> bool:
        """No more flights come; False if a thread still hangs."""
        for _ in self._threads:
            self._todo.put(None)
        deadline_s = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (flight := self._todo.get()) is not None:
            proofs: list[Proof] = []
            failed = failure_of(lambda flight=flight, proofs=proofs: proofs.append(self._deliver(flight)))  # type: ignore[misc]
            self.landed.put(Landed(flight, proofs[0] if proofs else None, failed))

    def _deliver(self, flight: Flight) -> Proof:
        upload = flight.upload

        def pace(sent_bytes: int) -> None:
            if flight.off:
                raise Halted
            self._pace(sent_bytes)
            flight.touched_s = time.monotonic()
            flight.sent_bytes += sent_bytes

        def keep(sent_bytes: int, multipart: Mapping[str, object] | None) -> None:
            is_new = multipart is not None and multipart != flight.multipart
            flight.sent_bytes = sent_bytes
            flight.multipart = multipart
            if is_new:
                # In its row before the first part goes out: otherwise a crash would leave the parts to nobody.
                flight.kept.clear()
                self.landed.put(None)
                flight.kept.wait(_KEPT_WITHIN_S)

        flight.begun = True
        flight.touched_s = time.monotonic()
        pace(0)
        path = self._folder.absolute(upload.path)
        sending = Sending(
            path, upload.path, upload.path, upload.bytes, upload.sha256, upload.metadata, upload.multipart, keep, pace
        )
        return deliver(self._store, sending, read_back=self._read_back)
