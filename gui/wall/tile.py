"""One camera on the wall: its words above, its newest picture below, and never an old picture that looks live."""

import math
import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.camera import CameraState
from core.mailbox import Picture
from gui import theme
from gui.wall.tile_words import TileWords, paint_age, paint_lines, paint_strip, paint_trouble

STALE_NS = 2_000_000_000
_EDGE_PX = 3
_FLASH_MS = 180


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an image goes."""

    asked: tuple[object, ...]
    """What it was decided for."""
    target: QRect
    pixel_by_pixel: bool


def _place(asked: tuple[object, ...], area: QRect, size: QSize, wanted: QSize, ratio: float) -> _Place:
    """In the middle of its area: in its own size if that is the wished one (decoders round), else as large as it goes.

    It is not the wished one for a moment after a change, or for long where the area is larger than a mailbox or than
    the camera's own picture.
    """
    fits = abs(size.width() - wanted.width()) <= 4 and abs(size.height() - wanted.height()) <= 4
    if fits:
        shown = QSize(round(size.width() / ratio), round(size.height() / ratio))
    else:
        shown = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left, top = (area.width() - shown.width()) // 2, (area.height() - shown.height()) // 2
    return _Place(asked, QRect(area.topLeft() + QPoint(left, top), shown), fits)


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
        self._place = _Place((), QRect(), False)
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
            only_rate = replace(words, fps=self.words.fps) == self.words
            self.words = words
            self._say()
            self.update(self.strip() if only_rate else self.rect())

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture; its bytes are kept for as long as the image that looks into them."""
        self.picture = picture
        self._image = QImage(
            picture.pixels, picture.width, picture.height, picture.line_bytes, QImage.Format.Format_RGB32
        )
        place = self._place
        was_plain = self._is_plain()
        self._put()
        self.refresh_age(repaint=False)
        same = was_plain and self._place is place and self._is_plain()
        self.update(self._place.target if same else self.picture_area())

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
            was_old, self._stale_text = bool(self._stale_text), text
            if bool(text) is not was_old:
                self._say()
                self.update(self.strip())
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
        """The size in device pixels at which a picture of this camera fills its area, as decoders make it."""
        area, ratio = self.picture_area(), self.devicePixelRatioF()
        width = min(area.width(), area.height() * self.words.aspect)
        whole = max(8, int(width * ratio) & ~7)
        return QSize(whole, max(2, math.ceil(whole / self.words.aspect)))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._is_plain() and self._place.target.contains(event.rect()):
            # 25 times a second, and nothing but a copy of memory.
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(self._place.target.topLeft(), self._image)
            return
        area = self.picture_area()
        if not area.intersects(event.rect()):
            paint_strip(painter, self.strip(), self._words_now(), self.chosen)
            return
        if not area.contains(event.rect()):
            edge = "accent" if self.chosen else ("ink" if self.hasFocus() else "surface")
            painter.fillRect(self.rect(), theme.colour(edge))
            paint_strip(painter, self.strip(), self._words_now(), self.chosen)
        painter.setClipRect(area)
        self._paint_picture(painter, area)
        if self.flashing:
            painter.setOpacity(0.65)
            painter.fillRect(area, theme.colour("flash"))

    def _paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._image.isNull():
            painter.fillRect(area, theme.colour("tile"))
        else:
            self._paint_image(painter, area)
        trouble = self.words.state is not CameraState.LIVE
        if self._stale_text or (trouble and not self._image.isNull()):
            painter.fillRect(area, theme.colour("tile_veil"))
        if trouble:
            paint_trouble(painter, area, self.words)
        elif self._image.isNull():
            paint_lines(painter, area, [("Waiting for the first picture", "body", False)])
        if self._stale_text:
            paint_age(painter, area, self._stale_text)

    def _paint_image(self, painter: QPainter, area: QRect) -> None:
        self._put()
        if self._place.target != area:
            painter.fillRect(area, theme.colour("tile"))
        if self._place.pixel_by_pixel:
            painter.drawImage(self._place.target.topLeft(), self._image)
        else:
            painter.drawImage(self._place.target, self._image)

    def _is_plain(self) -> bool:
        """Whether there is a picture with nothing over it, shown pixel by pixel."""
        live = self.words.state is CameraState.LIVE
        return live and not self._stale_text and self._place.pixel_by_pixel and not self.flashing

    def _words_now(self) -> TileWords:
        """An old picture is not live, whatever was heard of its camera last."""
        is_stalled = self._stale_text and self.words.state is CameraState.LIVE
        return replace(self.words, state=CameraState.STALLED) if is_stalled else self.words

    def _put(self) -> None:
        """Decide where the image goes; the same question has the same answer, 25 times a second."""
        size, ratio = (self.picture.width, self.picture.height) if self.picture else (0, 0), self.devicePixelRatioF()
        asked = (size, self.size().toTuple(), ratio, self.words.aspect)
        if self._place.asked != asked:
            self._place = _place(asked, self.picture_area(), QSize(*size), self.wanted_px(), ratio)
        self._image.setDevicePixelRatio(ratio if self._place.pixel_by_pixel else 1.0)

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
        stop = f", stop {self.words.stop}" if self.words.stop else ""
        self.setAccessibleName(f"{self.words.name}: {self._words_now().state_text}{stop}{chosen}")
        self.setAccessibleDescription(" ".join(part for part in (self.words.reason, self.words.hint) if part))
