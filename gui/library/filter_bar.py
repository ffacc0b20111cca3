"""The library's filters: camera, session, days, kind and star."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.camera import Camera
from core.session import Session
from core.store.library import LibraryFilter
from core.upload import ItemKind
from gui import theme
from gui.choices import Choice, DaysChoice, SessionChoice


class FilterBar(QWidget):
    """Tells `changed` whenever what it lets through is another."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.camera, self.kind = Choice("Camera", 165, self), Choice("Kind", 196, self)
        self.camera.offer("All cameras", ())
        self.kind.offer("Frames and clips", (("Frames", "frame"), ("Clips", "clip")))
        self.session, self.days = SessionChoice(190, self), DaysChoice(150, self)
        self.starred = QPushButton("Starred", self)
        self.starred.setCheckable(True)
        self.starred.setAccessibleName("Only starred")
        theme.set_icon(self.starred, "star")
        line = QHBoxLayout()
        line.setSpacing(theme.space("s"))
        for widget in (self.camera, self.session, self.days, self.kind, self.starred):
            line.addWidget(widget)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addLayout(line)
        layout.addWidget(self.days.line)
        self._cameras: Sequence[Camera] = ()
        for combo in (self.camera, self.session, self.kind):
            combo.currentIndexChanged.connect(self._told)
        self.days.changed.connect(self._told)
        self.starred.toggled.connect(self._told)

    def show_choices(self, cameras: Sequence[Camera], sessions: Sequence[Session]) -> None:
        """Offer these; what is chosen stays chosen."""
        stay = [self.session.show_sessions(sessions)]
        if cameras != self._cameras:
            self._cameras = cameras
            stay.append(self.camera.offer("All cameras", [(camera.label, camera.id) for camera in cameras]))
        if not all(stay):
            self._told()  # what was chosen is gone

    def wanted(self) -> LibraryFilter:
        """What the bar lets through now; days are those of the chosen session's zone, else of the current one's."""
        from_ns, to_ns = self.days.span_ns(self.session.zone())
        return LibraryFilter(
            camera_id=self.camera.currentData() or None,
            session_id=self.session.currentData() or None,
            from_ns=from_ns,
            to_ns=to_ns,
            kind=ItemKind(self.kind.currentData()) if self.kind.currentData() else None,
            starred=self.starred.isChecked(),
        )

    def clear(self) -> None:
        """Let everything through."""
        for combo in (self.camera, self.session, self.days, self.kind):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(0)
        with QSignalBlocker(self.starred):
            self.starred.setChecked(False)
        self._told()

    def _told(self) -> None:
        self.days.show_line()
        theme.set_icon(self.starred, *(("star-filled", "warn") if self.starred.isChecked() else ("star", "ink")))
        self.changed.emit()
