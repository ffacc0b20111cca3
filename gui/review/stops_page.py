"""The Stops page: a session's stops as plot and table, each with its doubt; CSV, dossier, and the way to the review."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLabel, QStackedWidget, QVBoxLayout, QWidget

from gui import theme
from gui.controls import on_keys, push_button
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import line_of, page_title, stack_up
from gui.review.reading import CURRENT, StopsRead, read_stops
from gui.review.review_view import ReviewView
from gui.review.stop_acts import StopActs
from gui.review.stops_plot import StopsPlot
from gui.review.stops_table import StopsModel, StopsTable, rows_of
from gui.station import Station

_NO_BOX = (
    "No stop yet",
    "Draw the pit box of a camera: from then on its stops are timed live. The stops of a clip are timed from the "
    "library: open it and press Time the stop.",
)
_NO_STOP = (
    "No stop in this session yet",
    "Stops of the cameras with a pit box come here by themselves. The stops of a clip are timed from the library: "
    "open it and press Time the stop.",
)


class StopsPage(QWidget):
    """Enter reviews the chosen stop, L locks it, D makes its dossier, Ctrl+E exports, Del takes it out."""

    cameras_wanted = Signal()
    """The operator wants to draw a pit box."""
    library_wanted = Signal()

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self._read = StopsRead(None, (), (), {}, False)
        self._wanted: str | None = CURRENT
        self.model = StopsModel(self)
        self.table = StopsTable(self.model, self)
        self.plot = StopsPlot(self)
        self.acts = StopActs(station, self._ask, self)
        self.review: ReviewView | None = None
        self.chooser = QComboBox(self)
        self._count = QLabel(self)
        self.export_button = push_button("Export CSV…", self.export, self, icon="import", keys="Ctrl+E")
        self.review_button = push_button("Review", self.open_chosen, self, icon="search", keys="Enter")
        self.lock_button = push_button("Lock", self.lock_chosen, self, icon="check", keys="L")
        self.dossier_button = push_button("Dossier", self.dossier_of_chosen, self, icon="library", keys="D")
        self.delete_button = push_button("Take out", self.delete_chosen, self, icon="trash", role="danger", keys="Del")
        self._lay_out()
        self._connect()
        self._follow = Following(station, self, lambda: read_stops(station.database, self._wanted), self._show)
        self._offer()

    # following the station

    def _ask(self) -> None:
        self._follow.ask()

    def _show(self, read: StopsRead) -> None:
        self._read = read
        self._show_sessions(read)
        self.model.show(rows_of(read))
        best = read.best
        self.plot.show_stops(read.stops, best.id if best else "")
        count = len(read.stops)
        self._count.setText(f"{count:,} {'stop' if count == 1 else 'stops'}")
        self.empty.say(*(_NO_STOP if read.boxed else _NO_BOX))
        self.empty.buttons[0].setVisible(not read.boxed)
        self._list.setCurrentIndex(0 if read.stops else 1)
        if self.table.chosen() is None and self.model.rows:
            self.table.selectRow(len(self.model.rows) - 1)
        self._offer()

    def _show_sessions(self, read: StopsRead) -> None:
        current = next((one for one in read.sessions if one.current), None)
        entries: list[tuple[str, str | None]] = [
            (f"Current: {current.label}" if current else "Current: no session", CURRENT),
            *((one.label, one.id) for one in read.sessions if not one.current),
        ]
        if current is not None:
            entries.append(("Without a session", None))
        shown = [(self.chooser.itemText(at), self.chooser.itemData(at)) for at in range(self.chooser.count())]
        if shown != entries and not self.chooser.view().isVisible():
            self.chooser.blockSignals(True)
            self.chooser.clear()
            for text, session_id in entries:
                self.chooser.addItem(text, session_id)
            self.chooser.setCurrentIndex(next((at for at, (_, id) in enumerate(entries) if id == self._wanted), 0))
            self.chooser.blockSignals(False)

    def _session_chosen(self) -> None:
        self._wanted = self.chooser.currentData()
        self.table.clearSelection()
        self._ask()

    def _offer(self) -> None:
        stop = self.table.chosen()
        for button in (self.review_button, self.lock_button, self.dossier_button, self.delete_button):
            button.setEnabled(stop is not None)
        self.export_button.setEnabled(bool(self._read.stops))
        self.lock_button.setText("Unlock" if stop is not None and stop.locked else "Lock")
        self.plot.choose(stop.id if stop else "")

    # what the operator does

    def open_chosen(self) -> None:
        stop = self.table.chosen()
        if stop is not None:
            self.open(stop.id)

    def open(self, stop_id: str) -> None:
        """Review this stop, picture by picture."""
        self.close_review()
        self.review = ReviewView(self._station, stop_id, self)
        self.review.closed.connect(self.close_review)
        self._body.addWidget(self.review)
        self._body.setCurrentWidget(self.review)
        self.setFocusProxy(self.review)
        self.review.setFocus()

    def close_review(self) -> None:
        """Back to the table."""
        if self.review is None:
            return
        review, self.review = self.review, None
        self._body.setCurrentIndex(0)
        self._body.removeWidget(review)
        review.stop()
        review.deleteLater()
        self.table.choose(review.stop_id)
        self.setFocusProxy(self.table)
        self.table.setFocus()

    def lock_chosen(self) -> None:
        stop = self.table.chosen()
        if stop is not None:
            self.acts.lock(stop, not stop.locked)

    def dossier_of_chosen(self) -> None:
        stop = self.table.chosen()
        if stop is not None:
            self.acts.dossier(stop)

    def delete_chosen(self) -> None:
        stop = self.table.chosen()
        if stop is not None:
            self.acts.delete(stop)

    def export(self) -> None:
        """Ask for a file and write the table there."""
        if self._read.stops:
            sessions = {session.id: session.label for session in self._read.sessions}
            session = self._read.session
            name = "stops" if session is None else f"stops {session.label.replace(' · ', ' ')}"
            self.acts.ask_where_and_export(self._read.stops, sessions, name)

    # building

    def _connect(self) -> None:
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        self.model.modelReset.connect(self._offer)
        self.table.doubleClicked.connect(lambda _: self.open_chosen())
        self.plot.chosen.connect(self.table.choose)
        self.plot.opened.connect(self.open)
        self.chooser.activated.connect(lambda _: self._session_chosen())
        opening, acts = (("Return", self.open_chosen), ("Enter", self.open_chosen)), (("L", self.lock_chosen),)
        more = (("D", self.dossier_of_chosen), ("Del", self.delete_chosen), ("Ctrl+E", self.export))
        on_keys(self.table, (*opening, *acts, *more))

    def _lay_out(self) -> None:
        theme.set_role(self._count, role="muted")
        self.chooser.setMinimumWidth(220)
        self.chooser.setAccessibleName("Session whose stops are shown")
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        head = line_of(page_title("Stops", self), self._count, right=[self.chooser, self.export_button])
        foot = line_of(right=[self.review_button, self.lock_button, self.dossier_button, self.delete_button])
        both = QWidget(self)
        self.plot.setFixedHeight(210)
        stack_up(both, (self.plot, self.table, foot), self.table, is_page=False)
        self.empty = EmptyState(
            self, ("Draw a pit box…", self.cameras_wanted.emit), ("Go to the library", self.library_wanted.emit)
        )
        self._list = QStackedWidget(self)
        self._list.addWidget(both)
        self._list.addWidget(self.empty)
        whole = QWidget(self)
        stack_up(whole, (head, self._list), self._list)
        self._body = QStackedWidget(self)
        self._body.addWidget(whole)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._body)
        self.setFocusProxy(self.table)
