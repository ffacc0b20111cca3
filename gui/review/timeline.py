"""The timeline under the clips: the four instants with their doubt, both words of them, and the playhead."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.stop import Mark, Moment, Stop
from gui import theme
from gui.review.words import MOMENTS

_EDGE_PX = 12.0
_NAMES_PX = 20.0
_MACHINE_PX = 34.0
_HAND_PX = 56.0
_RULER_PX = 74.0
_CLIPS_PX = 96.0
_CLIP_STEP_PX = 7.0
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
_LEAST_STEP_PX = 56.0


class Timeline(QWidget):
    """Press or drag to go to an instant; press a mark to choose its moment."""

    wanted = Signal(object)
    """UTC ns (an int too large for Qt's own) that the operator points at."""
    moment_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stop: Stop | None = None
        self._from_ns, self._to_ns = 0, 1
        self._at_ns = 0
        self._moment = Moment.STATIONARY
        self._clips: list[tuple[int, int]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(_CLIPS_PX + 3 * _CLIP_STEP_PX))
        self.setAccessibleName("Timeline of the stop")
        theme.changed.connect(self.update)

    def show_stop(self, stop: Stop, clips: Sequence[tuple[int, int]], range_ns: tuple[int, int]) -> None:
        """clips: from and to (UTC ns) of each clip; range_ns: what the width stands for."""
        self._stop, self._clips = stop, list(clips)[:4]
        self._from_ns, self._to_ns = range_ns[0], max(range_ns[1], range_ns[0] + 1_000_000)
        self.update()

    def show_at(self, at_ns: int, moment: Moment) -> None:
        self._at_ns, self._moment = at_ns, moment
        self.update()

    def x_of(self, at_ns: int) -> float:
        room = self.width() - 2 * _EDGE_PX
        return _EDGE_PX + room * (at_ns - self._from_ns) / (self._to_ns - self._from_ns)

    def ns_at(self, x: float) -> int:
        """The instant under x px, within what is shown."""
        share = (x - _EDGE_PX) / max(1.0, self.width() - 2 * _EDGE_PX)
        return self._from_ns + round(min(1.0, max(0.0, share)) * (self._to_ns - self._from_ns))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("surface"))
        stop = self._stop
        if stop is None:
            return
        font = QFont(painter.font())
        font.setPixelSize(theme.size("small"))
        painter.setFont(font)
        self._paint_standing(painter, stop)
        self._paint_ruler(painter, stop)
        self._paint_clips(painter)
        for moment in Moment:
            machine, hand = stop.machine.get(moment), stop.hand.get(moment)
            if machine is not None:
                self._paint_mark(painter, machine, _MACHINE_PX, theme.colour("accent"), filled=hand is None)
            if hand is not None:
                self._paint_mark(painter, hand, _HAND_PX, theme.colour("warn"), filled=True)
        self._paint_names(painter, stop)
        x = self.x_of(self._at_ns)
        painter.setPen(QPen(theme.colour("ink"), 2))
        painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))

    def _paint_standing(self, painter: QPainter, stop: Stop) -> None:
        """The stretch in which it stood, and lighter the one in which it was in the box."""
        for first, last, share in (
            (Moment.ARRIVED, Moment.DEPARTED, 0.10),
            (Moment.STATIONARY, Moment.RELEASED, 0.25),
        ):
            one, other = stop.mark(first), stop.mark(last)
            if one is None or other is None:
                continue
            colour = QColor(theme.colour("accent"))
            colour.setAlphaF(share)
            left, right = self.x_of(one.at_ns), self.x_of(other.at_ns)
            painter.fillRect(QRectF(left, _NAMES_PX, right - left, _RULER_PX - _NAMES_PX), colour)

    def _paint_ruler(self, painter: QPainter, stop: Stop) -> None:
        zero = stop.mark(Moment.STATIONARY)
        zero_ns = zero.at_ns if zero else stop.zero_at_ns
        px_per_s = (self.width() - 2 * _EDGE_PX) / ((self._to_ns - self._from_ns) / 1e9)
        step_s = next((step for step in _STEPS_S if step * px_per_s >= _LEAST_STEP_PX), _STEPS_S[-1])
        first = math.ceil((self._from_ns - zero_ns) / 1e9 / step_s)
        last = math.floor((self._to_ns - zero_ns) / 1e9 / step_s)
        for number in range(first, last + 1):
            x = self.x_of(zero_ns + round(number * step_s * 1e9))
            painter.setPen(QPen(theme.colour("line_strong"), 1))
            painter.drawLine(QPointF(x, _RULER_PX), QPointF(x, _RULER_PX + 5))
            painter.setPen(theme.colour("muted"))
            places = 2 if step_s < 0.1 else 1 if step_s < 1 else 0
            said = f"{number * step_s:+.{places}f} s" if number else "0 s"
            painter.drawText(QRectF(x - 32, _RULER_PX + 4, 64, 16), Qt.AlignmentFlag.AlignCenter, said)
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.drawLine(QPointF(_EDGE_PX, _RULER_PX), QPointF(self.width() - _EDGE_PX, _RULER_PX))

    def _paint_clips(self, painter: QPainter) -> None:
        for row, (from_ns, to_ns) in enumerate(self._clips):
            left, right = max(_EDGE_PX, self.x_of(from_ns)), min(self.width() - _EDGE_PX, self.x_of(to_ns))
            if right > left:
                bar = QRectF(left, _CLIPS_PX + row * _CLIP_STEP_PX, right - left, 4)
                painter.fillRect(bar, theme.colour("line_strong"))

    def _paint_mark(self, painter: QPainter, mark: Mark, y: float, colour: QColor, *, filled: bool) -> None:
        x = self.x_of(mark.at_ns)
        half = max(1.0, self.x_of(mark.at_ns + mark.u_ns) - x)
        band = QColor(colour)
        band.setAlphaF(0.35)
        painter.fillRect(QRectF(x - half, y - 6, 2 * half, 12), band)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if filled else theme.colour("surface"))
        painter.drawPolygon(QPolygonF([QPointF(x, y - 6), QPointF(x + 5, y), QPointF(x, y + 6), QPointF(x - 5, y)]))

    def _paint_names(self, painter: QPainter, stop: Stop) -> None:
        """Names that would overlap move to the right of the one before, or are left out."""
        free_x = 0.0
        for moment in Moment:
            mark = stop.mark(moment)
            if mark is None:
                continue
            text = MOMENTS[moment]
            width = painter.fontMetrics().horizontalAdvance(text)
            left = max(free_x, min(self.x_of(mark.at_ns) - width / 2, self.width() - width - 4))
            if left + width > self.width():
                continue
            chosen = moment is self._moment
            painter.setPen(theme.colour("ink" if chosen else "muted"))
            painter.drawText(QPointF(left, _NAMES_PX - 6), text)
            if chosen:
                painter.fillRect(QRectF(left, _NAMES_PX - 3, width, 2), theme.colour("accent"))
            free_x = left + width + 10

    # the operator

    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = self._moment_near(event.position())
        if near is not None:
            self.moment_chosen.emit(near.value)
        else:
            self.wanted.emit(self.ns_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.wanted.emit(self.ns_at(event.position().x()))

    def _moment_near(self, at: QPointF) -> Moment | None:
        if self._stop is None or at.y() > _HAND_PX + 8:
            return None
        for moment in Moment:
            for mark in (self._stop.hand.get(moment), self._stop.machine.get(moment)):
                if mark is not None and abs(self.x_of(mark.at_ns) - at.x()) < 7:
                    return moment
        return None
