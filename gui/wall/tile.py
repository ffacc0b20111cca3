"""One camera on the wall: its words above, its newest picture below, and never an old picture that looks live."""

import time
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.camera import CameraState
from core.mailbox import Picture
from gui import theme

STALE_NS = 2_000_000_000
_EDGE_PX = 3
_FLASH_MS = 180
_STATE_COLOUR = {
    CameraState.LIVE: "ok",
    CameraState.CONNECTING: "accent",
    CameraState.STALLED: "warn",
    CameraState.OFFLINE: "bad",
}


@dataclass(frozen=True, slots=True)
class TileWords:
    """What a tile says of its camera."""

    name: str
    state: CameraState
    reason: str = ""
    hint: str = ""
    fps: float = 0.0
    aspect: float = 16 / 9
    """Width over height of the camera's picture."""
    number: int = 0
    """The key that chooses it; 0 where there is none."""

    @property
    def state_text(self) -> str:
        if self.state is CameraState.LIVE and self.fps > 0:
            return f"live  {self.fps:.1f} fps"
        return self.state.value


class Tile(QWidget):
    """Paints one camera. Only the picture's rectangle is repainted when a picture comes."""

    toggled = Signal(str)
    """The operator chose or un-chose this camera (its id)."""
    opened = Signal(str)
    """The operator wants this camera alone, or all of them again (its id)."""

    def __init__(self, camera_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera_id = camera_id
        self.words = TileWords(camera_id, CameraState.CONNECTING)
        self.chosen = False
        self.picture: Picture | None = None
        self._image = QImage()
        self._stale_text = ""
        self._flashing = QTimer(self)
        self._flashing.setSingleShot(True)
        self._flashing.setInterval(_FLASH_MS)
        self._flashing.timeout.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 96)
        self._say()

    def sizeHint(self) -> QSize:
        return QSize(640, 400)

    # What it is told

    def show_words(self, words: TileWords) -> None:
        if words != self.words:
            self.words = words
            self._say()
            self.update()

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture; its bytes are kept for as long as the image that looks into them."""
        self.picture = picture
        self._image = QImage(
            picture.pixels, picture.width, picture.height, picture.line_bytes, QImage.Format.Format_RGB32
        )
        self.refresh_age(repaint=False)
        self.update(self.picture_area())

    def set_chosen(self, chosen: bool) -> None:
        if chosen != self.chosen:
            self.chosen = chosen
            self._say()
            self.update()

    def flash(self) -> None:
        """Show that the press was taken."""
        self._flashing.start()
        self.update()

    @property
    def flashing(self) -> bool:
        return self._flashing.isActive()

    def refresh_age(self, *, repaint: bool = True) -> None:
        """Write the picture's age on it once it is older than 2 s."""
        age_ns = time.monotonic_ns() - self.picture.shown_monotonic_ns if self.picture else 0
        text = f"{age_ns / 1e9:.1f} s old" if age_ns > STALE_NS else ""
        if text != self._stale_text:
            self._stale_text = text
            if repaint:
                self.update(self.picture_area())

    @property
    def stale_text(self) -> str:
        return self._stale_text

    # Geometry

    def strip(self) -> QRect:
        return QRect(_EDGE_PX, _EDGE_PX, self.width() - 2 * _EDGE_PX, 24 if self.height() < 220 else 32)

    def picture_area(self) -> QRect:
        top = self.strip().bottom() + 1
        return QRect(_EDGE_PX, top, self.width() - 2 * _EDGE_PX, self.height() - top - _EDGE_PX)

    def wanted_px(self) -> QSize:
        """The size in device pixels at which a picture of this camera fills its area."""
        area, ratio = self.picture_area(), self.devicePixelRatioF()
        width = min(area.width(), area.height() * self.words.aspect)
        return QSize(max(2, int(width * ratio)) & ~1, max(2, int(width * ratio / self.words.aspect)) & ~1)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.picture_area()
        if not area.contains(event.rect()):
            self._paint_frame(painter)
        painter.setClipRect(area)
        self._paint_picture(painter, area)
        if self.flashing:
            painter.setOpacity(0.65)
            painter.fillRect(area, theme.colour("flash"))

    def _paint_frame(self, painter: QPainter) -> None:
        edge = "accent" if self.chosen else ("ink" if self.hasFocus() else "line")
        painter.fillRect(self.rect(), theme.colour(edge) if edge != "line" else theme.colour("surface"))
        strip = self.strip()
        painter.fillRect(strip, theme.colour("accent_soft" if self.chosen else "surface"))
        font = self.font()
        font.setPixelSize(theme.size("small" if strip.height() < 32 else "body"))
        painter.setFont(font)
        pad = theme.space("s")
        state_width = painter.fontMetrics().horizontalAdvance(self.words.state_text) + 2 * pad + 14
        dot = QPointF(strip.right() - state_width + pad + 5, strip.center().y() + 1)
        colour = theme.colour(_STATE_COLOUR[self.words.state])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(dot, 5, 5)
        painter.setPen(colour)
        words = strip.adjusted(strip.width() - state_width + pad + 14, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.words.state_text)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme.colour("ink"))
        name = f"{self.words.number}  {self.words.name}" if self.words.number else self.words.name
        name = f"✓ {name}" if self.chosen else name
        room = strip.adjusted(pad, 0, -state_width - pad, 0)
        painter.drawText(
            room,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width()),
        )

    def _paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._image.isNull():
            painter.fillRect(area, theme.colour("tile"))
        else:
            self._paint_image(painter, area)
        trouble = self.words.state is not CameraState.LIVE
        if self._stale_text or (trouble and not self._image.isNull()):
            painter.fillRect(area, theme.colour("tile_veil"))
        if trouble:
            self._paint_trouble(painter, area)
        elif self._image.isNull():
            self._paint_lines(painter, area, [("Waiting for the first picture", "tile_ink", "body", False)])
        if self._stale_text:
            self._paint_age(painter, area)

    def _paint_image(self, painter: QPainter, area: QRect) -> None:
        ratio = self.devicePixelRatioF()
        size = self._image.size()
        fits = QSize(int(area.width() * ratio), int(area.height() * ratio))
        wanted = self.wanted_px()
        near = abs(size.width() - wanted.width()) <= 4 and abs(size.height() - wanted.height()) <= 4
        if not near:  # the size changed a moment ago, or the area is larger than a mailbox holds
            size = size.scaled(fits, Qt.AspectRatioMode.KeepAspectRatio)
        shown = QSize(round(size.width() / ratio), round(size.height() / ratio))
        at = QPoint(area.x() + (area.width() - shown.width()) // 2, area.y() + (area.height() - shown.height()) // 2)
        target = QRect(at, shown)
        if shown.width() < area.width() or shown.height() < area.height():
            painter.fillRect(area, theme.colour("tile"))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        if near:
            self._image.setDevicePixelRatio(ratio)
            painter.drawImage(target.topLeft(), self._image)
        else:
            painter.drawImage(target, self._image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _paint_trouble(self, painter: QPainter, area: QRect) -> None:
        lines = [(self.words.reason or _PLAIN[self.words.state], "tile_ink", "strong", True)]
        if self.words.hint and area.height() > 150:
            lines.append((self.words.hint, "tile_ink", "body", False))
        self._paint_lines(painter, area, lines)

    def _paint_lines(self, painter: QPainter, area: QRect, lines: list[tuple[str, str, str, bool]]) -> None:
        room = area.adjusted(theme.space("l"), theme.space("s"), -theme.space("l"), -theme.space("s"))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        heights = []
        for text, _, size, bold in lines:
            painter.setFont(self._font(size if area.height() > 150 else "small", bold))
            heights.append(painter.boundingRect(room, flags, text).height())
        top = room.top() + max(0, (room.height() - sum(heights) - theme.space("s") * (len(lines) - 1)) // 2)
        for (text, ink, size, bold), height in zip(lines, heights, strict=True):
            painter.setFont(self._font(size if area.height() > 150 else "small", bold))
            painter.setPen(theme.colour(ink))
            painter.drawText(QRect(room.left(), top, room.width(), height), flags, text)
            top += height + theme.space("s")

    def _paint_age(self, painter: QPainter, area: QRect) -> None:
        painter.setFont(self._font("title" if area.height() > 200 else "strong", True))
        width = painter.fontMetrics().horizontalAdvance(self._stale_text) + 2 * theme.space("s")
        box = QRect(area.left() + 6, area.top() + 6, width, painter.fontMetrics().height() + theme.space("xs"))
        painter.fillRect(box, theme.colour("stale"))
        painter.setPen(theme.colour("stale_ink"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._stale_text)

    def _font(self, size: str, bold: bool) -> QFont:
        font = self.font()
        font.setPixelSize(theme.size(size))
        font.setBold(bold)
        return font

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggled.emit(self.camera_id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggled.emit(self.camera_id)  # a double click began as a click: what that chose is taken back
            self.opened.emit(self.camera_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.camera_id)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def _say(self) -> None:
        chosen = ", chosen" if self.chosen else ""
        self.setAccessibleName(f"{self.words.name}: {self.words.state_text}{chosen}")
        self.setAccessibleDescription(" ".join(part for part in (self.words.reason, self.words.hint) if part))


_PLAIN = {
    CameraState.LIVE: "",
    CameraState.CONNECTING: "Connecting…",
    CameraState.STALLED: "No picture is coming",
    CameraState.OFFLINE: "Not connected",
}
