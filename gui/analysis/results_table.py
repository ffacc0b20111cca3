"""The results' table: rows of one height with a thumbnail each, columns that can be chosen and are kept by pack."""

from collections.abc import Collection

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.store.findings import FindingSort
from gui import theme
from gui.analysis.finding_rows import FindingRow
from gui.analysis.findings_model import ROW, FindingsModel
from gui.analysis.words import PICTURE, REASON
from gui.library.thumbnails import Thumbnails
from gui.table_look import look_of_rows

ROW_PX = 52
THUMBNAIL = QSize(80, 45)
_FEWEST = ("asset_id",)
"""Columns that can't be left out."""


class ResultsTable(QTableView):
    """A press on a header sorts by it, and again the other way round; the frames' header gives the run's own order."""

    sorted = Signal(object)
    """A FindingSort."""
    looked_at = Signal(int, int)
    columns_chosen = Signal()

    def __init__(self, model: FindingsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._findings = model
        self._chosen_columns: dict[str, list[str]] = {}
        self._sort = FindingSort()
        self.thumbnails = Thumbnails(THUMBNAIL, self)
        self.thumbnails.ready.connect(lambda _: self.viewport().update())
        self.setModel(model)
        self.setItemDelegateForColumn(0, _PictureDelegate(self.thumbnails, self))
        header = look_of_rows(self, "Findings", ROW_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumWidth(400)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(False)
        header.setMinimumSectionSize(56)
        header.sectionClicked.connect(self.sort_by)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self.column_menu().popup(header.mapToGlobal(at)))
        self.verticalScrollBar().valueChanged.connect(lambda _: self.tell())
        model.modelReset.connect(self._reset)
        model.rowsInserted.connect(lambda *_: self.tell())
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> FindingRow | None:
        """The row that is chosen."""
        found = self.selectionModel().selectedRows()
        row = found[0].data(ROW) if found else None
        return row if isinstance(row, FindingRow) else None

    def on_screen(self) -> range:
        """The rows that are seen now, a part of one too."""
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        return range(max(first, 0), (last if last >= 0 else self._findings.count - 1) + 1)

    def tell(self) -> None:
        """Say which rows are on screen."""
        seen = self.on_screen()
        if seen:
            self.looked_at.emit(seen.start, seen.stop - 1)
            rows = (self._findings.row(place) for place in seen)
            self.thumbnails.keep_wishes({row.picture.key for row in rows if row is not None and row.picture})

    # sorting

    def sort_by(self, section: int) -> None:
        """As a press on that header does."""
        key = self._findings.columns[section].key
        descending = key != PICTURE and self._sort.column == key and not self._sort.descending
        self._sort = FindingSort(key, descending)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(key != PICTURE)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        header.setSortIndicator(section, order)
        self.sorted.emit(self._sort)

    # columns

    def column_menu(self) -> QMenu:
        """Every column, those that are shown with a mark."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, column in enumerate(self._findings.columns):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(place))
            action.setEnabled(column.key not in _FEWEST)
            action.toggled.connect(lambda shown, place=place: self.show_column(place, shown))
        return menu

    def show_column(self, place: int, shown: bool) -> None:
        """Show it, or leave it out; kept for this pack."""
        self.setColumnHidden(place, not shown)
        pack = self._findings.pack
        if pack is not None:
            self._chosen_columns[pack.name] = [
                column.key for place, column in enumerate(self._findings.columns) if not self.isColumnHidden(place)
            ]
            self.columns_chosen.emit()

    def show_reasons(self) -> None:
        """Show why, as soon as something failed, where the operator has not chosen the columns."""
        run, pack = self._findings.run, self._findings.pack
        if run is None or pack is None or not run.failed or pack.name in self._chosen_columns:
            return
        for place, column in enumerate(self._findings.columns):
            if column.key == REASON:
                self.setColumnHidden(place, False)

    def window_state(self) -> dict[str, list[str]]:
        """The chosen columns by pack."""
        return self._chosen_columns

    def restore(self, state: object) -> None:
        """What `window_state` gave; what is none is left alone."""
        if isinstance(state, dict):
            self._chosen_columns = {
                str(pack): [str(key) for key in keys] for pack, keys in state.items() if isinstance(keys, list)
            }
            self._reset()

    def _reset(self) -> None:
        """Another run: its pack's columns, and its own order."""
        self._sort = FindingSort()
        self.horizontalHeader().setSortIndicatorShown(False)
        pack = self._findings.pack
        if pack is None:
            return
        wanted: Collection[str] | None = self._chosen_columns.get(pack.name)
        for place, column in enumerate(self._findings.columns):
            is_shown = column.shown if wanted is None else column.key in wanted or column.key in _FEWEST
            self.setColumnHidden(place, not is_shown)
            self.setColumnWidth(place, column.width_px)
        self.show_reasons()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.tell()
        return super().viewportEvent(event)


class _PictureDelegate(QStyledItemDelegate):
    """Draws what is in memory, and asks for what is not."""

    def __init__(self, thumbnails: Thumbnails, table: QTableView) -> None:
        super().__init__(table)
        self._thumbnails = thumbnails

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        row = index.data(ROW)
        whole: QRect = option.rect
        area = QRect(0, 0, THUMBNAIL.width(), THUMBNAIL.height())
        area.moveCenter(whole.center())
        painter.fillRect(area, theme.colour("tile"))
        if not isinstance(row, FindingRow):
            return
        image = self._thumbnails.image(row.picture) if row.picture is not None else None
        if image is not None and not image.isNull():
            target = QRect(area.topLeft(), image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
            target.moveCenter(area.center())
            painter.drawImage(target, image)
        number = len(row.finding.frames)
        if number > 1:
            text = f"{number}"
            badge = QRect(0, 0, painter.fontMetrics().horizontalAdvance(text) + 8, 18)
            badge.moveBottomRight(area.bottomRight())
            painter.fillRect(badge, theme.colour("tile_veil"))
            painter.setPen(theme.colour("tile_ink"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
