"""The jobs page: the whole history, filtered and paged, with the chosen job's details beside it."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QWidget

from core.job import JobState
from core.session import Session
from core.store import jobs, sessions
from core.store.jobs import JobFilter
from core.store.library import LibraryFilter
from gui import theme
from gui.controls import WITHIN, on_keys
from gui.jobs.details_pane import PANE_PX, DetailsPane
from gui.jobs.history_filter import HistoryFilter
from gui.jobs.history_model import HistoryModel, Seen
from gui.jobs.history_table import HistoryTable
from gui.jobs.job_actions import JobActions
from gui.jobs.job_facts import Link, LinkTo
from gui.jobs.made_viewer import MadeViewer
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import beside, line_of, page_title, stack_up
from gui.station import Station
from gui.toast import show_notice

_REST_MS = 250


@dataclass(frozen=True, slots=True)
class _Read:
    seen: Seen
    sessions: list[Session]
    failed: int
    active: int


class HistoryPage(QWidget):
    """R retries, Del cancels, N runs next, Ctrl+C copies as command, Enter goes to the details, Ctrl+F searches."""

    run_wanted = Signal(str)
    """The operator wants to see what a run of the analysis found."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self._goes_to: str | None = None
        self.model = HistoryModel(station, self)
        self.filter = HistoryFilter(self)
        self.table = HistoryTable(self.model, self)
        self.details = DetailsPane(station, self)
        self.made = MadeViewer(station, self)
        self.acts = JobActions(station, self._ask, self)
        self._count = QLabel(self)
        self.new_ones = QPushButton(self)
        self.retry_all = QPushButton("Retry all failed", self)
        self._lay_out()
        self._connect()
        self._keys()
        self._follow = Following(station, self, self._read, self._show, rest_ms=_REST_MS)

    def show_job(self, job_id: str) -> None:
        """Show this job's details, and choose its row if it is loaded."""
        self._goes_to = job_id
        self.table.clearSelection()
        self.details.show_job(job_id)
        self._go()

    # following the station

    def _read(self) -> _Read:
        seen = self.model.read()
        with self._station.database.read() as tx:
            counts = jobs.counts(tx)
            active = counts[JobState.PENDING] + counts[JobState.PROCESSING]
            return _Read(seen, sessions.every(tx), counts[JobState.FAILED], active)

    def _show(self, read: _Read) -> None:
        self.filter.show_sessions(read.sessions)
        self.model.show(read.seen)
        parts = [f"{self.model.total:,} in all"]
        parts += [f"{read.active:,} active"] if read.active else []
        parts += [f"{read.failed:,} failed"] if read.failed else []
        self._count.setText(", ".join(parts))
        self.retry_all.setEnabled(read.failed > 0)

    def _loaded(self) -> None:
        is_open = self.model.wanted == JobFilter(top_level=True)
        if is_open:
            self.empty.say("No jobs yet", "Captures, imports and what runs on schedule are listed here.")
        else:
            self.empty.say("Nothing fits the filter", "No job has these words, state, kind, session, team and day.")
        self.empty.buttons[0].setVisible(not is_open)
        self._body.setCurrentIndex(0 if self.model.rows else 1)
        self._go()

    def _go(self) -> None:
        place = None if self._goes_to is None else self.model.place_of(self._goes_to)
        if place is not None:
            self._goes_to = None
            self.table.selectRow(place)
            self.table.scrollTo(self.model.index(place, 0))

    def _held(self, number: int) -> None:
        self.new_ones.setText(f"Show {number:,} new")
        self.new_ones.setVisible(number > 0)

    def _show_newest(self) -> None:
        self.table.scrollToTop()
        self._ask_anew()

    def _scrolled(self, value: int) -> None:
        if value == 0 and not self.new_ones.isHidden():
            self._ask_anew()

    def _ask_anew(self) -> None:
        self.model.set_filter(self.filter.wanted())
        self._ask()

    def _ask(self) -> None:
        self._follow.ask()

    def _chosen_changed(self) -> None:
        row = self.table.chosen()
        if row is not None:
            self._goes_to = None
            self.details.show_job(row.job.id)

    def _gone(self, job_id: str) -> None:
        show_notice(self, "That job was cleaned up; what it made stays in the library.", "info")
        if self.model.place_of(job_id) is not None:
            self._ask_anew()

    def follow_link(self, link: Link) -> None:
        """Go to the job or run, open the frame, clip or result, or the folder that the file lies in."""
        if link.to is LinkTo.JOB:
            self.show_job(link.target)
        elif link.to is LinkTo.ITEM:
            shown = self.details.details
            is_made = shown is not None and link in shown.made
            self.made.open(link.target, shown.made_filter if is_made and shown else LibraryFilter(ids=(link.target,)))
        elif link.to is LinkTo.RUN:
            self.run_wanted.emit(link.target)
        elif link.to is LinkTo.RESULT:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._station.folder.absolute(link.target))))
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(link.target).parent)))

    # building

    def _connect(self) -> None:
        self.model.may_move = lambda: self.table.verticalScrollBar().value() == 0
        self.model.loaded.connect(self._loaded)
        self.model.held.connect(self._held)
        self.new_ones.clicked.connect(self._show_newest)
        self.retry_all.clicked.connect(self.acts.retry_all_failed)
        self.filter.changed.connect(self._show_newest)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._chosen_changed())
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.table.doubleClicked.connect(self._double_clicked)
        self.details.retry_wanted.connect(self.acts.retry)
        self.details.cancel_wanted.connect(self.acts.cancel)
        self.details.run_next_wanted.connect(self.acts.run_next)
        self.details.capture_wanted.connect(self.acts.capture_now)
        self.details.followed.connect(self.follow_link)
        self.details.gone.connect(self._gone)
        self.made.job_wanted.connect(self.show_job)

    def _keys(self) -> None:
        pane = self.details
        on_keys(
            self.table,
            (
                ("R", lambda: pane.press(pane.retry)),
                ("Del", lambda: pane.press(pane.cancel)),
                ("N", lambda: pane.press(pane.run_next)),
                ("Ctrl+C", pane.copy_command),
                ("Return", self._to_details),
                ("Enter", self._to_details),
            ),
        )
        on_keys(self, ((QKeySequence.StandardKey.Find, self.filter.text.setFocus),), WITHIN)

    def _double_clicked(self, _: QModelIndex) -> None:
        self._to_details()

    def _to_details(self) -> None:
        """The keyboard goes to the first control of the details."""
        controls = (button for button in self.details.findChildren(QPushButton) if button.isVisible())
        first = next((button for button in controls if button.isEnabled()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _lay_out(self) -> None:
        theme.set_role(self._count, role="muted")
        theme.set_role(self.new_ones, role="primary")
        theme.set_icon(self.retry_all, "retry")
        self.new_ones.hide()
        self.retry_all.setEnabled(False)
        head = line_of(page_title("Jobs", self), self._count, right=[self.new_ones, self.retry_all])
        self._body = QStackedWidget(self)
        self._body.addWidget(self.table)
        self.empty = EmptyState(self, ("Show everything", self.filter.clear))
        self._body.addWidget(self.empty)
        split = beside(self._body, self.details, PANE_PX)
        stack_up(self, (head, self.filter, split), split)
        self.setFocusProxy(self.table)
