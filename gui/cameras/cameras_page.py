"""The Cameras page: every configured camera with what its feed says, and the way to add, change and remove one."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QMessageBox,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.camera import Camera, CameraStatus
from core.store import cameras
from gui import theme
from gui.background import run_in_background
from gui.cameras.camera_dialog import CameraDialog
from gui.cameras.camera_test import text_of
from gui.cameras.entry import remove
from gui.cameras.pit_box_dialog import PitBoxDialog
from gui.controls import WITHIN, on_keys, push_button
from gui.models.following import Following
from gui.page_layout import line_of, page_title
from gui.station import Station
from gui.table_look import chosen_row, look_of_rows
from gui.toast import show_notice
from gui.wall.tile_words import STATE_COLOUR

_COLUMNS = ("Camera", "State", "Video", "Pit box", "Address")


@dataclass(frozen=True, slots=True)
class Listed:
    camera: Camera
    status: CameraStatus | None


class CamerasPage(QWidget):
    """Re-reads the store; the table holds no truth."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._listed: tuple[Listed, ...] = ()
        self.add_button = push_button("Add a camera", self.add, self, icon="plus", role="primary")
        self.change_button = push_button("Change", self.change, self, icon="edit")
        self.box_button = push_button("Pit box", self.draw_box, self, icon="stops")
        self.box_button.setToolTip("Draw the box in which its stops are timed (B)")
        self.remove_button = push_button("Remove", self.remove, self, icon="trash", role="danger")
        buttons = (self.box_button, self.change_button, self.remove_button, self.add_button)
        head = line_of(page_title("Cameras", self), right=buttons)
        self.table = QTableWidget(0, len(_COLUMNS), self)
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        header = look_of_rows(self.table, "Configured cameras")
        self.table.setWordWrap(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._offer)
        self.table.doubleClicked.connect(self.change)
        empty = QLabel("No cameras yet. Add one with its RTSP URL, which the camera's manual names.", self)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setProperty("role", "muted")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("l"),) * 4)
        layout.addLayout(head)
        layout.addLayout(self._stack, 1)
        acts = (("Ctrl+N", self.add), ("Return", self.change), ("B", self.draw_box), ("Delete", self.remove))
        on_keys(self, acts, WITHIN)
        self.setFocusProxy(self.table)
        self._following = Following(station, self, self._read, self._show, rest_ms=250)
        self._offer()

    def add(self) -> CameraDialog:
        return self._open(None)

    def change(self) -> CameraDialog | None:
        chosen = self._chosen()
        return self._open(chosen.camera) if chosen else None

    def draw_box(self, camera_id: str | None = None) -> PitBoxDialog | None:
        """The dialog that draws the pit box of this camera, or of the chosen one."""
        chosen = next((one for one in self._listed if one.camera.id == camera_id), None) or self._chosen()
        if chosen is None:
            return None
        dialog = PitBoxDialog(self._station, chosen.camera, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.stored.connect(lambda _: self._following.ask())
        dialog.open()
        return dialog

    def remove(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Remove a camera")
        box.setText(f"Remove {chosen.camera.label}?")
        box.setInformativeText("Its password is forgotten. Its frames and clips stay in the library.")
        yes = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        theme.set_role(yes, role="danger")
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        station, camera = self._station, chosen.camera
        yes.clicked.connect(
            lambda: run_in_background(
                lambda: remove(station.database, station.credentials, camera.id),
                then=lambda _: show_notice(self, f"{camera.label} was removed.", "info"),
                parent=self,
            )
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def _open(self, camera: Camera | None) -> CameraDialog:
        taken = frozenset(one.camera.id.lower() for one in self._listed if camera is None or one.camera.id != camera.id)
        dialog = CameraDialog(self._station, camera, taken, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.stored.connect(lambda _: self._following.ask())
        dialog.open()
        return dialog

    def _chosen(self) -> Listed | None:
        row = chosen_row(self.table)
        return self._listed[row] if row is not None and row < len(self._listed) else None

    def _offer(self) -> None:
        for button in (self.box_button, self.change_button, self.remove_button):
            button.setEnabled(self._chosen() is not None)

    def _read(self) -> tuple[Listed, ...]:
        with self._station.database.read() as tx:
            statuses = {status.camera_id: status for status in cameras.statuses(tx)}
            return tuple(Listed(camera, statuses.get(camera.id)) for camera in cameras.every(tx))

    def _show(self, listed: tuple[Listed, ...]) -> None:
        if listed == self._listed and self.table.rowCount() == len(listed):
            return
        self._listed = listed
        self.table.setRowCount(len(listed))
        for row, one in enumerate(listed):
            for column, (text, token) in enumerate(_cells(one)):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.table.setItem(row, column, item)
                item.setText(text)
                item.setToolTip(text)
                item.setForeground(theme.colour(token))
        self._stack.setCurrentIndex(0 if listed else 1)
        self._offer()


def _cells(one: Listed) -> list[tuple[str, str]]:
    camera, status = one.camera, one.status
    name = camera.label if camera.label == camera.id else f"{camera.label} ({camera.id})"
    where = f"{name} · {camera.location}" if camera.location else name
    if not camera.enabled:
        state, token = "switched off", "muted"
    elif status is None:
        state, token = "not seen yet", "muted"
    else:
        state = f"{status.state.value}: {status.reason}" if status.reason else status.state.value
        token = STATE_COLOUR[status.state]
    video = text_of(status.found) if status and status.found else ""
    box = f"{len(camera.pit_box)} corners" if camera.pit_box else "none"
    return [
        (where, "ink"),
        (state, token),
        (video, "ink"),
        (box, "ink" if camera.pit_box else "muted"),
        (camera.url, "muted"),
    ]
