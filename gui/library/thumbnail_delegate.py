"""Paints one cell of the grid: the thumbnail, when and where it was taken, its star, and how its upload stands."""

from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from core.clock import local_text
from core.paths import DataFolder
from core.store.library import LibraryItem
from core.upload import ItemKind, UploadState
from gui import theme
from gui.library.thumbnails import Thumbnails, Wanted
from gui.models.library_model import ITEM

CAPTION_PX = 44
GAP_PX = 6
EDGE_PX = 4
_DOTS = {UploadState.VERIFIED: "ok", UploadState.BLOCKED: "bad", UploadState.SENDING: "accent"}


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws what is in memory; what is not yet there it asks `thumbnails` for, and draws a placeholder."""

    def __init__(self, thumbnails: Thumbnails, folder: DataFolder, grid: QTableView) -> None:
        super().__init__(grid)
        self._thumbnails = thumbnails
        self._folder = folder
        self._grid = grid
        self._stars: dict[str, QPixmap] = {}
        self.labels: dict[str, str] = {}
        """Camera id to label."""
        self.zones: dict[str, ZoneInfo] = {}
        """Session id to the zone that its times are shown in."""
        theme.changed.connect(self._stars.clear)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(
            self._grid.horizontalHeader().defaultSectionSize(), self._grid.verticalHeader().defaultSectionSize()
        )

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if not index.flags() & Qt.ItemFlag.ItemIsSelectable:
            return  # the last row's rest
        item = index.data(ITEM)
        cell: QRect = option.rect.adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX)
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent_soft" if chosen else "surface"))
        painter.drawRoundedRect(cell, 8, 8)
        picture = cell.adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -CAPTION_PX)
        painter.setBrush(theme.colour("tile"))
        painter.drawRoundedRect(picture, 6, 6)
        if isinstance(item, LibraryItem):
            self._picture(painter, picture, item)
            self._caption(
                painter, QRect(cell.left() + 10, picture.bottom() + 3, cell.width() - 20, CAPTION_PX - 6), item
            )
        self._edge(painter, cell, chosen, index == self._grid.currentIndex() and self._grid.hasFocus())
        painter.restore()

    def _picture(self, painter: QPainter, area: QRect, item: LibraryItem) -> None:
        if item.file_gone:
            image = None
            said = "Only in object storage"
        else:
            path = self._folder.absolute(item.path)
            image = self._thumbnails.image(Wanted(item.id, path, item.kind is ItemKind.CLIP))
            said = "" if image is None else "Can't be shown" if image.isNull() else ""
        if image is not None and not image.isNull():
            size = image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(area.topLeft(), size)
            target.moveCenter(area.center())
            painter.drawImage(target, image)
        elif said:
            painter.setPen(theme.colour("tile_ink"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, said)
        if item.duration_ns is not None:
            self._badge(painter, area, f"▶ {item.duration_ns / 1e9:.1f} s")
        if item.starred:
            spot = QRect(area.right() - 32, area.top() + 4, 28, 28)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("tile_veil"))
            painter.drawEllipse(spot)
            painter.drawPixmap(spot.adjusted(4, 4, -4, -4), self._star())

    def _badge(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.setFont(self._font(theme.size("small")))
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        box = QRect(area.left() + 6, area.bottom() - 26, width, 21)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("tile_veil"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(theme.colour("tile_ink"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _caption(self, painter: QPainter, area: QRect, item: LibraryItem) -> None:
        half = area.height() // 2
        elide = Qt.TextElideMode.ElideRight
        dot = QPointF(area.right() - 5, area.top() + half / 2)
        self._upload_dot(painter, dot, item)
        painter.setFont(self._font(theme.size("body"), bold=True))
        painter.setPen(theme.colour("ink"))
        label = self.labels.get(item.camera_id, item.camera_id)
        first = QRect(area.left(), area.top(), area.width() - 18, half)
        painter.drawText(
            first, Qt.AlignmentFlag.AlignVCenter, painter.fontMetrics().elidedText(label, elide, first.width())
        )
        painter.setFont(self._font(theme.size("small")))
        painter.setPen(theme.colour("muted"))
        second = QRect(area.left(), area.top() + half, area.width(), half)
        when = local_text(item.captured_at_ns, self.zones.get(item.session_id or ""))
        painter.drawText(
            second, Qt.AlignmentFlag.AlignVCenter, painter.fontMetrics().elidedText(when, elide, second.width())
        )

    def _upload_dot(self, painter: QPainter, centre: QPointF, item: LibraryItem) -> None:
        """Filled: verified, sending or blocked, by colour; a ring: waits. Words are in the viewer."""
        if item.upload_state is None:
            return
        token = _DOTS.get(item.upload_state)
        painter.setPen(QPen(theme.colour(token or "muted"), 2))
        painter.setBrush(theme.colour(token) if token else QColor(0, 0, 0, 0))
        painter.drawEllipse(centre, 4, 4)

    def _edge(self, painter: QPainter, cell: QRect, chosen: bool, current: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if current:
            painter.setPen(QPen(theme.colour("accent"), 3))
        elif chosen:
            painter.setPen(QPen(theme.colour("accent"), 2))
        else:
            painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -1, -1), 8, 8)

    def _font(self, px: int, *, bold: bool = False) -> QFont:
        font = QFont(self._grid.font())
        font.setPixelSize(px)
        font.setBold(bold)
        return font

    def _star(self) -> QPixmap:
        if "star" not in self._stars:
            self._stars["star"] = theme.icon("star-filled", "tile_ink").pixmap(20, 20)
        return self._stars["star"]


def cell_height(width: int) -> int:
    """Of a cell of that width, so that a 16:9 picture fills its place."""
    return round((width - 2 * GAP_PX - 2 * EDGE_PX) * 9 / 16) + EDGE_PX + CAPTION_PX + 2 * GAP_PX
