"""What filters are made of: fields, combos, the choice of a session and that of days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QSignalBlocker, QSize, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLabel, QLineEdit, QWidget

from core.session import Session
from gui import theme

_LEAST_PX = 104
"""Of a combo in a narrow window: its words are cut, its arrow is not."""
_CHOOSE_DAYS = "days"
_DAYS = (("Any day", ""), ("Today", "0"), ("Yesterday", "1"), ("Last 7 days", "6"), ("From … to …", _CHOOSE_DAYS))


class Choice(QComboBox):
    """A combo that people and screen readers know by its name, narrower where there is no room; "": no choice."""

    def __init__(self, name: str, width_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMaximumWidth(width_px)

    def sizeHint(self) -> QSize:
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.maximumWidth(), _LEAST_PX), super().minimumSizeHint().height())

    def offer(self, all_of_them: str, choices: Sequence[tuple[str, str]]) -> bool:
        """Offer these (words, value), and no choice; what is chosen stays chosen. False if that is gone."""
        chosen = self.currentData()
        with QSignalBlocker(self):
            self.clear()
            self.addItem(all_of_them, "")
            for said, value in choices:
                self.addItem(said, value)
            self.setCurrentIndex(max(0, self.findData(chosen)))
        return bool(self.currentData() == (chosen or ""))


class SessionChoice(Choice):
    """All sessions or one, and the time zone that days are meant in."""

    def __init__(self, width_px: int, parent: QWidget) -> None:
        super().__init__("Session", width_px, parent)
        self._sessions: Sequence[Session] = ()
        self._zones: Mapping[str, ZoneInfo] = {}
        self.offer("All sessions", ())

    def show_sessions(self, sessions: Sequence[Session]) -> bool:
        """Offer these; False if the one that was chosen is gone."""
        if sessions == self._sessions:
            return True
        self._sessions = sessions
        self._zones = {session.id: ZoneInfo(session.time_zone) for session in sessions}
        return self.offer("All sessions", [(session.label, session.id) for session in sessions])

    def zone(self) -> tzinfo | None:
        """Of the chosen session, else of the current one; None: this machine's."""
        chosen = self.currentData()
        for session in self._sessions:
            if session.id == chosen or (not chosen and session.current):
                return self._zones[session.id]
        return None


class DaysChoice(Choice):
    """Any day, some of late, or those from one to another, which are entered in `line`."""

    changed = Signal()

    def __init__(self, width_px: int, parent: QWidget) -> None:
        super().__init__("Days", width_px, parent)
        for said, word in _DAYS:
            self.addItem(said, word)
        self.first, self.last = _day("First day", parent), _day("Last day", parent)
        self.line = QWidget(parent)
        layout = QHBoxLayout(self.line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        for widget in (QLabel("From", parent), self.first, QLabel("to", parent), self.last):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.show_line()
        self.currentIndexChanged.connect(self.changed)
        for edit in (self.first, self.last):
            edit.dateChanged.connect(self.changed)

    def show_line(self) -> None:
        """Show the two days where they are what is chosen."""
        self.line.setVisible(self.currentData() == _CHOOSE_DAYS)

    def span_ns(self, zone: tzinfo | None) -> tuple[int | None, int | None]:
        """UTC ns from the first midnight to the one after the last day, by the clock of this zone; None: any."""
        first, last = self._span(zone)
        if first is None or last is None:
            return None, None
        return _midnight_ns(first, zone), _midnight_ns(last + timedelta(days=1), zone)

    def _span(self, zone: tzinfo | None) -> tuple[date | None, date | None]:
        word = self.currentData()
        if not word:
            return None, None
        if word == _CHOOSE_DAYS:
            first, last = _python_date(self.first.date()), _python_date(self.last.date())
            return min(first, last), max(first, last)
        today = datetime.now(zone).date()
        back = int(word)
        return today - timedelta(days=back), today - timedelta(days=1) if back == 1 else today


class Words(QLineEdit):
    """A field to find by words; its name stands in it while it is empty."""

    def __init__(self, name: str, width_px: int, parent: QWidget, *, clears: bool = True) -> None:
        super().__init__(parent)
        self.setAccessibleName(name[:1].upper() + name[1:])
        self.setPlaceholderText(name)
        self.setToolTip(name)
        self.setClearButtonEnabled(clears)
        self.setMinimumWidth(width_px)


def _day(name: str, parent: QWidget) -> QDateEdit:
    edit = QDateEdit(QDate.currentDate(), parent)
    edit.setAccessibleName(name)
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("yyyy-MM-dd")
    return edit


def _python_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())


def _midnight_ns(day: date, zone: tzinfo | None) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(moment.timestamp()) * 1_000_000_000
