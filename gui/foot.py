"""The foot of the window: the sync bar, and at its right end the jobs panel, which grows upwards over the page."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.jobs.jobs_panel import JobsPanel
from gui.station import Station
from gui.sync.sync_bar import SyncBar


class Foot(QFrame):
    """Keeps a room in its layout as wide as the panel, which itself lies above everything in `whole`."""

    def __init__(self, station: Station, whole: QWidget) -> None:
        super().__init__(whole)
        self.setProperty("role", "bar")
        self._whole = whole
        self.sync_bar = SyncBar(station, self)
        self.keep_clear_px: Callable[[], int] = self.height
        """Tells the height at the window's foot that nothing may cover."""
        self.placed: Callable[[], object] = lambda: None
        """Called when the panel has another place or size: what lies beside it may have to move."""
        self._room = QWidget(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sync_bar, 1)
        layout.addWidget(self._room)
        self.jobs_panel = JobsPanel(station, whole)
        self.jobs_panel.installEventFilter(self)

    def side_px(self) -> int:
        """The width at the window's right that the panel takes from the page."""
        return self.jobs_panel.width() if self.jobs_panel.expanded else 0

    def place(self) -> None:
        """Put the panel at the right, in the size that it wants."""
        panel, whole = self.jobs_panel, self._whole
        wanted = panel.sizeHint()
        width = min(max(wanted.width(), panel.minimumWidth()), self.width())
        # Open, it stands on what must stay in reach: the foot, and on the wall the capture bar.
        foot_px = self.keep_clear_px() if panel.expanded else 0
        height = min(wanted.height(), whole.height() - foot_px)
        self._room.setFixedWidth(0 if panel.expanded else width)
        panel.setGeometry(whole.width() - width, whole.height() - foot_px - height, width, height)
        panel.raise_()
        self.placed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.place()
        return False
