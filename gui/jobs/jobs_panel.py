"""The jobs panel: active jobs and those that ended in the last minutes, in the window's lower right corner."""

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.worker_process import start_worker
from gui import theme
from gui.background import run_in_background
from gui.jobs.job_actions import JobActions
from gui.jobs.job_card import JobCard
from gui.jobs.reading import PanelState, read_panel
from gui.models.following import Following
from gui.station import Station

WIDTH_PX = 400
CLOSED_PX = 260
HEAD_PX = 58
"""As high as the sync bar beside it."""
LIST_MOST_PX = 440
_TICK_MS = 1000
"""Waiting times count down, and what ended leaves, without a change in the database."""
_CLOSED_TICK_MS = 5000
"""Closed, the panel shows counts and whether the worker is there."""
_REST_MS = 200
_STARTING_MS = 15_000


class JobsPanel(QFrame):
    """Grows upwards by its size hint when it is opened; Ctrl+J opens and closes it."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._opened: set[str] = set()
        self._cards: dict[str, JobCard] = {}
        self.acts = JobActions(station, lambda: self._follow.ask(), self)
        self.state = PanelState()
        theme.set_role(self, role="card")
        self.setObjectName("jobsPanel")
        self.setAccessibleName("Jobs")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        self._body = self._list()
        layout.addWidget(self._body, 1)
        self._follow = Following(station, self, self._read, self.show_state, rest_ms=_REST_MS, tick_ms=_TICK_MS)
        self.set_expanded(False)
        QShortcut(QKeySequence("Ctrl+J"), self).activated.connect(lambda: self.set_expanded(not self.expanded))
        self.show_state(self.state)

    @property
    def expanded(self) -> bool:
        return not self._body.isHidden()

    def set_expanded(self, expanded: bool) -> None:
        """Open or close the list; the header stays."""
        self._body.setVisible(expanded)
        self.worker.setVisible(expanded)
        self._follow.set_tick(_TICK_MS if expanded else _CLOSED_TICK_MS)
        theme.set_icon(self.toggle, "chevron-down" if expanded else "chevron-up")
        self.toggle.setAccessibleName("Close the jobs panel" if expanded else "Open the jobs panel")
        self.toggle.setToolTip(f"{'Close' if expanded else 'Open'} (Ctrl+J)")
        self._tell_size()

    def sizeHint(self) -> QSize:
        if not self.expanded:
            return QSize(CLOSED_PX, HEAD_PX)
        inside = WIDTH_PX - 2
        absent = 0 if self._absent.isHidden() else self._absent.heightForWidth(inside)
        return QSize(WIDTH_PX, HEAD_PX + absent + min(self._inner.heightForWidth(inside) + 4, LIST_MOST_PX))

    def _tell_size(self) -> None:
        """No layout holds the panel: the window places it when its layout is asked for anew."""
        inner = self._inner.layout()
        if inner is not None:
            inner.activate()
        if self.sizeHint() != self.size():
            QApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def card(self, job_id: str) -> JobCard:
        """The card of a job; KeyError if it is not shown."""
        return self._cards[job_id]

    def show_state(self, state: PanelState) -> None:
        """Show this, changing only what is different."""
        self.state = state
        self._count.setText(_counted(state))
        theme.set_role(self._count, level="bad" if state.failed else "")
        self.worker.setText("● Worker running" if state.worker_present else "● Worker not running")
        theme.set_role(self.worker, level="ok" if state.worker_present else "bad")
        self._absent.setVisible(not state.worker_present)
        self._show_cards(state)
        self._empty.setVisible(not state.lines)
        self._more.setVisible(state.more > 0)
        self._more.setText(f"and {state.more:,} more")
        self._tell_size()

    def _show_cards(self, state: PanelState) -> None:
        wanted = {line.id for line in state.lines}
        for id in [id for id in self._cards if id not in wanted]:
            card = self._cards.pop(id)
            self._room.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, line in enumerate(state.lines):
            card = self._cards.get(line.id) or self._new_card(place, line.id, JobCard(line, self))
            card.show_line(line)
            if self._room.indexOf(card) != place:
                self._room.insertWidget(place, card)

    def _new_card(self, place: int, id: str, card: JobCard) -> JobCard:
        card.retry_wanted.connect(self.acts.retry)
        card.cancel_wanted.connect(self.acts.cancel)
        card.capture_wanted.connect(self.acts.capture_now)
        card.open_wanted.connect(self._open_batch)
        self._cards[id] = card
        self._room.insertWidget(place, card)
        return card

    def _read(self) -> PanelState:
        return read_panel(self._station.database, self._station.settings, frozenset(self._opened))

    def _open_batch(self, id: str) -> None:
        self._opened ^= {id}
        self._follow.ask()

    # what the operator does

    def start_worker(self) -> None:
        """Start it, detached; a second one leaves by itself."""
        folder = self._station.folder
        self.start.setEnabled(False)
        run_in_background(lambda: start_worker(folder), then=lambda _: self._follow.ask(), parent=self)
        self.start.setText("Starting…")
        self._starting.start()

    # building

    def _head(self) -> QWidget:
        head = QWidget(self)
        head.setFixedHeight(HEAD_PX)
        title = QLabel("Jobs", head)
        theme.set_role(title, role="strong")
        self._count, self.worker = QLabel(head), QLabel(head)
        theme.set_role(self.worker, role="small")
        self.toggle = QToolButton(head)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggle.clicked.connect(lambda: self.set_expanded(not self.expanded))
        layout = QHBoxLayout(head)
        layout.setContentsMargins(theme.space("m"), 0, theme.space("s"), 0)
        layout.addWidget(title)
        layout.addWidget(self._count)
        layout.addStretch(1)
        layout.addWidget(self.worker)
        layout.addWidget(self.toggle)
        return head

    def _list(self) -> QWidget:
        body = QWidget(self)
        self._absent = QWidget(body)
        said = QLabel("Queued work is safe; it is done when the worker runs.", self._absent)
        said.setWordWrap(True)
        self.start = QPushButton("Start", self._absent)
        self.start.setAccessibleName("Start the worker")
        self.start.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_role(self.start, role="primary")
        self.start.clicked.connect(self.start_worker)
        self._starting = QTimer(self, singleShot=True, interval=_STARTING_MS)
        self._starting.timeout.connect(self._may_start_again)
        line = QHBoxLayout(self._absent)
        line.setContentsMargins(theme.space("m"), 0, theme.space("s"), theme.space("s"))
        line.addWidget(said, 1)
        line.addWidget(self.start)
        self._inner = QWidget()
        self._empty = QLabel("Nothing to do. Captures and imports show here while they run.", self._inner)
        self._empty.setWordWrap(True)
        theme.set_role(self._empty, role="muted")
        self._more = QLabel(self._inner)
        theme.set_role(self._more, role="small")
        self._room = QVBoxLayout()
        self._room.setSpacing(theme.space("s"))
        inner = QVBoxLayout(self._inner)
        inner.setContentsMargins(theme.space("s"), 0, theme.space("s"), theme.space("s"))
        inner.addWidget(self._empty)
        inner.addLayout(self._room)
        inner.addWidget(self._more)
        inner.addStretch(1)
        scroll = QScrollArea(body)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._inner)
        scroll.viewport().setAutoFillBackground(False)
        self._inner.setAutoFillBackground(False)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._absent)
        layout.addWidget(scroll, 1)
        return body

    def _may_start_again(self) -> None:
        self.start.setEnabled(True)
        self.start.setText("Start")


def _counted(state: PanelState) -> str:
    parts = [f"{state.active:,} active"] if state.active else []
    parts += [f"{state.failed:,} failed"] if state.failed else []
    return ", ".join(parts) or "none active"
