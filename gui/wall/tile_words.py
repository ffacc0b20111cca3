"""What a tile says of its camera, and how the words are painted: the strip, the trouble, the age."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QPainter

from core.camera import CameraState
from gui import theme

STATE_COLOUR = {
    CameraState.LIVE: "ok",
    CameraState.CONNECTING: "accent",
    CameraState.STALLED: "warn",
    CameraState.OFFLINE: "bad",
}
_PLAIN = {
    CameraState.LIVE: "",
    CameraState.CONNECTING: "Connecting…",
    CameraState.STALLED: "No picture is coming",
    CameraState.OFFLINE: "Not connected",
}
_ROOMY_PX = 150
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


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
    stop: str = ""
    """The last stop's time with its doubt, and when it was; empty where none was timed of late."""

    @property
    def state_text(self) -> str:
        if self.state is CameraState.LIVE and self.fps > 0:
            return f"live  {self.fps:.0f} fps"
        return self.state.value


def paint_strip(painter: QPainter, strip: QRect, words: TileWords, chosen: bool) -> None:
    """The camera's name at the left, its state at the right."""
    painter.fillRect(strip, theme.colour("accent_soft" if chosen else "surface"))
    size = "small" if strip.height() < 32 else "body"
    painter.setFont(_font(painter, size, bold=False))
    pad = theme.space("s")
    state_width = painter.fontMetrics().horizontalAdvance(words.state_text) + 2 * pad + 14
    colour = theme.colour(STATE_COLOUR[words.state])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(strip.right() - state_width + pad + 5, strip.center().y() + 1), 5, 5)
    painter.setPen(colour)
    painter.drawText(strip.adjusted(strip.width() - state_width + pad + 14, 0, 0, 0), _LEFT, words.state_text)
    painter.setFont(_font(painter, size, bold=True))
    painter.setPen(theme.colour("ink"))
    name = f"{words.number}  {words.name}" if 0 < words.number <= 9 else words.name
    name = f"✓ {name}" if chosen else name
    stop_width = _paint_stop(painter, strip.adjusted(0, 0, -state_width - pad, 0), words.stop)
    painter.setPen(theme.colour("ink"))
    room = strip.adjusted(pad, 0, -state_width - stop_width - pad, 0)
    painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width()))


def _paint_stop(painter: QPainter, room: QRect, said: str) -> int:
    """The last stop's time, right-aligned: without its clock where that does not fit; returns the px it took."""
    for text in (said, said.split("  ")[0]):
        width = painter.fontMetrics().horizontalAdvance(text) + theme.space("m")
        if text and width < room.width() * 2 // 3:
            painter.setPen(theme.colour("accent"))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
            return width
    return 0


def paint_trouble(painter: QPainter, area: QRect, words: TileWords) -> None:
    """The reason of a state that is not live, and what to do where there is room for it."""
    lines = [(words.reason or _PLAIN[words.state], "strong", True)]
    if words.hint and area.height() > _ROOMY_PX:
        lines.append((words.hint, "body", False))
    paint_lines(painter, area, lines)


def paint_lines(painter: QPainter, area: QRect, lines: list[tuple[str, str, bool]]) -> None:
    """Lines of (text, size token, bold), wrapped, in the middle of the area."""
    room = area.adjusted(theme.space("l"), theme.space("s"), -theme.space("l"), -theme.space("s"))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    fonts = [_font(painter, size if area.height() > _ROOMY_PX else "small", bold=bold) for _, size, bold in lines]
    heights = []
    for (text, _, _), font in zip(lines, fonts, strict=True):
        painter.setFont(font)
        heights.append(painter.boundingRect(room, flags, text).height())
    gap = theme.space("s")
    top = room.top() + max(0, (room.height() - sum(heights) - gap * (len(lines) - 1)) // 2)
    painter.setPen(theme.colour("tile_ink"))
    for (text, _, _), font, height in zip(lines, fonts, heights, strict=True):
        painter.setFont(font)
        painter.drawText(QRect(room.left(), top, room.width(), height), flags, text)
        top += height + gap


def paint_age(painter: QPainter, area: QRect, text: str) -> None:
    """The age of a stale picture, in its corner."""
    painter.setFont(_font(painter, "title" if area.height() > 200 else "strong", bold=True))
    width = painter.fontMetrics().horizontalAdvance(text) + 2 * theme.space("s")
    box = QRect(area.left() + 6, area.top() + 6, width, painter.fontMetrics().height() + theme.space("xs"))
    painter.fillRect(box, theme.colour("stale"))
    painter.setPen(theme.colour("stale_ink"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _font(painter: QPainter, size: str, *, bold: bool) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(theme.size(size))
    font.setBold(bold)
    return font
