"""The sync bar: how far the files are on their way to object storage, with Pause and Sync now."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.process import Role
from core.store import processes, stations, uploads
from core.store.database import Writing
from core.upload import SyncSummary
from core.worker_process import start_worker
from gui import theme
from gui.background import run_in_background
from gui.jobs.jobs_panel import HEAD_PX
from gui.models.following import Following
from gui.station import Station
from gui.sync.elided import ElidedLabel
from gui.sync.pace import Pace
from gui.sync.saying import Saying, saying

_REST_MS = 250
_TICK_MS = 2000


@dataclass(frozen=True, slots=True)
class _Read:
    summary: SyncSummary
    worker_present: bool
    at_s: float


class SyncBar(QFrame):
    """Calm while offline; green only when every file that is to be sent is verified."""

    storage_wanted = Signal()
    """The operator wants Settings ▸ Storage."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._pace = Pace()
        self._paused = False
        self._worker_present = True
        self.setObjectName("syncBar")
        self.setAccessibleName("Sync")
        self.setFixedHeight(HEAD_PX)
        self._icon = QLabel(self)
        self.title, self.text = QLabel(self), ElidedLabel(self)
        theme.set_role(self.title, role="strong")
        theme.set_role(self.text, role="small")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.text)
        words.addStretch(1)
        self.mend = self._button("Storage settings…", self.storage_wanted.emit)
        theme.set_role(self.mend, role="primary")
        self.pause = self._button("Pause", self.pause_or_resume)
        self.now = self._button("Sync now", self.sync_now)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.space("m"), 0, theme.space("m"), 0)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self._icon)
        layout.addLayout(words, 1)
        for button in (self.mend, self.pause, self.now):
            layout.addWidget(button)
        self.said: Saying | None = None
        self._follow = Following(station, self, self._read, self._show, rest_ms=_REST_MS, tick_ms=_TICK_MS)
        theme.changed.connect(self._paint_icon)
        self._show(_Read(SyncSummary(0, 0, 0, 0, 0, 0, 0, False), True, time.monotonic()))

    def pause_or_resume(self) -> None:
        paused = not self._paused
        self._write(lambda tx: stations.set_sync_paused(tx, paused))

    def sync_now(self) -> None:
        """Ask the worker to try everything at once, and start it if it is not running; ends a pause."""

        def wake(tx: Writing) -> None:
            stations.set_sync_paused(tx, False)
            stations.wake(tx)

        self._write(wake)
        if not self._worker_present:
            folder = self._station.folder
            run_in_background(lambda: start_worker(folder), parent=self)

    def _write(self, change: Callable[[Writing], object]) -> None:
        database = self._station.database

        def work() -> None:
            with database.write() as tx:
                change(tx)

        run_in_background(work, then=lambda _: self._follow.ask(), parent=self)

    def _read(self) -> _Read:
        with self._station.database.read() as tx:
            present = bool(processes.running(tx, Role.WORKER, time.time_ns()))
            return _Read(uploads.summary(tx), present, time.monotonic())

    def _show(self, read: _Read) -> None:
        summary = read.summary
        self._pace.add(read.at_s, summary.verified_bytes)
        self._paused, self._worker_present = summary.paused, read.worker_present
        now = saying(summary, self._pace.bytes_a_second(), worker_present=read.worker_present)
        self.pause.setText("Resume" if summary.paused else "Pause")
        theme.set_icon(self.pause, "play" if summary.paused else "pause")
        self.now.setEnabled(summary.waiting + summary.blocked > 0)
        if now == self.said:
            return
        before, self.said = self.said, now
        self.title.setText(now.title)
        self.text.set_text(now.text)
        self.setAccessibleDescription(f"{now.title}. {now.text}")
        self.mend.setVisible(now.needs_settings)
        self.now.setVisible(not now.needs_settings)
        theme.set_role(self.title, level=now.level, role="title" if now.level == "ok" else "strong")
        if before is None or (before.icon, before.level) != (now.icon, now.level):
            self._paint_icon()

    def _paint_icon(self) -> None:
        if self.said is None:
            return
        token = {"ok": "ok", "bad": "bad", "warn": "warn", "info": "accent"}.get(self.said.level, "muted")
        self._icon.setPixmap(theme.icon(self.said.icon, token).pixmap(QSize(28, 28)))

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the page
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: do())
        return button
