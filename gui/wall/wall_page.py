"""The wall page: the tiles, and the way from a key stroke to a queued job and back to a notice."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.capture import CaptureMode, Metadata
from core.errors import KnownError
from core.job import Job
from core.store import jobs
from core.store.database import Writing
from core.worker_process import start_worker
from gui.background import Refresh, run_in_background, write_in_background
from gui.models.following import Following
from gui.station import Station
from gui.toast import show_notice
from gui.wall.capture_bar import MODE_KEYS, CaptureBar
from gui.wall.details import DetailsDialog
from gui.wall.press import Press, enqueue_press, take_press
from gui.wall.wall_state import EndedPress, WallState, read_wall, told, words_of
from gui.wall.wall_tools import WallTools
from gui.wall.wall_view import GRIDS, WallView

_TOLD_KEPT = 100


class WallPage(QWidget):
    """Owns the presses of this window whose end it still has to tell."""

    no_cameras = Signal(bool)
    """Whether there is no camera to show."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._watched: dict[str, Press] = {}
        self._told: deque[str] = deque(maxlen=_TOLD_KEPT)
        self._labels: Mapping[str, str] = {}
        self._boxed: frozenset[str] = frozenset()
        """Cameras with a pit box."""
        self._state: WallState | None = None
        self._metadata = Metadata()
        self.tools = WallTools(self)
        """Shown in the top bar while this page is."""
        self.view = WallView(station.folder, self)
        self.capture_bar = CaptureBar(self, post_roll_s=station.settings.capture.post_roll_s)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.capture_bar)
        self.view.shown_changed.connect(self._say_targets)
        self.capture_bar.captured.connect(self.press)
        self.capture_bar.left.connect(self.view.setFocus)
        self.tools.grid_wanted.connect(self.view.set_grid)
        self.tools.page_wanted.connect(self.view.turn)
        self.capture_bar.nothing_chosen.connect(self.view.choose_none)
        self.capture_bar.mode_chosen.connect(self._say_targets)
        self.capture_bar.stop_wanted.connect(self.stop)
        self.tools.details_wanted.connect(self._edit_details)
        self._keys()
        self._following = Following(station, self, self._read, self._show, rest_ms=250, tick_ms=3000)
        self._refresh = Refresh(self._read, self._show, self)

    @property
    def state(self) -> WallState | None:
        """What was read last."""
        return self._state

    def press(self) -> None:
        """Capture what is on screen, now. Returns before anything is written."""
        targets = self._targets()
        if not targets:
            return
        pictures = {camera: p for camera in targets if (p := self.view.picture_of(camera)) is not None}
        bar = self.capture_bar
        self._send(take_press(time.time_ns(), bar.mode, targets, pictures, bar.parameters(), self._metadata))

    def stop(self) -> None:
        """End the captures that go on until they are stopped. What they saved stays."""
        ids = [job.id for job in self._state.running] if self._state else []

        def cancel(tx: Writing) -> None:
            for job_id in ids:
                jobs.cancel(tx, job_id)

        write_in_background(self._station.database, cancel, parent=self)

    def window_state(self) -> dict[str, Any]:
        """What window.json keeps of this page."""
        return {"grid": self.view.grid, "grid_chosen": self.tools.grid_was_chosen, "capture": self.capture_bar.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("grid") in GRIDS and state.get("grid_chosen") is True:
            self.tools.choose_grid(state["grid"])
        if isinstance(state.get("capture"), dict):
            self.capture_bar.restore(state["capture"])

    def look_for_cameras(self) -> None:
        """Read although the wall is hidden: the page that stands in for it waits for a first camera."""
        if not self.isVisible() and not (self._state and self._state.cameras):
            self._refresh.ask()

    def close_eyes(self) -> None:
        self.view.close_eyes()

    # Presses

    def tells(self, job_id: str) -> bool:
        """Whether the operator learns here how this press ended: not of one that ends while nobody sees the wall."""
        seen = self.isVisible() and not self.window().isMinimized()
        return job_id in self._told or (seen and job_id in self._watched)

    def _send(self, press: Press) -> None:
        for camera in press.cameras:
            self.view.tile(camera).flash()
        database, settings = self._station.database, self._station.settings
        run_in_background(
            lambda: enqueue_press(database, settings, press),
            then=lambda job: self._queued(job, press),
            failed=lambda error: self._not_queued(error, press),
            parent=self,
        )

    def _queued(self, job: Job, press: Press) -> None:
        self._watched[job.id] = press
        self._following.ask()
        if self._state is not None and not self._state.worker_present:
            folder = self._station.folder
            show_notice(
                self,
                "The press is queued, but the worker is not running, so no frame is taken.",
                "warn",
                ("Start the worker", lambda: run_in_background(lambda: start_worker(folder), parent=self)),
            )

    def _not_queued(self, error: KnownError, press: Press) -> None:
        show_notice(
            self, f"The press was not queued. {error}. {error.hint}", "bad", ("Try again", lambda: self._send(press))
        )

    def _tell(self, ended: EndedPress, press: Press) -> None:
        text, level, gone = told(ended, self._labels)
        again: tuple[str, Callable[[], None]] | None = None
        if gone:
            now = Press(0, press.mode, gone, {}, press.parameters, press.metadata)
            again = ("Capture now", lambda: self._send(now.at(time.time_ns())))
        show_notice(self, text, level, again)

    # Showing

    def _read(self) -> WallState:
        return read_wall(self._station.database, tuple(self._watched), time.time_ns())

    def _show(self, state: WallState) -> None:
        self._state = state
        self._labels = {camera.id: camera.label for camera in state.cameras}
        self._boxed = frozenset(camera.id for camera in state.cameras if camera.pit_box is not None)
        self.tools.fit_grid(len(state.cameras))
        self.view.show_cameras(
            [
                (
                    camera.id,
                    words_of(
                        camera,
                        state.statuses.get(camera.id),
                        state.worker_present,
                        number,
                        state.stops.get(camera.id, ""),
                    ),
                )
                for number, camera in enumerate(state.cameras, 1)
            ]
        )
        self.capture_bar.show_running(state.running)
        self._say_targets()
        for ended in state.ended:
            press = self._watched.pop(ended.job.id, None)
            if press is not None:  # another reading may have brought it already
                self._told.append(ended.job.id)
                self._tell(ended, press)
        self.no_cameras.emit(not state.cameras)

    def _targets(self) -> list[str]:
        """What a press captures: the chosen cameras; of those, where events are wanted, the ones with a pit box."""
        watches = self.capture_bar.mode is CaptureMode.EVENT_DRIVEN
        return [camera for camera in self.view.targets if not watches or camera in self._boxed]

    def _say_targets(self) -> None:
        view, bar = self.view, self.capture_bar
        bar.show_watchable(not self._boxed.isdisjoint(view.targets))
        bar.show_target([self._labels.get(c, c) for c in self._targets()], bool(view.chosen))
        self.tools.show_page(view.page, view.pages)

    def _edit_details(self) -> None:
        dialog = DetailsDialog(self._metadata, self)

        def use() -> None:
            self._metadata = dialog.metadata()
            self.tools.show_details(self._metadata != Metadata())

        dialog.accepted.connect(use)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # Keys

    def _keys(self) -> None:
        self._key("Space", self.press)
        self._key("Escape", self._back)
        self._key("PgDown", lambda: self.view.turn(1))
        self._key("PgUp", lambda: self.view.turn(-1))
        for number in range(1, 10):
            self._key(str(number), partial(self.view.toggle_number, number))
        for mode, key in MODE_KEYS.items():
            self._key(key, partial(self.capture_bar.set_mode, mode))

    def _key(self, key: str, do: Callable[[], object]) -> None:
        # Of the whole window, for as long as this page is the one that is seen; fields that type keep their keys.
        shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WindowShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(do)

    def _back(self) -> None:
        if self.view.alone is not None:
            self.view.show_alone(None)
        else:
            self.view.choose_none()
