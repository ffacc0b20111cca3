"""The sessions page: which session new work belongs to; create, switch and close."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.clock import local_text
from core.session import Session
from core.store import library, sessions
from core.store.database import Writing
from gui import theme
from gui.background import run_in_background
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.models.sessions_model import SessionRow, SessionsModel
from gui.sessions.new_session import NewSessionDialog, zones
from gui.station import Station
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
        for keys, do in (("Return", self.switch), ("Enter", self.switch)):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)
        new = QShortcut(QKeySequence("Ctrl+N"), self)
        new.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        new.activated.connect(self.ask_new)
        self._follow = Following(station, self, self._read, self._show, rest_ms=500)
        self._show_buttons()

    def chosen(self) -> Session | None:
        """The session whose row is chosen."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.rows[rows[0].row()].session if rows else None

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
        database = self._station.database

        def work() -> None:
            with database.write() as tx:
                change(tx)

        def done(_: None) -> None:
            self._follow.ask()
            if said:
                show_notice(self, said, "ok")

        run_in_background(work, then=done, parent=self)

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
        title = QLabel("Sessions", self)
        theme.set_role(title, role="title")
        said = QLabel("New frames and clips belong to the current session, and its times are shown in its zone.", self)
        theme.set_role(said, role="muted")
        said.setWordWrap(True)
        self.new_button = QPushButton("New session…", self)
        theme.set_role(self.new_button, role="primary")
        self.new_button.clicked.connect(self.ask_new)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.new_button)
        self._set_up_table()
        self._body = QStackedWidget(self)
        self._body.addWidget(self.table)
        empty = EmptyState(self, ("New session…", self.ask_new))
        empty.say(
            "No session yet",
            "Create the running event, as 2026 · Monza · FP1, so that its frames and clips are found later.",
        )
        self._body.addWidget(empty)
        self.switch_button = QPushButton("Make current", self)
        self.switch_button.clicked.connect(self.switch)
        self.close_button = QPushButton("Close session", self)
        self.close_button.clicked.connect(self.close_chosen)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.switch_button)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        edge = theme.space("l")
        layout.setContentsMargins(edge, theme.space("m"), edge, theme.space("s"))
        layout.setSpacing(theme.space("s"))
        layout.addLayout(head)
        layout.addWidget(said)
        layout.addWidget(self._body, 1)
        layout.addLayout(foot)

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName("Sessions")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.size("touch"))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width_px in enumerate(_WIDTHS_PX, 1):
            header.resizeSection(column, width_px)
