"""What the operator does to frames and clips: star, delete, and have back."""

from collections.abc import Callable
from types import ModuleType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.store import clips, frames
from core.store.database import Writing
from core.store.library import LibraryItem
from core.upload import ItemKind
from gui.background import run_in_background
from gui.station import Station
from gui.toast import show_notice

ANALYSED_MOST = 20_000
AT_ONCE = 5000
"""Ids in one statement: SQLite takes some 32,000 values."""


class LibraryActions(QObject):
    """`changed(is_gone)` is called after each; is_gone: items left or came back."""

    def __init__(self, station: Station, changed: Callable[[bool], None], page: QWidget) -> None:
        super().__init__(page)
        self._station = station
        self._changed = changed
        self._page = page
        self._deleted: list[list[LibraryItem]] = []

    def star(self, items: list[LibraryItem]) -> None:
        """Star them all; if all are starred already, take the stars away."""
        starred = not all(item.starred for item in items)
        self._write(
            items,
            lambda tx, table, ids: [table.star(tx, id, starred) for id in ids],
            lambda: self._changed(False),
        )

    def delete(self, items: list[LibraryItem]) -> None:
        """Hide them and hold their uploads; the notice and Ctrl+Z take it back."""
        if not items:
            return
        days = self._station.settings.retention.deleted_days

        def done() -> None:
            self._deleted.append(items)
            self._changed(True)
            said = f"{_counted(items)} deleted here and no longer sent. Gone from disk in {days} days; objects stay."
            show_notice(self._page, said, "info", ("Undo", self.undo))

        self._write(items, lambda tx, table, ids: table.delete(tx, ids), done)

    def analyse(self, items: list[LibraryItem], then: Callable[[list[str]], object]) -> None:
        """Hand the ids of the frames among them on; say why, where there is none or too many."""
        ids = [item.id for item in items if item.kind is ItemKind.FRAME]
        if 0 < len(ids) <= ANALYSED_MOST:
            then(ids)
        elif items:
            said = (
                "A clip is not analysed: choose frames." if not ids else "So many are better chosen by their session."
            )
            show_notice(self._page, said, "info")

    def undo(self) -> None:
        """Take the newest deletion back."""
        if not self._deleted:
            return
        items = self._deleted.pop()

        def done() -> None:
            self._changed(True)
            show_notice(self._page, f"{_counted(items)} back.", "ok")

        self._write(items, lambda tx, table, ids: table.undelete(tx, ids), done)

    def _write(
        self,
        items: list[LibraryItem],
        change: Callable[[Writing, ModuleType, list[str]], object],
        done: Callable[[], object],
    ) -> None:
        database = self._station.database

        def work() -> None:
            with database.write() as tx:
                for kind, table in ((ItemKind.FRAME, frames), (ItemKind.CLIP, clips)):
                    ids = [item.id for item in items if item.kind is kind]
                    for first in range(0, len(ids), AT_ONCE):
                        change(tx, table, ids[first : first + AT_ONCE])

        run_in_background(work, then=lambda _: done(), parent=self._page)


def _counted(items: list[LibraryItem]) -> str:
    return "1 file is" if len(items) == 1 else f"{len(items):,} files are"
