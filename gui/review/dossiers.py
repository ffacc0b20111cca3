"""The dossiers that were asked for here: each is told when it is there, with a way to open it."""

from functools import partial

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core.job import ENDED
from core.store import jobs, results
from gui.background import Refresh
from gui.station import Station
from gui.toast import show_notice


class Dossiers(QObject):
    """One that fails is told like every job that fails."""

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._station, self._page = station, page
        self._awaited: frozenset[str] = frozenset()
        self._refresh = Refresh(self._read, self._show, self)
        station.changed.connect(self._changed)

    def wait_for(self, job_id: str) -> None:
        self._awaited |= {job_id}
        self._refresh.ask()

    def _changed(self) -> None:
        if self._awaited:
            self._refresh.ask()

    def _read(self) -> dict[str, str | None]:
        """Of each awaited job that has ended, the PDF's path in the data folder, if it made one."""
        with self._station.database.read() as tx:
            ended = [id for id, state in jobs.states(tx, self._awaited).items() if state in ENDED]
            made = results.for_jobs(tx, ended, limit=10 * len(ended))
        return {
            id: next((file.path for file in made if file.job_id == id and file.name.endswith(".pdf")), None)
            for id in ended
        }

    def _show(self, ended: dict[str, str | None]) -> None:
        for id in self._awaited & ended.keys():
            path = ended[id]
            if path is not None:
                act = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(self._station.folder.absolute(path))))
                show_notice(self._page, "The dossier is made.", "ok", ("Open", act))
        self._awaited -= ended.keys()
