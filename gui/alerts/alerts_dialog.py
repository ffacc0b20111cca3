"""Every alert of late: what it was, what to do, when it began and when it was over."""

from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.alert import Alert
from core.clock import local_text
from core.store import alerts, sessions
from gui import theme
from gui.alerts.alert_words import KINDS, held_text
from gui.models.following import Following
from gui.station import Station

SHOWN_MOST = 100
_Shown = tuple[tuple[Alert, ...], ZoneInfo | None]


class AlertsDialog(QDialog):
    """Those that hold first, then the newest; follows the station while it is open."""

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._shown: _Shown | None = None
        self.setWindowTitle("Alerts")
        self.resize(720, 460)
        title, said = QLabel("Alerts", self), QLabel("What needed an eye on it, and whether it still does.", self)
        theme.set_role(title, role="title")
        theme.set_role(said, role="muted")
        self._none = QLabel("Nothing to tell: no camera was lost, the disk has room, uploads go on.", self)
        self._none.setWordWrap(True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_role(self._none, role="muted")
        self._inner = QWidget()
        self._room = QVBoxLayout(self._inner)
        self._room.setContentsMargins(0, 0, theme.space("s"), 0)
        self._room.setSpacing(theme.space("s"))
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inner)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setAccessibleName("Alerts, those that hold first")
        self._inner.setAutoFillBackground(False)
        close = QPushButton("Close", self)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("l"),) * 4)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(title)
        layout.addWidget(said)
        layout.addWidget(self._none, 1)
        layout.addWidget(self._scroll, 1)
        layout.addLayout(foot)
        self._scroll.hide()
        self._follow = Following(station, self, self._read, self._show, rest_ms=500)

    def _read(self) -> _Shown:
        with self._station.database.read() as tx:
            current = sessions.current(tx)
            raised = alerts.raised(tx)[::-1]
            over = [alert for alert in alerts.newest(tx, SHOWN_MOST) if alert.cleared_at_ns is not None]
        return (*raised, *over), ZoneInfo(current.time_zone) if current else None

    def _show(self, shown: _Shown) -> None:
        if shown == self._shown:
            return
        self._shown = shown
        found, zone = shown
        self._none.setVisible(not found)
        self._scroll.setVisible(bool(found))
        while (old := self._room.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        for alert in found:
            self._room.addWidget(self._card(alert, zone))
        self._room.addStretch(1)

    def _card(self, alert: Alert, zone: ZoneInfo | None) -> QFrame:
        card = QFrame(self._inner)
        theme.set_role(card, role="card")
        holds = alert.cleared_at_ns is None
        kind, message, hint = QLabel(KINDS[alert.kind], card), QLabel(alert.message, card), QLabel(alert.hint, card)
        when = QLabel(f"{local_text(alert.raised_at_ns, zone)}, {held_text(alert)}", card)
        theme.set_role(kind, role="strong", level="warn" if holds else "")
        theme.set_role(when, role="small")
        theme.set_role(hint, role="small")
        for label in (message, hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        hint.setVisible(holds)
        grid = QGridLayout(card)
        grid.setContentsMargins(theme.space("m"), theme.space("s"), theme.space("m"), theme.space("s"))
        grid.setVerticalSpacing(theme.space("xs"))
        grid.setColumnStretch(0, 1)
        grid.addWidget(kind, 0, 0)
        grid.addWidget(when, 0, 1)
        grid.addWidget(message, 1, 0, 1, 2)
        grid.addWidget(hint, 2, 0, 1, 2)
        card.setAccessibleName(f"{kind.text()}: {alert.message}, {when.text()}")
        return card
