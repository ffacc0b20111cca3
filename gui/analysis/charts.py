"""Small charts of one column each: bars for choices, a histogram for numbers; painted, never heavier than a label."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme

WIDTH_PX, HEIGHT_PX = 292, 176
_EDGE_PX, _LINE_PX, _MOST_BARS = 12, 20, 5


@dataclass(frozen=True, slots=True)
class Bar:
    """How many findings say this, or lie in this span."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One column in figures. A histogram's bars are spans of equal width, ascending; `ticks` are its axis's ends."""

    title: str
    bars: tuple[Bar, ...]
    is_histogram: bool = False
    ticks: tuple[str, ...] = ()
    mean_at: float | None = None
    """Where the mean lies on the axis, 0-1."""
    said: str = ""
    """In a corner: the mean, or how many have no value."""

    @property
    def in_words(self) -> str:
        told = ", ".join(f"{bar.label}: {bar.number:,}" for bar in self.bars if bar.number) or "nothing yet"
        return f"{self.title}. {self.said}. {told}" if self.said else f"{self.title}. {told}"


class ChartView(QWidget):
    """Paints a chart; a screen reader hears all its figures, and a mouse that rests on a bar is told its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chart = Chart("", ())
        self._areas: list[tuple[QRect, Bar]] = []
        self.setFixedHeight(HEIGHT_PX)
        self.setMinimumWidth(WIDTH_PX)
        self.setMaximumWidth(WIDTH_PX * 3 // 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def chart(self) -> Chart:
        return self._chart

    def show_chart(self, chart: Chart) -> None:
        if chart != self._chart:
            self._chart = chart
            self.setAccessibleName(f"Chart of {chart.title}")
            self.setAccessibleDescription(chart.in_words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, HEIGHT_PX)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            said = self.told_at(event.pos())
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def told_at(self, at: QPoint) -> str:
        """The figure of the bar there."""
        found = next((bar for area, bar in self._areas if area.contains(at)), None)
        whole = sum(bar.number for bar in self._chart.bars)
        return f"{found.label}: {found.number:,} ({found.number / whole:.0%})" if found and whole else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        inner = self.rect().adjusted(_EDGE_PX, _EDGE_PX - 2, -_EDGE_PX, -_EDGE_PX + 2)
        self._head(painter, QRect(inner.left(), inner.top(), inner.width(), _LINE_PX))
        body = inner.adjusted(0, _LINE_PX + 6, 0, 0)
        self._areas = []
        if not any(bar.number for bar in self._chart.bars):
            painter.setPen(theme.colour("muted"))
            painter.drawText(body, Qt.AlignmentFlag.AlignCenter, "No figures yet")
        elif self._chart.is_histogram:
            self._histogram(painter, body)
        else:
            self._bars(painter, body)
        painter.end()

    def _head(self, painter: QPainter, line: QRect) -> None:
        painter.setFont(self._font("small"))
        painter.setPen(theme.colour("muted"))
        said_px = painter.fontMetrics().horizontalAdvance(self._chart.said)
        painter.drawText(line, _RIGHT, self._chart.said)
        painter.setFont(self._font("body", bold=True))
        painter.setPen(theme.colour("ink"))
        painter.drawText(line, _LEFT, _fit(painter, self._chart.title, line.width() - said_px - 10))

    def _bars(self, painter: QPainter, body: QRect) -> None:
        shown = _shown(self._chart.bars)
        painter.setFont(self._font("small"))
        metrics = painter.fontMetrics()
        label_px = min(max(metrics.horizontalAdvance(bar.label) for bar in shown) + 16, body.width() * 2 // 5)
        number_px = max(metrics.horizontalAdvance(f"{bar.number:,}") for bar in shown) + 6
        most = max(bar.number for bar in shown)
        step = min(26, body.height() // len(shown))
        for row, bar in enumerate(shown):
            line = QRect(body.left(), body.top() + row * step, body.width(), step)
            painter.setPen(theme.colour("muted"))
            painter.drawText(line, _LEFT, _fit(painter, bar.label, label_px - 8))
            room = line.width() - label_px - number_px
            length = max(round(room * bar.number / most), 2 if bar.number else 0)
            drawn = QRectF(line.left() + label_px, line.top() + 4, length, step - 8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(drawn, 3, 3)
            painter.setPen(theme.colour("ink"))
            at = QRect(round(drawn.right()) + 6, line.top(), number_px, step)
            painter.drawText(at, _LEFT, f"{bar.number:,}")
            self._areas.append((line, bar))

    def _histogram(self, painter: QPainter, body: QRect) -> None:
        bars = self._chart.bars
        painter.setFont(self._font("small"))
        plot = body.adjusted(0, _LINE_PX // 2 + 6, 0, -_LINE_PX)
        most, step = max(bar.number for bar in bars), plot.width() / len(bars)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        for place, bar in enumerate(bars):
            height = max(plot.height() * bar.number / most, 2 if bar.number else 0)
            drawn = QRectF(plot.left() + place * step + 1, plot.bottom() + 1 - height, max(step - 2, 1), height)
            painter.drawRoundedRect(drawn, 2, 2)
            whole = QRect(round(plot.left() + place * step), plot.top(), max(round(step), 1), plot.height())
            self._areas.append((whole, bar))
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.drawLine(QPointF(plot.left(), plot.bottom() + 1.5), QPointF(plot.right(), plot.bottom() + 1.5))
        if self._chart.mean_at is not None:
            x = plot.left() + plot.width() * self._chart.mean_at
            painter.setPen(QPen(theme.colour("warn"), 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.top() - 4), QPointF(x, plot.bottom()))
        painter.setPen(theme.colour("muted"))
        foot = QRect(plot.left(), plot.bottom() + 3, plot.width(), _LINE_PX)
        for text, side in zip(self._chart.ticks, (_LEFT, _CENTRE, _RIGHT), strict=False):
            painter.drawText(foot, side, text)
        painter.drawText(QRect(plot.left(), body.top() - 4, plot.width(), _LINE_PX), _LEFT, f"{most:,}")

    def _font(self, size: str, *, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(theme.size(size))
        font.setBold(bold)
        return font


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


def _shown(bars: Sequence[Bar]) -> list[Bar]:
    """As many as fit: the rest are one bar, named so."""
    if len(bars) <= _MOST_BARS:
        return list(bars)
    rest = bars[_MOST_BARS - 1 :]
    return [*bars[: _MOST_BARS - 1], Bar(f"{len(rest)} more", sum(bar.number for bar in rest))]


def _fit(painter: QPainter, text: str, width_px: int) -> str:
    metrics: QFontMetrics = painter.fontMetrics()
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)
