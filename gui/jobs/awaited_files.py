"""What was asked for here and takes a while: told when its file is there, with a way to open it."""

from functools import partial

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core.job import ENDED
from core.store import jobs, results
from gui.background import Refresh
from gui.station import Station
from gui.toast import show_notice

_FILES_MOST = 100


class AwaitedFiles(QObject):
    """A job that fails is told like every job that fails."""

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._station, self._page = station, page
        self._awaited: dict[str, tuple[str, str]] = {}
        self._refresh = Refresh(self._read, self._show, self)
        station.changed.connect(self._changed)

    def wait_for(self, job_id: str, file_name: str, said: str) -> None:
        """said: once the job has made the file that is called so, or ends so."""
        self._awaited = {**self._awaited, job_id: (file_name, said)}
        self._refresh.ask()

    def _changed(self) -> None:
        if self._awaited:
            self._refresh.ask()

    def _read(self) -> dict[str, str | None]:
        """Of each awaited job that has ended, the file's path in the data folder, if it made it."""
        awaited = self._awaited
        with self._station.database.read() as tx:
            ended = [id for id, state in jobs.states(tx, awaited.keys()).items() if state in ENDED]
            made = results.for_jobs(tx, ended, limit=_FILES_MOST)
        return {
            id: next((file.path for file in made if file.job_id == id and file.name.endswith(awaited[id][0])), None)
            for id in ended
        }

    def _show(self, ended: dict[str, str | None]) -> None:
        for id in self._awaited.keys() & ended.keys():
            path = ended[id]
            if path is not None:
                act = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(self._station.folder.absolute(path))))
                show_notice(self._page, self._awaited[id][1], "ok", ("Open", act))
        self._awaited = {id: wanted for id, wanted in self._awaited.items() if id not in ended}
