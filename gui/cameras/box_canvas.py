"""The camera's picture with the pit box that is being drawn on it: mouse and keyboard."""

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.pit_box import Point
from gui import theme
from gui.cameras.box_drawing import BoxDrawing

_HANDLE_PX = 6.0
_REACH_PX = 12.0
_LEAP = 10
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class BoxCanvas(QWidget):
    """Click sets a corner, drag moves it; Space chooses the next, arrows move it, Insert adds, Delete takes away."""

    changed = Signal()

    def __init__(self, drawing: BoxDrawing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = drawing
        self._image = QImage()
        self.said = "Waiting for a picture of the camera…"
        self.aspect = 16 / 9
        """Of the camera's picture: the box can be drawn before one comes."""
        self.setMinimumSize(480, 270)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("The camera's picture, on which the pit box is drawn")

    def show_image(self, image: QImage) -> None:
        if not image.isNull():
            self._image, self.aspect = image, image.width() / image.height()
            self.update()

    def target(self) -> QRectF:
        """Where the picture is painted."""
        room = QRectF(self.rect())
        width = min(room.width(), room.height() * self.aspect)
        size = QSizeF(width, width / self.aspect)
        corner = QPointF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2)
        return QRectF(corner, size)

    def place_of(self, point: Point) -> QPointF:
        target = self.target()
        return QPointF(target.x() + point[0] * target.width(), target.y() + point[1] * target.height())

    def redraw(self) -> None:
        """The drawing was changed from outside."""
        corners = len(self._drawing.corners)
        self.setAccessibleDescription(f"{corners} corners" if corners else "No box")
        self.update()
        self.changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("tile"))
        target = self.target()
        if self._image.isNull():
            painter.setPen(theme.colour("tile_ink"))
            painter.drawText(target, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.said)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_box(painter)

    def _paint_box(self, painter: QPainter) -> None:
        places = [self.place_of(corner) for corner in self._drawing.corners]
        colour = theme.colour("bad" if self._drawing.problem and len(places) > 2 else "stale")
        fill = QColor(colour)
        fill.setAlphaF(0.18)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(fill if len(places) > 2 else Qt.BrushStyle.NoBrush)
        if len(places) > 2:
            painter.drawPolygon(QPolygonF(places))
        elif len(places) == 2:
            painter.drawLine(places[0], places[1])
        font = QFont(painter.font())
        font.setPixelSize(theme.size("small"))
        painter.setFont(font)
        for number, place in enumerate(places):
            chosen = number == self._drawing.chosen
            painter.setPen(QPen(theme.colour("tile_ink") if chosen else colour, 2))
            painter.setBrush(colour if chosen else theme.colour("tile"))
            painter.drawEllipse(place, _HANDLE_PX + chosen, _HANDLE_PX + chosen)
            painter.setPen(theme.colour("tile_ink"))
            painter.drawText(place + QPointF(10, -8), str(number + 1))

    def _point(self, place: QPointF) -> Point:
        target = self.target()
        return (place.x() - target.x()) / target.width(), (place.y() - target.y()) / target.height()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drawing.press(self._point(event.position()), _REACH_PX / self.target().width(), self.aspect)
            self.redraw()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drawing.drag(self._point(event.position()))
            self.redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drawing.release()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, drawing = Qt.Key(event.key()), self._drawing
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _ARROWS:
            by = (_LEAP if shift else 1) / self.target().width()
            dx, dy = _ARROWS[key]
            drawing.move(dx * by, dy * by * self.aspect)
        elif key == Qt.Key.Key_Space:
            drawing.choose_next(-1 if shift else 1)
        elif key == Qt.Key.Key_Insert:
            drawing.add_after()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            drawing.remove_chosen()
        else:
            super().keyPressEvent(event)
            return
        self.redraw()
