"""The library's filters: camera, session, days, kind and star."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.camera import Camera
from core.session import Session
from core.store.library import LibraryFilter
from core.upload import ItemKind
from gui import theme

_CHOOSE_DAYS = "days"
_DAYS = (("Any day", ""), ("Today", "0"), ("Yesterday", "1"), ("Last 7 days", "6"), ("From … to …", _CHOOSE_DAYS))


class FilterBar(QWidget):
    """Tells `changed` whenever what it lets through is another."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.camera = self._combo("Camera", 165)
        self.session = self._combo("Session", 190)
        self.days = self._combo("Days", 150)
        for said, word in _DAYS:
            self.days.addItem(said, word)
        self.kind = self._combo("Kind", 196)
        for said, kind in (("Frames and clips", ""), ("Frames", "frame"), ("Clips", "clip")):
            self.kind.addItem(said, kind)
        self.first, self.last = self._day("First day"), self._day("Last day")
        self.starred = QPushButton("Starred", self)
        self.starred.setCheckable(True)
        self.starred.setAccessibleName("Only starred")
        theme.set_icon(self.starred, "star")
        line, self._days_line = QHBoxLayout(), QWidget(self)
        line.setSpacing(theme.space("s"))
        for widget in (self.camera, self.session, self.days, self.kind, self.starred):
            line.addWidget(widget)
        line.addStretch(1)
        days = QHBoxLayout(self._days_line)
        days.setContentsMargins(0, 0, 0, 0)
        days.setSpacing(theme.space("s"))
        days.addWidget(QLabel("From", self))
        days.addWidget(self.first)
        days.addWidget(QLabel("to", self))
        days.addWidget(self.last)
        days.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addLayout(line)
        layout.addWidget(self._days_line)
        self._cameras: Sequence[Camera] = ()
        self._sessions: Sequence[Session] = ()
        self._zones: Mapping[str, ZoneInfo] = {}
        self.show_choices((), (), {})
        self._show_days()
        for combo in (self.camera, self.session, self.days, self.kind):
            combo.currentIndexChanged.connect(self._told)
        for edit in (self.first, self.last):
            edit.dateChanged.connect(self._told)
        self.starred.toggled.connect(self._told)

    def show_choices(
        self, cameras: Sequence[Camera], sessions: Sequence[Session], zones: Mapping[str, ZoneInfo]
    ) -> None:
        """Offer these; what is chosen stays chosen. `zones`: by session id."""
        self._zones = zones
        if (cameras, sessions) == (self._cameras, self._sessions) and self.camera.count():
            return
        self._cameras, self._sessions = cameras, sessions
        self._fill(self.camera, "All cameras", [(camera.label, camera.id) for camera in cameras])
        self._fill(self.session, "All sessions", [(session.label, session.id) for session in sessions])

    def wanted(self) -> LibraryFilter:
        """What the bar lets through now; days are those of the chosen session's zone, else of the current one's."""
        first, last = self._span()
        zone = self._zone()
        return LibraryFilter(
            camera_id=self.camera.currentData() or None,
            session_id=self.session.currentData() or None,
            from_ns=None if first is None else _midnight_ns(first, zone),
            to_ns=None if last is None else _midnight_ns(last + timedelta(days=1), zone),
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

    def _span(self) -> tuple[date | None, date | None]:
        word = self.days.currentData()
        if not word:
            return None, None
        if word == _CHOOSE_DAYS:
            first, last = _python_date(self.first.date()), _python_date(self.last.date())
            return min(first, last), max(first, last)
        today = datetime.now(self._zone()).date()
        back = int(word)
        return today - timedelta(days=back), today - timedelta(days=1) if back == 1 else today

    def _zone(self) -> tzinfo | None:
        chosen = self.session.currentData()
        for session in self._sessions:
            if session.id == chosen or (not chosen and session.current):
                return self._zones[session.id]
        return None

    def _told(self) -> None:
        self._show_days()
        theme.set_icon(self.starred, *(("star-filled", "warn") if self.starred.isChecked() else ("star", "ink")))
        self.changed.emit()

    def _show_days(self) -> None:
        self._days_line.setVisible(self.days.currentData() == _CHOOSE_DAYS)

    def _combo(self, name: str, width_px: int) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setFixedWidth(width_px)
        return combo

    def _day(self, name: str) -> QDateEdit:
        edit = QDateEdit(QDate.currentDate(), self)
        edit.setAccessibleName(name)
        edit.setCalendarPopup(True)
        edit.setDisplayFormat("yyyy-MM-dd")
        return edit

    def _fill(self, combo: QComboBox, all_of_them: str, choices: Sequence[tuple[str, str]]) -> None:
        chosen = combo.currentData()
        with QSignalBlocker(combo):
            combo.clear()
            combo.addItem(all_of_them, "")
            for said, id in choices:
                combo.addItem(said, id)
            combo.setCurrentIndex(max(0, combo.findData(chosen)))
        if combo.currentData() != (chosen or ""):
            self._told()  # what was chosen is gone


def _python_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())


def _midnight_ns(day: date, zone: tzinfo | None) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(moment.timestamp()) * 1_000_000_000
