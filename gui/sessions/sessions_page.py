"""The sessions page: which session new work belongs to; create, switch and close."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QHeaderView, QLabel, QStackedWidget, QTableView, QWidget

from core.clock import local_text
from core.session import Session
from core.store import library, sessions
from core.store.database import Writing
from gui import theme
from gui.background import run_in_background, write_in_background
from gui.controls import WITHIN, on_keys, push_button
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.models.sessions_model import SessionRow, SessionsModel
from gui.page_layout import page_title, row_of, stack_up
from gui.sessions.new_session import NewSessionDialog, zones
from gui.station import Station
from gui.table_look import chosen_row, look_of_rows
from gui.toast import show_notice

_WIDTHS_PX = (96, 80, 200, 160)
"""Of all columns but the first, which takes what is left."""


class SessionsPage(QWidget):
    """Enter or a double click switches, Ctrl+N creates."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self.model = SessionsModel(self)
        self.table = QTableView(self)
        self.dialog: NewSessionDialog | None = None
        self._lay_out()
        self.model.dataChanged.connect(self._show_buttons)
        self.model.rowsInserted.connect(self._show_buttons)
        self.model.rowsRemoved.connect(self._show_buttons)
        self.table.selectionModel().selectionChanged.connect(self._show_buttons)
        self.table.doubleClicked.connect(self._double_clicked)
        on_keys(self.table, (("Return", self.switch), ("Enter", self.switch)))
        on_keys(self, (("Ctrl+N", self.ask_new),), WITHIN)
        self._follow = Following(station, self, self._read, self._show, rest_ms=500)
        self._show_buttons()

    def chosen(self) -> Session | None:
        """The session whose row is chosen."""
        row = chosen_row(self.table)
        return None if row is None else self.model.rows[row].session

    def ask_new(self) -> None:
        """Open the dialog; it doesn't block."""
        run_in_background(zones, then=self._open_dialog, parent=self)

    def create_session(self, season: str, event: str, name: str, zone: str, make_current: bool) -> None:
        """A new session, and if wished the one that new work belongs to."""

        def change(tx: Writing) -> None:
            made = sessions.create(tx, season, event, name, zone)
            if make_current:
                sessions.switch(tx, made.id)

        self._write(change, "")

    def switch(self) -> None:
        """New frames and clips belong to the chosen session from now on."""
        session = self.chosen()
        if session is not None and session.closed_at_ns is None and not session.current:
            id = session.id
            self._write(lambda tx: sessions.switch(tx, id), f"New work belongs to {session.label}.")

    def close_chosen(self) -> None:
        """No new work belongs to the chosen session from now on; nothing of it is lost."""
        session = self.chosen()
        if session is not None and session.closed_at_ns is None:
            id = session.id
            self._write(lambda tx: sessions.close(tx, id), f"{session.label} is closed. Its files stay in the library.")

    def _write(self, change: Callable[[Writing], object], said: str) -> None:
        def done(_: object) -> None:
            self._follow.ask()
            if said:
                show_notice(self, said, "ok")

        write_in_background(self._station.database, change, then=done, parent=self)

    def _read(self) -> list[SessionRow]:
        with self._station.database.read() as tx:
            counts = library.counts_by_session(tx)
            return [
                SessionRow(
                    session,
                    counts.get(session.id, 0),
                    local_text(session.created_at_ns, ZoneInfo(session.time_zone))[:16],
                )
                for session in sessions.every(tx)
            ]

    def _show(self, rows: list[SessionRow]) -> None:
        self.model.show(rows)
        self._body.setCurrentIndex(0 if rows else 1)

    def _show_buttons(self) -> None:
        session = self.chosen()
        is_open = session is not None and session.closed_at_ns is None
        self.switch_button.setEnabled(is_open and session is not None and not session.current)
        self.close_button.setEnabled(is_open)

    def _double_clicked(self, _: QModelIndex) -> None:
        self.switch()

    def _open_dialog(self, names: tuple[str, ...]) -> None:
        newest = self.model.rows[0].session if self.model.rows else None
        last = (newest.season, newest.event) if newest else None
        self.dialog = NewSessionDialog(names, last, self.create_session, self)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    # building

    def _lay_out(self) -> None:
        said = QLabel("New frames and clips belong to the current session, and its times are shown in its zone.", self)
        theme.set_role(said, role="muted")
        said.setWordWrap(True)
        self.new_button = push_button("New session…", self.ask_new, self, role="primary")
        self.switch_button = push_button("Make current", self.switch, self)
        self.close_button = push_button("Close session", self.close_chosen, self)
        self.table.setModel(self.model)
        header = look_of_rows(self.table, "Sessions")
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width_px in enumerate(_WIDTHS_PX, 1):
            header.resizeSection(column, width_px)
        self._body = QStackedWidget(self)
        self._body.addWidget(self.table)
        empty = EmptyState(self, ("New session…", self.ask_new))
        empty.say(
            "No session yet",
            "Create the running event, as 2026 · Monza · FP1, so that its frames and clips are found later.",
        )
        self._body.addWidget(empty)
        head = row_of(page_title("Sessions", self), right=[self.new_button])
        foot = row_of(right=[self.switch_button, self.close_button])
        stack_up(self, (head, said, self._body, foot), self._body)
