"""The history's filters: words, state, kind, session, team and days."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.job import JobKind, JobState
from core.session import Session
from core.store.jobs import JobFilter
from gui import theme
from gui.choices import Choice, DaysChoice, SessionChoice, Words
from gui.jobs.reading import STATES, kind_text

_TYPING_MS = 300


class HistoryFilter(QWidget):
    """Tells `changed` whenever what it lets through is another; while somebody types, when they pause."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text, self.team = Words("Find words, camera, task or job id", 170, self), Words("Team", 80, self)
        self.state, self.kind = Choice("State", 132, self), Choice("Kind", 126, self)
        self.state.offer("All states", [(STATES[state], state.value) for state in JobState])
        self.kind.offer("All kinds", [(kind_text(kind), kind.value) for kind in JobKind])
        self.session, self.days = SessionChoice(150, self), DaysChoice(128, self)
        line = QHBoxLayout()
        line.setSpacing(theme.space("s"))
        line.addWidget(self.text, 2)
        for combo in (self.state, self.kind, self.session, self.days):
            line.addWidget(combo)
        line.addWidget(self.team, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addLayout(line)
        layout.addWidget(self.days.line)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        for field in (self.text, self.team):
            field.textChanged.connect(lambda _: self._typing.start())
            field.returnPressed.connect(self._told)
        for combo in (self.state, self.kind, self.session):
            combo.currentIndexChanged.connect(self._told)
        self.days.changed.connect(self._told)

    def show_sessions(self, sessions: Sequence[Session]) -> None:
        """Offer these; what is chosen stays chosen."""
        self.session.show_sessions(sessions)

    def wanted(self) -> JobFilter:
        """What the bar lets through now. Batches stand for their jobs unless words or a state are asked for."""
        from_ns, to_ns = self.days.span_ns(self.session.zone())
        state, kind, text = self.state.currentData(), self.kind.currentData(), self.text.text().strip()
        return JobFilter(
            states=(JobState(state),) if state else (),
            kinds=(JobKind(kind),) if kind else (),
            session_id=self.session.currentData() or None,
            tenant_id=self.team.text().strip() or None,
            from_ns=from_ns,
            to_ns=to_ns,
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
        self.days.show_line()
        self.changed.emit()
