"""The cameras' status rows: a change of state at once, the numbers now and then."""

from dataclasses import replace

from core.camera import CameraState, CameraStatus
from core.errors import CameraUnknown
from core.store import cameras
from core.store.database import Database
from workers.cameras.feeds import Feeds

_NUMBERS_EVERY_NS = 2_000_000_000


class StatusRows:
    """For one thread."""

    def __init__(self, database: Database, feeds: Feeds) -> None:
        self._database = database
        self._feeds = feeds
        self._written: dict[str, CameraStatus] = {}
        self._numbers_ns = 0

    def write(self, now_ns: int) -> None:
        """now_ns: monotonic. Raises DatabaseBusy."""
        statuses = self._feeds.statuses()
        numbers = now_ns - self._numbers_ns >= _NUMBERS_EVERY_NS
        if numbers:
            self._numbers_ns = now_ns
        self._report([status for status in statuses if numbers or self._is_news(status)])

    def write_ended(self) -> None:
        """The feeds have stopped: nothing is live any more. Raises DatabaseBusy."""
        gone = {"state": CameraState.OFFLINE, "reason": "The worker is not running", "fps": 0.0, "ring_s": 0.0}
        self._report([replace(status, **gone) for status in self._written.values()])  # type: ignore[arg-type]

    def _is_news(self, status: CameraStatus) -> bool:
        before = self._written.get(status.camera_id)
        return before is None or any(
            getattr(before, name) != getattr(status, name) for name in ("state", "reason", "hint", "epoch", "found")
        )

    def _report(self, statuses: list[CameraStatus]) -> None:
        if not statuses:
            return
        with self._database.write() as tx:
            for status in statuses:
                try:
                    cameras.report(tx, status)
                except CameraUnknown:
                    continue  # removed a moment ago
                self._written[status.camera_id] = status
