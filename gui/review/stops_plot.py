"""The plot of a session's stops: how long each stood, one after the other, with its 95 % interval."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.stop import Stop
from gui import theme
from gui.review.words import span_text

_LEFT_PX, _BOTTOM_PX, _TOP_PX, _RIGHT_PX = 56, 28, 24, 16
_FIRST_PX = 60.0
_DOT_PX = 4.0
_WIDEST_STEP_PX = 120.0
_LABELLED_FROM_PX = 96.0
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0)
_MOST_LINES = 5


class StopsPlot(QWidget):
    """A click chooses a stop, a double click opens it."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stops: list[Stop] = []
        self._chosen_id = ""
        self._best_id = ""
        self.setMinimumHeight(170)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_stops(self, stops: Sequence[Stop], best_id: str) -> None:
        """Those with a duration, in their order."""
        self._stops = [stop for stop in stops if stop.span is not None]
        self._best_id = best_id
        times = ", ".join(span_text(stop.span) for stop in self._stops)
        self.setAccessibleName(f"Plot of {len(self._stops)} stops by their stationary time: {times}")
        self.update()

    def choose(self, stop_id: str) -> None:
        if stop_id != self._chosen_id:
            self._chosen_id = stop_id
            self.update()

    def place_of(self, stop_id: str) -> QPointF | None:
        """Where a stop's point is painted."""
        for number, stop in enumerate(self._stops):
            if stop.id == stop_id:
                return self._point(number, stop)
        return None

    # what it shows

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        font = QFont(painter.font())
        font.setPixelSize(theme.size("small"))
        painter.setFont(font)
        if not self._stops:
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No stop with a stationary time yet")
            return
        self._paint_axis(painter)
        for number, stop in enumerate(self._stops):
            self._paint_stop(painter, number, stop)

    def _paint_axis(self, painter: QPainter) -> None:
        low_s, high_s, step_s = self._axis()
        value_s = low_s
        while value_s <= high_s + 1e-9:
            y = self._y(value_s)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(_LEFT_PX, y), QPointF(self.width() - _RIGHT_PX, y))
            painter.setPen(theme.colour("muted"))
            places = 2 if step_s < 0.1 else 1
            box = QRectF(0, y - 10, _LEFT_PX - 8, 20)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value_s:.{places}f} s"
            )
            value_s += step_s
        said = "Stationary time, each with its 95 % interval; stops in their order"
        foot = QRectF(_LEFT_PX, self.height() - _BOTTOM_PX + 4, self.width() - _LEFT_PX - _RIGHT_PX, _BOTTOM_PX - 6)
        painter.setPen(theme.colour("muted"))
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)

    def _paint_stop(self, painter: QPainter, number: int, stop: Stop) -> None:
        span = stop.span
        assert span is not None
        at = self._point(number, stop)
        colour = theme.colour("ok" if stop.id == self._best_id else "accent")
        top, bottom = self._y((span.ns + span.u_ns) / 1e9), self._y((span.ns - span.u_ns) / 1e9)
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(at.x(), top), QPointF(at.x(), bottom))
        for y in (top, bottom):
            painter.drawLine(QPointF(at.x() - 4, y), QPointF(at.x() + 4, y))
        if stop.id == self._chosen_id:
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, _DOT_PX + 4, _DOT_PX + 4)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(theme.colour("surface") if stop.hand else colour)
        painter.drawEllipse(at, _DOT_PX, _DOT_PX)
        if self._step_px() >= _LABELLED_FROM_PX:
            painter.setPen(theme.colour("ink" if stop.id == self._chosen_id else "muted"))
            above = QRectF(at.x() - 60, min(top, at.y() - _DOT_PX - 4) - 16, 120, 14)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, span_text(span))

    # where things are

    def _axis(self) -> tuple[float, float, float]:
        """Lowest and highest value and the step between lines, in s: round numbers around all intervals."""
        spans = [stop.span for stop in self._stops if stop.span is not None]
        low_s = min((span.ns - span.u_ns) / 1e9 for span in spans)
        high_s = max((span.ns + span.u_ns) / 1e9 for span in spans)
        reach_s = max(high_s - low_s, 0.1)
        step_s = next((step for step in _STEPS_S if reach_s / step <= _MOST_LINES), _STEPS_S[-1])
        low_s = max(0.0, math.floor(low_s / step_s) * step_s)
        return low_s, max(low_s + step_s, math.ceil(high_s / step_s) * step_s), step_s

    def _y(self, value_s: float) -> float:
        low_s, high_s, _ = self._axis()
        room = self.height() - _TOP_PX - _BOTTOM_PX
        return _TOP_PX + room * (1 - (value_s - low_s) / (high_s - low_s))

    def _point(self, number: int, stop: Stop) -> QPointF:
        assert stop.span is not None
        return QPointF(_LEFT_PX + _FIRST_PX + number * self._step_px(), self._y(stop.span.ns / 1e9))

    def _step_px(self) -> float:
        room = self.width() - _LEFT_PX - _RIGHT_PX - 2 * _FIRST_PX
        return min(_WIDEST_STEP_PX, room / max(1, len(self._stops) - 1))

    # what the operator does

    def stop_at(self, x: float) -> Stop | None:
        """The stop whose point is nearest to x px, if any is near."""
        best, best_px = None, 24.0
        for number, stop in enumerate(self._stops):
            away = abs(self._point(number, stop).x() - x)
            if away < best_px:
                best, best_px = stop, away
        return best

    def mousePressEvent(self, event: QMouseEvent) -> None:
        stop = self.stop_at(event.position().x())
        if stop is not None:
            self.chosen.emit(stop.id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        stop = self.stop_at(event.position().x())
        if stop is not None:
            self.opened.emit(stop.id)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            stop = self.stop_at(event.pos().x())
            said = "" if stop is None else f"{stop.car_number} {span_text(stop.span)}".strip()
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)
