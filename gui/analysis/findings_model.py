"""The results as a table model: it knows how many findings there are, and reads the pages that are looked at."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from core.pack import Pack
from core.packs import pack_of
from core.run import FindingState, Run
from core.store import findings, runs
from core.store.database import Reading
from core.store.findings import FindingFilter, FindingSort
from gui import theme
from gui.analysis.finding_rows import FindingRow, rows_of
from gui.analysis.words import STATES, TableColumn, cell_text, columns_of
from gui.background import Refresh
from gui.station import Station

PAGE_SIZE = 100
KEPT_PAGES = 40
ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_EVERY, _OWN_ORDER = FindingFilter(), FindingSort()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the next look at the store is for; replaced whole, as another thread reads it."""

    run_id: str
    wanted: FindingFilter = _EVERY
    sort: FindingSort = _OWN_ORDER
    pages: tuple[int, ...] = (0,)
    revision: int = -1
    """Of the run as it is shown."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the store brought."""

    asked: Asked
    run: Run
    pack: Pack | None = None
    """Where the run is another."""
    count: int | None = None
    """None: nothing changed since."""
    pages: tuple[tuple[int, list[FindingRow]], ...] = ()


class FindingsModel(QAbstractTableModel):
    """`read` off the main thread, then `show` on it. Pages that are scrolled to come by themselves."""

    came = Signal()
    """Rows were read."""

    def __init__(self, station: Station, parent: QObject) -> None:
        super().__init__(parent)
        self._station = station
        self._asked = Asked("")
        self._pages: OrderedDict[int, list[FindingRow]] = OrderedDict()
        self._refresh: Refresh[Seen | None] = Refresh(self._read_pages, self._show_pages, self)
        self.run: Run | None = None
        self.pack: Pack | None = None
        self.columns: tuple[TableColumn, ...] = ()
        self.count = 0

    @property
    def asked(self) -> Asked:
        return self._asked

    def show_run(self, run_id: str) -> None:
        """Begin with another run; its rows come with the next look at the store."""
        self.beginResetModel()
        self._asked, self.run, self.pack, self.columns, self.count = Asked(run_id), None, None, (), 0
        self._pages.clear()
        self.endResetModel()

    def ask(self, wanted: FindingFilter | None = None, sort: FindingSort | None = None) -> None:
        """The next look at the store begins at the first row that this lets through."""
        asked = replace(self._asked, pages=(0,), revision=-1)
        self._asked = replace(asked, wanted=wanted or asked.wanted, sort=sort or asked.sort)

    # following the store

    def read(self) -> Seen | None:
        """The run, and the rows that are looked at if it changed. Off the main thread. Raises NotFound."""
        asked = self._asked
        if not asked.run_id:
            return None
        with self._station.database.read() as tx:
            run = runs.get(tx, asked.run_id)
            if run.revision == asked.revision:
                return Seen(asked, run)
            pack = pack_of(run.pack) if self.pack is None else None
            count = findings.count(tx, run.id, asked.wanted)
            return Seen(asked, run, pack, count, self._page_rows(tx, asked))

    def _page_rows(self, tx: Reading, asked: Asked) -> tuple[tuple[int, list[FindingRow]], ...]:
        pages = []
        for page in asked.pages:
            cursor = str(page * PAGE_SIZE)
            found = findings.page(tx, asked.run_id, asked.sort, asked.wanted, cursor, PAGE_SIZE)
            pages.append((page, rows_of(tx, self._station.folder, found.items)))
        return tuple(pages)

    def show(self, seen: Seen | None) -> None:
        """Take over what the store has now."""
        if seen is None or not self._is_wanted(seen):
            return
        self.run = seen.run
        if seen.pack is not None:
            self.beginResetModel()
            self.pack = seen.pack
            self.columns = columns_of(seen.pack)
            self.endResetModel()
        if seen.count is not None:
            self._become(seen.count)
            self._pages = OrderedDict(seen.pages)
            if self.count:
                self.dataChanged.emit(self.index(0, 0), self.index(self.count - 1, len(self.columns) - 1))
            self._asked = replace(self._asked, revision=seen.run.revision)
        self.came.emit()

    def _is_wanted(self, seen: Seen) -> bool:
        asked, now = seen.asked, self._asked
        return (asked.run_id, asked.wanted, asked.sort) == (now.run_id, now.wanted, now.sort)

    def _become(self, count: int) -> None:
        if count < self.count:
            self.beginRemoveRows(_NOWHERE, count, self.count - 1)
            self.count = count
            self.endRemoveRows()
        elif count > self.count:
            self.beginInsertRows(_NOWHERE, self.count, count - 1)
            self.count = count
            self.endInsertRows()

    # pages that are scrolled to

    def look_at(self, first: int, last: int) -> None:
        """These rows are on screen: read their pages, and the next one."""
        if self.count == 0:
            return
        pages = range(first // PAGE_SIZE, min(last + PAGE_SIZE // 2, self.count - 1) // PAGE_SIZE + 1)
        self._asked = replace(self._asked, pages=tuple(pages))
        if any(page not in self._pages for page in pages):
            self._refresh.ask()

    def _read_pages(self) -> Seen | None:
        run, asked = self.run, self._asked
        missing = tuple(page for page in asked.pages if page not in self._pages)
        if run is None or not missing:
            return None
        asked = replace(asked, pages=missing)
        with self._station.database.read() as tx:
            return Seen(asked, run, None, None, self._page_rows(tx, asked))

    def _show_pages(self, seen: Seen | None) -> None:
        if seen is None or not self._is_wanted(seen):
            return
        for page, rows in seen.pages:
            self._pages[page] = rows
            first = page * PAGE_SIZE
            last = min(first + PAGE_SIZE, self.count) - 1
            if first <= last:
                self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        self.came.emit()

    # what the view asks

    def row(self, place: int) -> FindingRow | None:
        """The row, or None while its page is not here."""
        page = self._pages.get(place // PAGE_SIZE)
        return page[place % PAGE_SIZE] if page is not None and place % PAGE_SIZE < len(page) else None

    def place_of(self, asset_id: str) -> int | None:
        """Of an asset's row, if it is here."""
        for page, rows in self._pages.items():
            for place, row in enumerate(rows):
                if row.finding.asset_id == asset_id:
                    return page * PAGE_SIZE + place
        return None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self.count

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row(index.row())
        column = self.columns[index.column()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if row is None:
            return "Loading" if role == Qt.ItemDataRole.AccessibleTextRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return cell_text(row.finding, column.key, column.pack)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {cell_text(row.finding, column.key, column.pack) or 'nothing'}"
        return None

    def _colour(self, row: FindingRow, column: TableColumn) -> object:
        if column.key == "state":
            return theme.colour(STATES[row.finding.state][1])
        is_reason = column.key == "error" and row.finding.state is FindingState.FAILED
        return theme.colour("bad" if is_reason else "ink" if column.key == "asset_id" or column.pack else "muted")

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and column.pack is not None:
            return column.pack.description or None
        return None
