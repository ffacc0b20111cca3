"""The history as a table model: pages of jobs, newest first, kept live by what changed, without ever a reset."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from core.errors import KnownError
from core.store import jobs, stations
from core.store.database import Reading
from core.store.jobs import JobFilter
from gui import theme
from gui.background import run_in_background
from gui.errors import show_failure
from gui.jobs.history_rows import HistoryRow, belongs, rows_of
from gui.station import Station

COLUMNS = ("State", "Job", "Made", "Took", "What came of it")
PAGE_SIZE = 100
JOB = Qt.ItemDataRole.UserRole
_BEHIND = 500
"""So many changes at once are not followed one by one: what is loaded is read again."""
_LOADED_MOST = 2000
"""Rows that are read again then; older ones come back as they are scrolled to."""
_SEARCH_EVERY_S = 2.0
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the next look at the store is for; replaced whole, as another thread reads it."""

    wanted: JobFilter
    revision: int | None = None
    """None: read from the newest on."""
    loaded: int = 0
    searched_at_s: float = 0.0
    """When a search by words last looked for new ones (monotonic)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the store brought."""

    asked: _Asked
    revision: int
    changed: tuple[HistoryRow, ...] = ()
    found: tuple[HistoryRow, ...] | None = None
    """The newest page or pages, where they were read."""
    cursor: str | None = None
    searched_at_s: float = 0.0
    total: int = 0
    """Jobs in the whole history, batches not counted."""


class HistoryModel(QAbstractTableModel):
    """`read` off the main thread, then `show` on it. Pages that are scrolled to come by themselves."""

    held = Signal(int)
    """So many jobs came that are not put in, so as not to move what is being looked at."""
    loaded = Signal()
    """Rows were read: for a new filter, or further down."""

    def __init__(self, station: Station, parent: QObject) -> None:
        super().__init__(parent)
        self._station = station
        self._asked = _Asked(JobFilter(top_level=True))
        self._cursor: str | None = None
        self._fetching = False
        self._held: set[str] = set()
        self.rows: list[HistoryRow] = []
        self.total = 0
        self.may_move: Callable[[], bool] = lambda: True
        """Asked before jobs that came are put in: the view says no while it is scrolled down."""

    @property
    def wanted(self) -> JobFilter:
        return self._asked.wanted

    def set_filter(self, wanted: JobFilter) -> None:
        """The next look at the store begins at the newest that this lets through."""
        self._asked = _Asked(wanted)

    def place_of(self, job_id: str) -> int | None:
        """The row of a job, if it is loaded."""
        return next((place for place, row in enumerate(self.rows) if row.job.id == job_id), None)

    # following the store

    def read(self) -> Seen:
        """What changed since the last look, or the newest page. Off the main thread."""
        asked = self._asked
        with self._station.database.read() as tx:
            revision = stations.revision(tx)
            total = sum(jobs.counts(tx).values())
            if asked.revision is None:
                return self._newest(tx, asked, revision, total, PAGE_SIZE)
            changed = jobs.changed(tx, revision=asked.revision, limit=_BEHIND)
            if len(changed) >= _BEHIND:
                return self._newest(tx, asked, revision, total, min(max(asked.loaded, PAGE_SIZE), _LOADED_MOST))
            rows = tuple(rows_of(tx, changed))
            now_s = time.monotonic()
            if asked.wanted.text and rows and now_s - asked.searched_at_s > _SEARCH_EVERY_S:
                seen = self._newest(tx, asked, revision, total, PAGE_SIZE)
                return replace(seen, changed=rows, searched_at_s=now_s)
            return Seen(asked, revision, rows, searched_at_s=asked.searched_at_s, total=total)

    def _newest(self, tx: Reading, asked: _Asked, revision: int, total: int, number: int) -> Seen:
        page = jobs.page(tx, asked.wanted, limit=number)
        rows = tuple(rows_of(tx, page.items))
        return Seen(asked, revision, (), rows, page.next, time.monotonic(), total)

    def show(self, seen: Seen) -> None:
        """Change the rows that are different, and no others."""
        if seen.asked.wanted is not self._asked.wanted:
            return  # the filter changed meanwhile; the next look is under way
        anew = self._asked.revision is None
        self.total = seen.total
        if seen.found is not None and (anew or not seen.changed):
            self._cursor = seen.cursor
            self._held.clear()
            self._become(list(seen.found))
        else:
            fresh = {row.job.id: row for row in seen.changed}
            self._become(self._with(fresh, {row.job.id: row for row in seen.found or ()}))
        self._asked = replace(
            self._asked, revision=seen.revision, loaded=len(self.rows), searched_at_s=seen.searched_at_s
        )
        self.held.emit(len(self._held))
        self.loaded.emit()

    def _with(self, changed: dict[str, HistoryRow], found: dict[str, HistoryRow]) -> list[HistoryRow]:
        """The rows as they are after these changes."""
        wanted = self._asked.wanted
        known = {row.job.id for row in self.rows}
        rows = [changed.get(row.job.id, row) for row in self.rows]
        kept = [row for row in rows if row.job.id not in changed or belongs(row.job, wanted)]
        came = found if wanted.text else changed
        new = [row for id, row in came.items() if id not in known and belongs(row.job, wanted)]
        if self._cursor is not None and self.rows:
            new = [row for row in new if row.place > self.rows[-1].place]  # older: read when it is scrolled to
        if new and not self.may_move():
            self._held |= {row.job.id for row in new}
            return kept
        return sorted([*kept, *new], key=lambda row: row.place, reverse=True) if new else kept

    def _become(self, rows: list[HistoryRow]) -> None:
        """Both the rows now and those wanted are newest first."""
        wanted = {row.job.id for row in rows}
        for first, last in _runs(place for place, row in enumerate(self.rows) if row.job.id not in wanted):
            self.beginRemoveRows(_NOWHERE, first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()
        known = {row.job.id for row in self.rows}
        runs = list(_runs(place for place, row in enumerate(rows) if row.job.id not in known))
        for first, last in reversed(runs):  # from the top down places are final
            self.beginInsertRows(_NOWHERE, first, last)
            self.rows[first:first] = rows[first : last + 1]
            self.endInsertRows()
        different = [place for place, row in enumerate(rows) if self.rows[place] != row]
        for place in different:
            self.rows[place] = rows[place]
        for first, last in _runs(different):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    # further pages

    def canFetchMore(self, parent: Index = _NOWHERE) -> bool:
        return not parent.isValid() and self._cursor is not None and not self._fetching

    def fetchMore(self, parent: Index = _NOWHERE) -> None:
        """The page after the last loaded row; it comes later."""
        if not self.canFetchMore(parent):
            return
        self._fetching = True
        wanted, cursor, database = self._asked.wanted, self._cursor, self._station.database

        def read() -> tuple[list[HistoryRow], str | None]:
            with database.read() as tx:
                page = jobs.page(tx, wanted, cursor, PAGE_SIZE)
                return rows_of(tx, page.items), page.next

        def came(read: tuple[list[HistoryRow], str | None]) -> None:
            self._fetching = False
            if wanted is self._asked.wanted and cursor == self._cursor:
                self._append(*read)

        def failed(error: KnownError) -> None:
            self._fetching = False
            show_failure(error, None)

        run_in_background(read, then=came, failed=failed, parent=self)

    def _append(self, rows: Sequence[HistoryRow], cursor: str | None) -> None:
        known = {row.job.id for row in self.rows}
        rows = [row for row in rows if row.job.id not in known]
        self._cursor = cursor
        if rows:
            first = len(self.rows)
            self.beginInsertRows(_NOWHERE, first, first + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()
        self._asked = replace(self._asked, loaded=len(self.rows))
        self.loaded.emit()

    # what the view asks

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole:
            level = row.level if index.column() == 0 else "" if index.column() == 1 else "muted"
            return theme.colour(level or "ink")
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.message or row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.cells[index.column()]}, {row.title}" if index.column() != 1 else f"{row.title}, {row.said}"
        return row if role == JOB else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None


def _runs(places: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending places as (first, last) runs, the last run first: taking rows away leaves the others' places."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs[::-1]
