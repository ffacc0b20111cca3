"""One picture, fitted or at 50–400 %, moved by dragging."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

LEAST, MOST = 0.1, 4.0


class PictureView(QWidget):
    """Scale is pixels on screen per pixel of the picture; None fits it, never above 100 %."""

    scaled = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.said = ""
        self._scale: float | None = None
        self._centre = QPointF(0.5, 0.5)
        self._grabbed: QPoint | None = None
        self.setMinimumSize(240, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Picture")

    def show_image(self, image: QImage, said: str = "") -> None:
        """Show a picture, or instead of a null one a sentence."""
        self._image, self.said = image, said
        self._scale = None
        self._centre = QPointF(0.5, 0.5)
        self.scaled.emit()
        self.update()

    @property
    def scale(self) -> float:
        return self._scale if self._scale is not None else self._fitting()

    @property
    def fits(self) -> bool:
        return self._scale is None

    def set_scale(self, scale: float | None, about: QPointF | None = None) -> None:
        """Zoom so that the point `about` (in the widget) stays where it is; None fits the whole picture."""
        if self._image.isNull():
            return
        if scale is None:
            self._scale = None
        else:
            about = about or QRectF(self.rect()).center()
            before = self._target()
            point = QPointF((about.x() - before.x()) / before.width(), (about.y() - before.y()) / before.height())
            self._scale = min(max(scale, LEAST), MOST)
            size = self._size()
            middle = QRectF(self.rect()).center()
            self._centre = QPointF(
                point.x() + (middle.x() - about.x()) / size.width(),
                point.y() + (middle.y() - about.y()) / size.height(),
            )
        self._keep_inside()
        self.scaled.emit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("tile"))
        if self._image.isNull():
            painter.setPen(theme.colour("tile_ink"))
            area = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.said)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 2)
        painter.drawImage(self._target(), self._image)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_scale(self.scale * 1.2 ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None or self._image.isNull():
            return
        moved = event.position().toPoint() - self._grabbed
        self._grabbed = event.position().toPoint()
        size = self._size()
        self._centre -= QPointF(moved.x() / size.width(), moved.y() / size.height())
        self._keep_inside()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_scale(1.0 if self.fits else None, event.position())

    def corner(self) -> QPointF:
        """Where the picture's upper left corner lies, in the widget."""
        return self._target().topLeft()

    def _fitting(self) -> float:
        if self._image.isNull():
            return 1.0
        return min(1.0, self.width() / self._image.width(), self.height() / self._image.height())

    def _size(self) -> QSizeF:
        return QSizeF(self._image.size()) * self.scale

    def _target(self) -> QRectF:
        size, middle = self._size(), QRectF(self.rect()).center()
        corner = middle - QPointF(self._centre.x() * size.width(), self._centre.y() * size.height())
        return QRectF(corner, size)

    def _keep_inside(self) -> None:
        """The picture covers the widget where it is larger, and stays centred where it is not."""
        size = self._size()

        def kept(centre: float, picture_px: float, widget_px: float) -> float:
            half = min(0.5, widget_px / picture_px / 2)
            return min(max(centre, half), 1 - half)

        self._centre = QPointF(
            kept(self._centre.x(), size.width(), self.width()), kept(self._centre.y(), size.height(), self.height())
        )
