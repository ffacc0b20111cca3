"""The bar at the top: the session that new work belongs to, the disk's warning, and the worker's state with Start."""

import time
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from core.disk import DiskState, DiskWatch, warning
from core.errors import KnownError
from core.process import Role
from core.session import Session
from core.store import processes, sessions
from core.worker_process import start_worker
from gui import theme
from gui.background import run_in_background, write_in_background
from gui.errors import show_failure
from gui.models.following import Following
from gui.restarts import Restarts
from gui.station import Station
from gui.toast import show_notice

_MANAGE = "manage"
_STARTING_S = 15.0


@dataclass(frozen=True, slots=True)
class TopState:
    sessions: tuple[Session, ...]
    worker_present: bool
    worker_died: bool
    """It is absent, and did not leave in good order."""
    disk: DiskState


class TopBar(QFrame):
    """Reads its state itself; asks the main window only for the Sessions page. tools: the wall's, shown with it."""

    sessions_wanted = Signal()

    def __init__(self, station: Station, tools: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._disk = DiskWatch(station.folder.root)
        self._asked_start_s: float | None = None
        self._restarts = Restarts()
        self._was_present = False
        self.setProperty("role", "bar")
        self.setProperty("edge", "top")
        self.setFixedHeight(theme.size("touch") + 2 * theme.space("s") + 4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.space("m"), theme.space("s"), theme.space("m"), theme.space("s"))
        label = QLabel("Session", self)
        label.setProperty("role", "muted")
        self.chooser = QComboBox(self)
        self.chooser.setMinimumWidth(180)
        self.chooser.setMaximumWidth(420)
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.setProperty("touch", "true")
        self.chooser.setAccessibleName("Session that new work belongs to")
        self.chooser.setToolTip("The session that new frames and clips belong to")
        self.chooser.activated.connect(self._chosen)
        label.setBuddy(self.chooser)
        self.disk_label = QLabel(self)
        self.worker_label = QLabel(self)
        self.start_button = QPushButton("Start", self)
        self.start_button.setAccessibleName("Start the worker")
        self.start_button.clicked.connect(self._start_by_hand)
        theme.set_icon(self.start_button, "play")
        layout.addWidget(label)
        layout.addWidget(self.chooser)
        layout.addSpacing(theme.space("m"))
        layout.addWidget(tools)
        layout.addStretch(1)
        layout.addWidget(self.disk_label)
        layout.addSpacing(theme.space("m"))
        layout.addWidget(self.worker_label)
        layout.addWidget(self.start_button)
        self._following = Following(station, self, self._read, self._show, rest_ms=1000, tick_ms=2000)

    def start_worker(self) -> None:
        """Start the worker; if another began meanwhile, the second leaves by itself."""
        self._asked_start_s = time.monotonic()
        self.start_button.setEnabled(False)
        folder = self._station.folder
        run_in_background(lambda: start_worker(folder), failed=self._not_started, parent=self)
        self._following.ask()

    def _start_by_hand(self) -> None:
        self._restarts.forget()
        self.start_worker()

    def start_worker_if_absent(self) -> None:
        """What the window does when it opens."""
        database = self._station.database

        def absent() -> bool:
            with database.read() as tx:
                return not processes.running(tx, Role.WORKER, time.time_ns())

        run_in_background(absent, then=lambda is_absent: self.start_worker() if is_absent else None, parent=self)

    def _restart(self) -> None:
        """The worker died under the window: nobody else has a hand free to start it."""
        if self._restarts.one_more(time.monotonic()):
            self.start_worker()
            show_notice(self, "The worker had died and is started again. What was saved is safe.", "warn")

    def _not_started(self, error: KnownError) -> None:
        self._asked_start_s = None
        show_failure(error, self)

    def _read(self) -> TopState:
        with self._station.database.read() as tx:
            present = bool(processes.running(tx, Role.WORKER, time.time_ns()))
            died = not present and bool(processes.every(tx, Role.WORKER))
            open_sessions = tuple(session for session in sessions.every(tx) if session.closed_at_ns is None)
        return TopState(open_sessions, present, died, self._disk.look(time.monotonic()))

    def _show(self, state: TopState) -> None:
        self._show_sessions(state.sessions)
        if state.worker_died and self._was_present and not self._is_starting():
            self._restart()
        starting = self._is_starting()
        if state.worker_present:
            self._asked_start_s = None
            self._was_present = True
            self._restarts.lives(time.monotonic())
            self._say_worker("● Worker running", "ok")
        elif starting:
            self._say_worker("● Worker is starting…", "info")
        else:
            self._say_worker("● Worker not running", "bad")
        self.start_button.setVisible(not state.worker_present)
        self.start_button.setEnabled(not starting)
        retention = self._station.settings.retention
        found = warning(state.disk, retention.low_disk_warn_hours, retention.min_free_bytes)
        self.disk_label.setVisible(found is not None)
        if found is not None:
            self.disk_label.setText(found[0])
            theme.set_role(self.disk_label, level=found[1])

    def _is_starting(self) -> bool:
        return self._asked_start_s is not None and time.monotonic() - self._asked_start_s < _STARTING_S

    def _say_worker(self, text: str, level: str) -> None:
        self.worker_label.setText(text)
        self.worker_label.setAccessibleName(text.removeprefix("● "))
        theme.set_role(self.worker_label, level=level)

    def _show_sessions(self, shown: tuple[Session, ...]) -> None:
        entries: list[tuple[str, str | None]] = [(session.label, session.id) for session in shown]
        current = next((session.id for session in shown if session.current), None)
        if current is None:
            entries.insert(0, ("No session", None))
        entries.append(("Manage sessions…", _MANAGE))
        now = [(self.chooser.itemText(n), self.chooser.itemData(n)) for n in range(self.chooser.count())]
        if now != entries and not self.chooser.view().isVisible():
            self.chooser.clear()
            for text, session_id in entries:
                self.chooser.addItem(text, session_id)
        at = self.chooser.findData(current) if current is not None else 0
        if not self.chooser.view().isVisible():
            self.chooser.setCurrentIndex(at)

    def _chosen(self, index: int) -> None:
        session_id = self.chooser.itemData(index)
        if session_id == _MANAGE:
            self._following.ask()
            self.sessions_wanted.emit()
        elif session_id is not None:
            write_in_background(
                self._station.database,
                lambda tx: sessions.switch(tx, session_id),
                then=lambda _: self._following.ask(),
                parent=self,
            )
