"""Opens a frame or clip of the library's viewer from elsewhere, among those that were made with it."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from core.store.library import LibraryFilter
from gui.library.actions import LibraryActions
from gui.library.viewer import Viewer
from gui.models.library_model import PAGE_SIZE, LibraryModel
from gui.station import Station
from gui.toast import show_notice


class MadeViewer(QObject):
    """← and → go through what the filter lets through, as in the library."""

    job_wanted = Signal(str)
    """The operator wants to see the job that made what is shown."""

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._station, self._page = station, page
        self._model = LibraryModel(station, self)
        self._model.counted.connect(self._counted)
        self._acts = LibraryActions(station, lambda _: self._model.show_changes(), page)
        self._wanted_id: str | None = None
        self.viewer: Viewer | None = None

    def open(self, item_id: str, among: LibraryFilter) -> None:
        """Open the viewer at this one; it comes when its rows are read."""
        self._wanted_id = item_id
        self._model.set_filter(among)

    def _counted(self, count: int) -> None:
        if self._wanted_id is None or self.viewer is not None:
            return
        items = ((place, self._model.item(place)) for place in range(min(count, PAGE_SIZE)))
        at = next((place for place, item in items if item is not None and item.id == self._wanted_id), None)
        self._wanted_id = None
        if at is None:
            show_notice(self._page, "It is not in the library any more.", "info")
            return
        self.viewer = Viewer(self._station, self._model, at, lambda item: self._acts.star([item]), self._page)
        self.viewer.job_wanted.connect(self.job_wanted)
        self.viewer.finished.connect(self._closed)
        self.viewer.open()

    def _closed(self) -> None:
        if self.viewer is not None:
            self.viewer.deleteLater()
            self.viewer = None
