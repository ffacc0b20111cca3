"""The alert bar: one calm line below the top bar while something needs the operator's eye, and nothing otherwise."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from core.alert import Alert
from core.store import alerts, sessions
from gui import theme
from gui.alerts.alert_words import since_text
from gui.models.following import Following
from gui.station import Station
from gui.sync.elided import ElidedLabel

_REST_MS = 500


@dataclass(frozen=True, slots=True)
class AlertsRead:
    raised: tuple[Alert, ...]
    zone: ZoneInfo | None
    """The current session's."""


class AlertBar(QFrame):
    """Tells the newest alert that holds, and how many others do. It never blinks and never takes the keyboard."""

    all_wanted = Signal()

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._read_last: AlertsRead | None = None
        theme.set_role(self, role="bar", edge="top")
        self.setAccessibleName("Alerts")
        self._mark = QLabel(self)
        self.said = ElidedLabel(self)
        self.hint = ElidedLabel(self)
        theme.set_role(self.hint, role="small")
        self.all = QPushButton("All alerts", self)
        self.all.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the page
        self.all.clicked.connect(self.all_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.space("m"), theme.space("xs"), theme.space("m"), theme.space("xs"))
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self._mark)
        layout.addWidget(self.said, 3)
        layout.addWidget(self.hint, 2)
        layout.addWidget(self.all)
        self.hide()
        theme.changed.connect(self._paint_mark)
        self._paint_mark()
        # Hidden most of the time itself: it follows what it stands in.
        self._follow = Following(station, parent, self._read, self._show, rest_ms=_REST_MS)

    def _read(self) -> AlertsRead:
        with self._station.database.read() as tx:
            current = sessions.current(tx)
            return AlertsRead(tuple(alerts.raised(tx)), ZoneInfo(current.time_zone) if current else None)

    def _show(self, read: AlertsRead) -> None:
        if read == self._read_last:
            return
        self._read_last = read
        self.setVisible(bool(read.raised))
        if not read.raised:
            return
        newest, others = read.raised[-1], len(read.raised) - 1
        self.said.set_text(f"{newest.message.removesuffix('.')}, {since_text(newest, read.zone)}")
        self.hint.set_text(newest.hint)
        self.all.setText(f"{others:,} more" if others else "All alerts")
        self.all.setAccessibleName(f"All alerts, {others + 1:,} hold" if others else "All alerts")
        self.setAccessibleDescription(f"{newest.message}. {newest.hint}")

    def _paint_mark(self) -> None:
        px = theme.size("icon")
        self._mark.setPixmap(theme.icon("warning", "warn").pixmap(px, px))
