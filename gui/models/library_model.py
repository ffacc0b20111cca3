"""The library's grid as a table model: it knows how many items there are, and reads the pages that are looked at."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from core.clock import local_text
from core.errors import KnownError
from core.store import library
from core.store.library import LibraryFilter, LibraryItem, Outline
from core.upload import ItemKind
from gui.background import run_in_background
from gui.station import Station

PAGE_SIZE = 240
KEPT_PAGES = 80
ITEM = Qt.ItemDataRole.UserRole
REST_MS = 300
REST_SHARE = 4
"""After reading for so long it rests four times as long: a library that grows all the time keeps no core busy."""
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class _Read:
    """What one look at the store brought."""

    wanted: LibraryFilter
    anew: bool
    revision: int
    outline: Outline | None
    """Where it changed or was asked for."""
    took_s: float
    moved: bool
    """The pages are those of the new outline."""
    pages: dict[int, list[LibraryItem]] = field(default_factory=dict)


class LibraryModel(QAbstractTableModel):
    """Position n, newest first, is row n // columns, column n % columns. Never reads on the main thread."""

    counted = Signal(int)
    """The number of items changed, or was found for a new filter."""
    held = Signal(bool, int)
    """Files came or went that are not shown yet, so as not to move what is being looked at; how many more there are."""

    def __init__(self, station: Station, parent: QObject) -> None:
        super().__init__(parent)
        self._station = station
        self._columns = 4
        self._wanted = LibraryFilter()
        self._outline = Outline(0, PAGE_SIZE, ())
        self._pages: OrderedDict[int, list[LibraryItem]] = OrderedDict()
        self._revision = -1
        self._looked_at = range(0)
        self._reading = self._stale = False
        self._anew = True
        self.may_move: Callable[[], bool] = lambda: True
        """Asked before files that came are put in: the view says no while something is chosen or scrolled to."""
        self.labels: dict[str, str] = {}
        """Camera id to label, for screen readers."""
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._read)

    # what the view asks

    @property
    def count(self) -> int:
        return self._outline.count

    @property
    def columns(self) -> int:
        return self._columns

    @property
    def wanted(self) -> LibraryFilter:
        return self._wanted

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else -(-self._outline.count // self._columns)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._columns

    def position(self, index: Index) -> int:
        return index.row() * self._columns + index.column()

    def at(self, position: int) -> QModelIndex:
        return self.index(position // self._columns, position % self._columns)

    def item(self, position: int) -> LibraryItem | None:
        """The item, or None while its page is not here (or there is none)."""
        if position >= self._outline.count:
            return None
        number, place = divmod(position, PAGE_SIZE)
        page = self._pages.get(number)
        return page[place] if page is not None and place < len(page) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == ITEM:
            return self.item(self.position(index))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            item = self.item(self.position(index))
            return "Loading" if item is None else self.spoken(item)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.position(index) >= self._outline.count:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def spoken(self, item: LibraryItem) -> str:
        """An item in words."""
        words = [
            "Clip" if item.kind is ItemKind.CLIP else "Frame",
            self.labels.get(item.camera_id, item.camera_id),
            local_text(item.captured_at_ns),
        ]
        return ", ".join([*words, "starred"] if item.starred else words)

    # what the page tells

    def set_columns(self, columns: int) -> None:
        if columns != self._columns:
            self.beginResetModel()
            self._columns = columns
            self.endResetModel()

    def set_filter(self, wanted: LibraryFilter) -> None:
        """Show what this filter lets through, from the newest on."""
        self._wanted = wanted
        self._looked_at = range(0)
        self.show_changes()

    def look_at(self, first: int, last: int) -> None:
        """These positions are on screen: read their pages, and no others that still wait."""
        self._looked_at = range(max(0, first) // PAGE_SIZE, max(0, last) // PAGE_SIZE + 1)
        if any(number not in self._pages for number in self._looked_at):
            self._read()

    def refresh(self) -> None:
        """The database changed: look again, soon."""
        if not self._rest.isActive():
            self._rest.start()

    def refresh_now(self) -> None:
        """Look again at once: the window itself changed something, or the grid is shown."""
        self._rest.stop()
        self._read()

    def show_changes(self) -> None:
        """Look again now, and put in what came even if that moves what is on screen."""
        self._anew = True
        self._read()

    def fetch(self, runs: Sequence[tuple[int, int]], then: Callable[[list[LibraryItem]], object]) -> None:
        """Hand the items of these (first, last) positions to `then`, reading pages that are not here."""
        here = [self.item(position) for first, last in runs for position in range(first, last + 1)]
        items = [item for item in here if item is not None]
        if len(items) == len(here):
            then(items)
            return
        wanted, shown, database = self._wanted, self._outline, self._station.database
        pages = dict(self._pages)

        def read() -> list[LibraryItem]:
            with database.read() as tx:
                for number in {position // PAGE_SIZE for first, last in runs for position in range(first, last + 1)}:
                    if number not in pages:
                        until = _until(shown.starts, number)
                        pages[number] = library.page(tx, wanted, shown.starts[number], until, PAGE_SIZE)
            return [
                item
                for first, last in runs
                for position in range(first, last + 1)
                for item in pages[position // PAGE_SIZE][position % PAGE_SIZE :][:1]
            ]

        run_in_background(read, then=then, parent=self)

    # reading

    def _read(self) -> None:
        if self._reading:
            self._stale = True
            return
        self._reading, self._stale = True, False
        anew, self._anew = self._anew, False
        wanted, shown, database = self._wanted, self._outline, self._station.database
        known = None if anew else self._revision
        looked_at = tuple(self._looked_at) or (0,)
        may_move = anew or self.may_move()

        def read() -> _Read:
            started_s = time.monotonic()
            with database.read() as tx:
                revision = library.newest_revision(tx)
                outline = library.outline(tx, wanted, PAGE_SIZE) if revision != known else None
                moved = outline is not None and may_move
                starts = outline.starts if outline is not None and may_move else shown.starts
                pages = {
                    number: library.page(tx, wanted, starts[number], _until(starts, number), PAGE_SIZE)
                    for number in looked_at
                    if number < len(starts)
                }
            took_s = time.monotonic() - started_s
            return _Read(wanted, anew, revision, outline, took_s, moved, pages)

        run_in_background(read, then=self._came, failed=self._did_not, parent=self)

    def _did_not(self, _busy: KnownError) -> None:
        self._reading, self._anew = False, True
        self._rest.start()

    def _came(self, read: _Read) -> None:
        self._reading = False
        self._rest.setInterval(max(REST_MS, round(read.took_s * 1000 * REST_SHARE)))
        if read.wanted != self._wanted:
            self._read()  # the filter changed meanwhile
            return
        if read.revision != self._revision:
            for number in [number for number in self._pages if number not in read.pages]:
                del self._pages[number]  # read again when it is looked at
        self._revision = read.revision
        counted = False
        if read.outline is not None and read.moved:
            counted = read.anew or read.outline.count != self.count
            self._put_outline(read.outline)
        self._put_pages(read.pages)
        if read.outline is not None:
            is_held = not read.moved and read.outline != self._outline
            self.held.emit(is_held, read.outline.count - self.count if is_held else 0)
        if counted:
            self.counted.emit(self.count)
        known = range(len(self._outline.starts))
        if self._stale or any(number in known and number not in self._pages for number in self._looked_at):
            self._read()

    def _put_outline(self, outline: Outline) -> None:
        before, after = self.rowCount(), -(-outline.count // self._columns)
        if after > before:
            self.beginInsertRows(_NOWHERE, before, after - 1)
        elif after < before:
            self.beginRemoveRows(_NOWHERE, after, before - 1)
        self._outline = outline
        if after > before:
            self.endInsertRows()
        elif after < before:
            self.endRemoveRows()
        if after:
            self.dataChanged.emit(self.index(0, 0), self.index(after - 1, self._columns - 1))

    def _put_pages(self, pages: dict[int, list[LibraryItem]]) -> None:
        for number, items in pages.items():
            before = self._pages.get(number, [])
            self._pages[number] = items
            self._pages.move_to_end(number)
            for place in range(max(len(before), len(items))):
                old = before[place] if place < len(before) else None
                new = items[place] if place < len(items) else None
                if old != new:
                    index = self.at(number * PAGE_SIZE + place)
                    self.dataChanged.emit(index, index)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)


def _until(starts: tuple[library.Place, ...], number: int) -> library.Place | None:
    return starts[number + 1] if number + 1 < len(starts) else None
