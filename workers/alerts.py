"""The alerts' watch: cameras lost, disk low, uploads or analyses blocked, clock stepped: told as it begins and ends."""

import shutil
import time
from collections.abc import Callable, Iterable

from core import logs
from core.alert import AlertKind
from core.camera import CameraState, CameraStatus
from core.clock import Clock
from core.disk import DiskWatch, warning
from core.paths import DataFolder
from core.settings import Settings
from core.store import alerts, run_waiting, uploads
from core.store.database import Database

_log = logs.get("alerts")
EVERY_S = 1.0
_LOST_NS = 5_000_000_000
_STEP_NS = 1_000_000_000
_STEP_SHOWN_NS = 600_000_000_000
_Told = tuple[str, str]
"""(message, hint)."""


def elapsed_ns() -> int:
    """Nanoseconds that passed for the machine, asleep or awake; nothing sets this clock."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


class Alerts:
    """`step` looks once, and writes only what began or ended since. For one thread."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        settings: Settings,
        statuses: Callable[[], list[CameraStatus]],
        clock: Clock,
        *,
        free_bytes: Callable[[], int] | None = None,
        elapsed: Callable[[], int] = elapsed_ns,
    ) -> None:
        self.settings = settings
        self._database = database
        self._statuses = statuses
        self._clock = clock
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(folder.root).free)
        self._elapsed = elapsed
        self._raised: set[tuple[AlertKind, str]] | None = None
        self._live: set[str] = set()
        self._lost_since_ns: dict[str, int] = {}
        self._watch = DiskWatch(folder.root)
        self._offset_ns: int | None = None
        self._stepped: tuple[int, _Told] | None = None

    def step(self) -> None:
        """Raises DatabaseBusy, OSError if the disk can't be asked."""
        if self._raised is None:
            with self._database.read() as tx:
                self._raised = {(alert.kind, alert.subject) for alert in alerts.raised(tx)}
        now_ns = self._elapsed()
        holds: dict[tuple[AlertKind, str], _Told] = {}
        holds |= {(AlertKind.CAMERA_LOST, id): told for id, told in self._cameras(self._statuses(), now_ns)}
        for kind, told in (
            (AlertKind.DISK_LOW, self._disk(now_ns)),
            (AlertKind.UPLOAD_BLOCKED, self._uploads()),
            (AlertKind.CLOCK_STEPPED, self._clock_steps(now_ns)),
            (AlertKind.ANALYSIS_BLOCKED, self._analyses()),
        ):
            if told is not None:
                holds[kind, ""] = told
        begun, over = holds.keys() - self._raised, self._raised - holds.keys()
        if not begun and not over:
            return
        with self._database.write() as tx:
            for kind, subject in sorted(over):
                alerts.clear(tx, kind, subject)
            for kind, subject in sorted(begun):
                alerts.raise_alert(tx, kind, subject, *holds[kind, subject])
        self._raised = set(holds)
        for kind, subject in sorted(begun):
            _log.info(f"alert: {holds[kind, subject][0]}", alert=str(kind), subject=subject)
        for kind, subject in sorted(over):
            _log.info("alert is over", alert=str(kind), subject=subject)

    def _cameras(self, statuses: list[CameraStatus], now_ns: int) -> Iterable[tuple[str, _Told]]:
        there = {status.camera_id for status in statuses}
        # Lost in a former life of the worker: it is still, until it is live or taken away.
        self._live |= {id for kind, id in self._raised or () if kind is AlertKind.CAMERA_LOST}
        self._live &= there
        for status in statuses:
            id = status.camera_id
            if status.state is CameraState.LIVE:
                self._live.add(id)
                self._lost_since_ns.pop(id, None)
            elif id in self._live:
                since_ns = self._lost_since_ns.setdefault(id, now_ns)
                if (AlertKind.CAMERA_LOST, id) in (self._raised or ()) or now_ns - since_ns >= _LOST_NS:
                    hint = status.hint or "Check its power and its cable; the station goes on trying."
                    yield id, (f"{id} is lost: {status.reason or status.state}", hint)

    def _disk(self, now_ns: int) -> _Told | None:
        state, retention = self._watch.take(now_ns / 1e9, self._free_bytes()), self.settings.retention
        found = warning(state, retention.low_disk_warn_hours, retention.min_free_bytes)
        hint = "Free some space, or let the uploads finish and remove what is verified."
        return (found[0], hint) if found else None

    def _uploads(self) -> _Told | None:
        with self._database.read() as tx:
            summary = uploads.summary(tx)
        if not summary.blocked:
            return None
        files = "1 file waits" if summary.blocked == 1 else f"{summary.blocked} files wait"
        why = f": {summary.reason}" if summary.reason else ""
        return (
            f"Uploads are blocked, {files} for you{why}",
            "Open Settings ▸ Storage, put it right and press Try again.",
        )

    def _analyses(self) -> _Told | None:
        with self._database.read() as tx:
            needy = run_waiting.that_need_operator(tx)
        if not needy:
            return None
        others = f" and {len(needy) - 1} more" if len(needy) > 1 else ""
        return f"The run {needy[0].name}{others} waits for you: {needy[0].message}", needy[0].hint

    def _clock_steps(self, now_ns: int) -> _Told | None:
        offset_ns = self._clock.utc_ns() - now_ns
        step_ns = 0 if self._offset_ns is None else offset_ns - self._offset_ns
        self._offset_ns = offset_ns
        if abs(step_ns) >= _STEP_NS:
            way = "forward" if step_ns > 0 else "back"
            message = f"This computer's clock was set {way} by {abs(step_ns) / 1e9:.1f} s"
            hint = "Times before and after it do not compare; let the computer keep its time by NTP or PTP."
            self._stepped = (now_ns, (message, hint))
        if self._stepped is None or now_ns - self._stepped[0] > _STEP_SHOWN_NS:
            return None
        return self._stepped[1]
