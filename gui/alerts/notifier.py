"""Notifications: the desktop's where there are any, else in the window; of failures, ended batches and alerts."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from core.alert import Alert
from core.job import Job, JobState
from core.settings import Settings
from core.store import alerts, cameras, job_starts, jobs, stations
from core.store.database import Reading
from gui import theme
from gui.alerts.alert_words import KINDS
from gui.background import Refresh
from gui.errors import show_failure
from gui.jobs.reading import said_of, summary_text, title
from gui.station import Station
from gui.toast import Level, show_notice

_REST_MS = 500
_AT_ONCE = 500
_TOLD_KEPT = 2000
_SINGLY_MOST = 3
"""More than so many jobs at once are told in one sentence."""
_SHOWN_MS = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    text: str
    level: Level


@dataclass(frozen=True, slots=True)
class Happened:
    """What ended and what was raised since the last look."""

    revision: int
    jobs: tuple[tuple[Job, Told], ...] = ()
    alerts: tuple[Alert, ...] = ()


class Notifier(QObject):
    """Tells what happens from now on. In race mode it keeps still: the panel and the alert bar say it all."""

    pressed = Signal()
    """The operator pressed a notification of the desktop."""

    def __init__(self, station: Station, window: QWidget) -> None:
        super().__init__(window)
        self._station, self._window = station, window
        self._revision: int | None = None
        self._ended_at_ns: dict[str, int | None] = {}
        self.told_elsewhere: Callable[[str], bool] = lambda job_id: False
        """Whether the operator sees by other means how this job ended."""
        self._tray: QSystemTrayIcon | None = None
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._tray = QSystemTrayIcon(theme.app_icon(), self)
            self._tray.setToolTip("TrackShift Station")
            self._tray.activated.connect(lambda _: self.pressed.emit())
            self._tray.messageClicked.connect(self.pressed)
            self._tray.show()
        self._refresh = Refresh(self._read, self._show, self, failed=lambda error: show_failure(error, window))
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._refresh.ask)
        station.changed.connect(self._changed)
        self._refresh.ask()

    def tell(self, told: Told) -> None:
        """Show one notification."""
        if self._tray is not None:
            icon = QSystemTrayIcon.MessageIcon
            kind = {"bad": icon.Critical, "warn": icon.Warning}.get(told.level, icon.Information)
            self._tray.showMessage(told.title, told.text, kind, _SHOWN_MS)
        else:
            show_notice(self._window, f"{told.title}. {told.text}".strip(), told.level)

    def _changed(self) -> None:
        if not self._rest.isActive():
            self._rest.start()

    def _read(self) -> Happened:
        since = self._revision
        with self._station.database.read() as tx:
            newest = stations.revision(tx)
            if since is None:
                return Happened(newest)
            ended: dict[str, Job] = {}
            seen = since
            while found := jobs.changed(tx, revision=seen, limit=_AT_ONCE):
                seen = found[-1].revision
                ended |= {job.id: job for job in found if _is_told(job, self._station.settings)}
            return Happened(newest, _told(tx, list(ended.values())), tuple(alerts.changed(tx, revision=since)))

    def _show(self, happened: Happened) -> None:
        self._revision = happened.revision
        # A job that ended may change once more without ending again.
        new = [
            told
            for job, told in happened.jobs
            if self._ended_at_ns.get(job.id) != job.completed_at_ns and not self.told_elsewhere(job.id)
        ]
        self._ended_at_ns |= {job.id: job.completed_at_ns for job, _ in happened.jobs}
        while len(self._ended_at_ns) > _TOLD_KEPT:
            del self._ended_at_ns[next(iter(self._ended_at_ns))]
        if self._station.settings.station.race_mode:
            return
        for told in together(new):
            self.tell(told)
        for alert in happened.alerts:
            if alert.cleared_at_ns is None:
                self.tell(Told(KINDS[alert.kind], alert.message, "warn"))


def together(new: list[Told]) -> list[Told]:
    """At most a few: a flood of failures is one sentence."""
    if len(new) <= _SINGLY_MOST:
        return new
    bad = sum(told.level != "ok" for told in new)
    said = f"{bad:,} with failures. Open Jobs to see which." if bad else "All of them are done."
    return [Told(f"{len(new):,} jobs ended", said, "bad" if bad else "ok")]


def _is_told(job: Job, settings: Settings) -> bool:
    """Failures and ends of batches always; a batch speaks for its jobs; other completions where they are wished."""
    if job.batch_id is not None or job.completed_at_ns is None or job.state is JobState.CANCELLED:
        return False
    return job.is_batch or job.state is JobState.FAILED or settings.station.notify_completions


def _told(tx: Reading, ended: list[Job]) -> tuple[tuple[Job, Told], ...]:
    if not ended:
        return ()
    labels = {camera.id: camera.label for camera in cameras.every(tx)}
    counts = job_starts.child_counts(tx, [job.id for job in ended if job.is_batch])
    told = []
    for job in ended:
        said, _ = said_of(job, counts.get(job.id, {}))
        failed = job.state is JobState.FAILED or counts.get(job.id, {}).get(JobState.FAILED, 0) > 0
        if job.is_batch:
            text = said
        else:
            text = job.error.message if job.error and failed else summary_text(job)
        ending = "failed" if job.state is JobState.FAILED else "ended" if job.is_batch else "is done"
        told.append((job, Told(f"{title(job, labels)} {ending}", text, "bad" if failed else "ok")))
    return tuple(told)
