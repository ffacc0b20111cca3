"""Opens an asset's frames: those of the library in its viewer, files of this machine in one of their own."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from core.run import FrameRef
from core.store.library import LibraryFilter
from gui.analysis.file_viewer import FileViewer
from gui.jobs.made_viewer import MadeViewer
from gui.station import Station


class FrameOpening(QObject):
    job_wanted = Signal(str)
    """The operator wants to see the job that made a frame."""

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self.library = MadeViewer(station, page)
        self.library.job_wanted.connect(self.job_wanted)
        self.files: FileViewer | None = None

    def open(self, ref: FrameRef, among: Sequence[FrameRef]) -> None:
        """← and → go through the frames that it is among."""
        if ref.frame_id is not None:
            ids = tuple(frame.frame_id for frame in among if frame.frame_id is not None)
            self.library.open(ref.frame_id, LibraryFilter(ids=ids))
            return
        paths = [Path(frame.path) for frame in among if frame.path is not None]
        self.files = FileViewer(paths, paths.index(Path(ref.path or "")), self._page)
        self.files.finished.connect(self.files.deleteLater)
        self.files.open()
