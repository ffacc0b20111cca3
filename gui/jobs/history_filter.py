"""The history's filters: words, state, kind, session, team and days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from core.job import JobKind, JobState
from core.session import Session
from core.store.jobs import JobFilter
from gui import theme
from gui.jobs.reading import STATES, kind_text

_CHOOSE_DAYS = "days"
_DAYS = (("Any day", ""), ("Today", "0"), ("Yesterday", "1"), ("Last 7 days", "6"), ("From … to …", _CHOOSE_DAYS))
_TYPING_MS = 300


class HistoryFilter(QWidget):
    """Tells `changed` whenever what it lets through is another; while somebody types, when they pause."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text, self.team = self._field("Find words, camera, task or job id", 170), self._field("Team", 80)
        self.state = self._combo("State", 132)
        for said, state in (("All states", ""), *((STATES[state], state.value) for state in JobState)):
            self.state.addItem(said, state)
        self.kind = self._combo("Kind", 126)
        for said, kind in (("All kinds", ""), *((kind_text(kind), kind.value) for kind in JobKind)):
            self.kind.addItem(said, kind)
        self.session = self._combo("Session", 150)
        self.days = self._combo("Days", 128)
        for said, word in _DAYS:
            self.days.addItem(said, word)
        self.first, self.last = self._day("First day"), self._day("Last day")
        line, self._days_line = QHBoxLayout(), QWidget(self)
        line.setSpacing(theme.space("s"))
        line.addWidget(self.text, 2)
        for combo in (self.state, self.kind, self.session, self.days):
            line.addWidget(combo)
        line.addWidget(self.team, 1)
        days = QHBoxLayout(self._days_line)
        days.setContentsMargins(0, 0, 0, 0)
        days.setSpacing(theme.space("s"))
        for widget in (QLabel("From", self), self.first, QLabel("to", self), self.last):
            days.addWidget(widget)
        days.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addLayout(line)
        layout.addWidget(self._days_line)
        self._sessions: Sequence[Session] = ()
        self._zones: Mapping[str, ZoneInfo] = {}
        self.session.addItem("All sessions", "")
        self._days_line.hide()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        for field in (self.text, self.team):
            field.textChanged.connect(lambda _: self._typing.start())
            field.returnPressed.connect(self._told)
        for combo in (self.state, self.kind, self.session, self.days):
            combo.currentIndexChanged.connect(self._told)
        for edit in (self.first, self.last):
            edit.dateChanged.connect(self._told)

    def show_sessions(self, sessions: Sequence[Session]) -> None:
        """Offer these; what is chosen stays chosen."""
        if sessions == self._sessions:
            return
        self._sessions = sessions
        self._zones = {session.id: ZoneInfo(session.time_zone) for session in sessions}
        chosen = self.session.currentData()
        with QSignalBlocker(self.session):
            self.session.clear()
            self.session.addItem("All sessions", "")
            for session in sessions:
                self.session.addItem(session.label, session.id)
            self.session.setCurrentIndex(max(0, self.session.findData(chosen)))

    def wanted(self) -> JobFilter:
        """What the bar lets through now. Batches stand for their jobs unless words or a state are asked for."""
        first, last = self._span()
        zone = self._zone()
        state, kind, text = self.state.currentData(), self.kind.currentData(), self.text.text().strip()
        return JobFilter(
            states=(JobState(state),) if state else (),
            kinds=(JobKind(kind),) if kind else (),
            session_id=self.session.currentData() or None,
            tenant_id=self.team.text().strip() or None,
            from_ns=None if first is None else _midnight_ns(first, zone),
            to_ns=None if last is None else _midnight_ns(last + timedelta(days=1), zone),
            text=text,
            top_level=not text and not state,
        )

    def clear(self) -> None:
        """Let everything through."""
        for combo in (self.state, self.kind, self.session, self.days):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(0)
        for field in (self.text, self.team):
            with QSignalBlocker(field):
                field.clear()
        self._told()

    def _told(self) -> None:
        self._typing.stop()
        self._days_line.setVisible(self.days.currentData() == _CHOOSE_DAYS)
        self.changed.emit()

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

    def _combo(self, name: str, width_px: int) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setFixedWidth(width_px)
        return combo

    def _field(self, name: str, width_px: int) -> QLineEdit:
        field = QLineEdit(self)
        field.setAccessibleName(name)
        field.setPlaceholderText(name)
        field.setToolTip(name)
        field.setClearButtonEnabled(True)
        field.setMinimumWidth(width_px)
        return field

    def _day(self, name: str) -> QDateEdit:
        edit = QDateEdit(QDate.currentDate(), self)
        edit.setAccessibleName(name)
        edit.setCalendarPopup(True)
        edit.setDisplayFormat("yyyy-MM-dd")
        return edit


def _python_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())


def _midnight_ns(day: date, zone: tzinfo | None) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(moment.timestamp()) * 1_000_000_000
