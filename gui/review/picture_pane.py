"""One camera's picture in the review: fitted, named, with its pit box and, where wished, the best stop's ghost."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.pit_box import Point
from gui import theme

_GHOST = 0.45
_STRIP_PX = 26


class PicturePane(QWidget):
    """Holds no truth: it paints what it was given last."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._image = QImage()
        self._ghost = QImage()
        self._said = ""
        self._time = ""
        self._box: tuple[Point, ...] = ()
        self.setMinimumSize(200, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Picture of {label}")

    @property
    def image(self) -> QImage:
        """What is shown; null while there is none."""
        return self._image

    def show_picture(self, image: QImage | None, said: str, time: str) -> None:
        """A picture, or instead of it a sentence; `time`: what stands at its right in the strip."""
        self._image = image if image is not None else QImage()
        self._said, self._time = said, time
        self.setAccessibleDescription(said or time)
        self.update()

    def show_ghost(self, image: QImage | None) -> None:
        self._ghost = image if image is not None else QImage()
        self.update()

    def show_box(self, box: tuple[Point, ...]) -> None:
        self._box = box
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("tile"))
        area = self.rect().adjusted(0, 0, 0, -_STRIP_PX)
        if self._image.isNull():
            painter.setPen(theme.colour("tile_ink"))
            room = area.adjusted(16, 8, -16, -8)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._said)
        else:
            target = _fitted(self._image, area)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image)
            if not self._ghost.isNull():
                painter.setOpacity(_GHOST)
                painter.drawImage(target, self._ghost)
                painter.setOpacity(1.0)
            self._paint_box(painter, target)
        self._paint_strip(painter)

    def _paint_box(self, painter: QPainter, target: QRectF) -> None:
        if not self._box:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corners = QPolygonF(
            [QPointF(target.x() + x * target.width(), target.y() + y * target.height()) for x, y in self._box]
        )
        painter.setPen(QPen(theme.colour("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolygon(corners)

    def _paint_strip(self, painter: QPainter) -> None:
        strip = QRect(0, self.height() - _STRIP_PX, self.width(), _STRIP_PX)
        painter.fillRect(strip, theme.colour("surface"))
        font = QFont(painter.font())
        font.setPixelSize(theme.size("small"))
        painter.setFont(font)
        room = strip.adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.colour("muted"))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, self._time)
        painter.setPen(theme.colour("ink"))
        left = room.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(self._time) - 12, 0)
        label = painter.fontMetrics().elidedText(self._label, Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, label)


def _fitted(image: QImage, area: QRect) -> QRectF:
    scale = min(area.width() / image.width(), area.height() / image.height())
    size = QSizeF(image.width() * scale, image.height() * scale)
    left = area.x() + (area.width() - size.width()) / 2
    return QRectF(QPointF(left, area.y() + (area.height() - size.height()) / 2), size)
