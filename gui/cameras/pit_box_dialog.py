"""The dialog in which a camera's pit box is drawn on its picture, live where there is one."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.camera import Camera
from core.errors import KnownError
from core.store import cameras, frames
from core.store.frames import FrameFilter
from gui import theme
from gui.background import run_in_background, write_in_background
from gui.cameras.box_canvas import BoxCanvas
from gui.cameras.box_drawing import BoxDrawing
from gui.errors import told
from gui.library.thumbnails import picture
from gui.station import Station
from gui.wall.eye import Eye

_LOOK_MS = 100
_WISH_EVERY = 10
"""Looks from one wish to the next."""
_WANTED_PX = (1280, 720)
_HOW = (
    "Click the corners of the box on the ground where the car is served; drag a corner to move it, click an edge to "
    "add one. Keys: Space next corner, arrows move it, Insert adds, Delete takes away, Ctrl+Z undoes."
)


class PitBoxDialog(QDialog):
    """Ctrl+Z undoes, Ctrl+S saves, Esc leaves all as it was."""

    stored = Signal(object)
    """The Camera, when its box is in the database."""

    def __init__(self, station: Station, camera: Camera, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station, self._camera = station, camera
        self.drawing = BoxDrawing(camera.pit_box or ())
        self.canvas = BoxCanvas(self.drawing, self)
        self.setWindowTitle(f"Pit box of {camera.label}")
        self.resize(1040, 740)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.verdict.setAccessibleName("What is drawn")
        self.undo_button = self._button("Undo", self.undo, "retry")
        self.rectangle_button = self._button("Rectangle", self.rectangle, "stop")
        self.clear_button = self._button("Clear", self.clear, "trash")
        self.save_button = self._button("Save", self.save, "", role="primary")
        self._lay_out()
        self.canvas.changed.connect(self._say)
        for keys, do in (("Ctrl+Z", self.undo), ("Ctrl+S", self.save)):
            QShortcut(QKeySequence(keys), self).activated.connect(do)
        self._eye = Eye(station.folder.mailbox(camera.id), self)
        self._looks = 0
        self._live = False
        self._looking = QTimer(self, interval=_LOOK_MS)
        self._looking.timeout.connect(self._look)
        self._looking.start()
        self.finished.connect(self._close_eye)
        self._read_frame()
        self.canvas.setFocus()
        self._say()

    def undo(self) -> None:
        self.drawing.undo()
        self.canvas.redraw()

    def rectangle(self) -> None:
        self.drawing.rectangle()
        self.canvas.redraw()
        self.canvas.setFocus()

    def clear(self) -> None:
        self.drawing.clear()
        self.canvas.redraw()
        self.canvas.setFocus()

    def save(self) -> None:
        """Keep the box with the camera; none if nothing is drawn."""
        if self.drawing.problem:
            return
        self.save_button.setEnabled(False)
        camera_id, box = self._camera.id, self.drawing.box
        write_in_background(
            self._station.database,
            lambda tx: cameras.set_pit_box(tx, camera_id, box),
            then=self._saved,
            failed=self._failed,
            parent=self,
        )

    def _saved(self, camera: Camera) -> None:
        self.stored.emit(camera)
        self.accept()

    def _failed(self, error: KnownError) -> None:
        self.save_button.setEnabled(True)
        self.verdict.setText(told(error))
        theme.set_role(self.verdict, level="bad")

    def _say(self) -> None:
        drawing = self.drawing
        if drawing.problem:
            self.verdict.setText(drawing.problem)
            theme.set_role(self.verdict, level="warn" if len(drawing.corners) < 3 else "bad")
        elif drawing.corners:
            self.verdict.setText(f"A box of {len(drawing.corners)} corners.")
            theme.set_role(self.verdict, level="ok")
        else:
            self.verdict.setText("No box: this camera's stops are not timed.")
            theme.set_role(self.verdict, level="")
        self.save_button.setEnabled(not drawing.problem)
        self.undo_button.setEnabled(drawing.can_undo)
        self.clear_button.setEnabled(bool(drawing.corners))

    # the picture

    def _look(self) -> None:
        if self._looks % _WISH_EVERY == 0:
            self._eye.wish(*_WANTED_PX)
        self._looks += 1
        newest = self._eye.newest()
        if newest is not None:
            self._live = True
            shown = QImage(
                newest.pixels, newest.width, newest.height, newest.line_bytes, QImage.Format.Format_RGB32
            ).copy()
            self.canvas.show_image(shown)

    def _read_frame(self) -> None:
        """The camera's last frame, until a live picture comes."""
        database, folder, wanted = self._station.database, self._station.folder, FrameFilter(camera_id=self._camera.id)

        def read() -> QImage:
            with database.read() as tx:
                found = frames.page(tx, wanted, limit=1).items
            gone = not found or found[0].file_gone_at_ns is not None
            return QImage() if gone else picture(folder.absolute(found[0].path))

        run_in_background(read, then=self._show_frame, parent=self)

    def _show_frame(self, image: QImage) -> None:
        if self._live:
            return
        if image.isNull():
            self.canvas.said = "No picture of this camera yet. It is shown here as soon as the camera is live."
            self.canvas.update()
        else:
            self.canvas.show_image(image)

    def _close_eye(self) -> None:
        self._looking.stop()
        self._eye.close()

    # building

    def _button(self, text: str, do: object, icon: str, role: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(do)
        if icon:
            theme.set_icon(button, icon)
        if role:
            theme.set_role(button, role=role)
        return button

    def _lay_out(self) -> None:
        how = QLabel(_HOW, self)
        how.setWordWrap(True)
        theme.set_role(how, role="muted")
        cancel = self._button("Cancel", self.reject, "")
        foot = QHBoxLayout()
        for button in (self.rectangle_button, self.undo_button, self.clear_button):
            foot.addWidget(button)
        foot.addSpacing(theme.space("m"))
        foot.addWidget(self.verdict, 1)
        foot.addWidget(cancel)
        foot.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("l"),) * 4)
        layout.setSpacing(theme.space("m"))
        layout.addWidget(how)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(foot)
