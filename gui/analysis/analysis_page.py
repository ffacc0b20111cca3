"""The analysis page: the runs, what one of them found, and the packs that they ask."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from core.errors import KnownError
from gui import theme
from gui.analysis import run_asking
from gui.analysis.dry_run import forget_old
from gui.analysis.new_run_dialog import NewRunDialog
from gui.analysis.packs_view import PacksView
from gui.analysis.results_view import ResultsView
from gui.analysis.run_asking import Around
from gui.analysis.runs_view import RunsView
from gui.background import run_in_background
from gui.errors import show_failure
from gui.page_layout import stack_up
from gui.station import Station
from gui.toast import show_notice


class AnalysisPage(QWidget):
    """Ctrl+N begins a run; a run's results are left with Esc."""

    job_wanted = Signal(str)
    """The operator wants to see the job that made a frame."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self.runs = RunsView(station, self)
        self.results = ResultsView(station, self)
        self.packs = PacksView(station, self)
        self.dialog: NewRunDialog | None = None
        self._is_opening = False
        self._title = QLabel("Analysis", self)
        self.new_button = QPushButton("New run…", self)
        self.runs_button, self.packs_button = self._segment("Runs"), self._segment("Packs")
        self.not_google = QLabel(self)
        self._lay_out()
        self._tell_who_answers()
        station.settings_changed.connect(self._tell_who_answers)
        self.runs.opened.connect(self.show_run)
        self.runs.new_wanted.connect(lambda: self.new_run())
        self.results.back_wanted.connect(self.show_runs)
        self.runs_button.clicked.connect(lambda: self.show_runs())
        self.packs_button.clicked.connect(lambda: self.show_packs())
        self.results.frames.job_wanted.connect(self.job_wanted)
        new = QShortcut(QKeySequence("Ctrl+N"), self)
        new.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        new.activated.connect(lambda: self.new_run())
        self.show_runs()
        database = station.database
        run_in_background(lambda: forget_old(database), parent=self)

    def show_runs(self) -> None:
        """The list."""
        self.stack.setCurrentWidget(self.runs)
        self.runs_button.setChecked(True)
        self._head.show()
        if self.results.run_id:
            self.runs.choose(self.results.run_id)
        self.runs.table.setFocus()

    def show_packs(self) -> None:
        """The packs and their editor."""
        self.stack.setCurrentWidget(self.packs)
        self.packs_button.setChecked(True)
        self._head.show()
        self.packs.list.setFocus()

    def show_run(self, run_id: str) -> None:
        """What this run found."""
        self._head.hide()
        self.stack.setCurrentWidget(self.results)
        self.results.show_run(run_id)
        self.results.table.setFocus()

    def new_run(self, frame_ids: Sequence[str] = ()) -> None:
        """Ask what to analyse; frame_ids: those that are chosen in the library. The dialog doesn't block."""
        if self.dialog is not None or self._is_opening:
            return
        station, self._is_opening = self._station, True

        def ask(around: Around) -> None:
            self._is_opening = False
            self.dialog = NewRunDialog(station, around, frame_ids, self)
            self.dialog.started.connect(self._started)
            self.dialog.finished.connect(self._asked)
            self.dialog.open()

        run_in_background(lambda: run_asking.around(station), then=ask, failed=self._not_opened, parent=self)

    def _not_opened(self, error: KnownError) -> None:
        self._is_opening = False
        show_failure(error, self)

    def _asked(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _started(self, run_id: str) -> None:
        self.show_run(run_id)
        show_notice(self, "The run is queued; its findings come here one by one.", "ok")

    def window_state(self) -> Mapping[str, Any]:
        """What is kept over a restart."""
        return {"columns": self.results.table.window_state(), "charts": self.results.charts_button.isChecked()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `window_state` gave; what is none is left alone."""
        self.results.table.restore(state.get("columns"))
        self.results.charts_button.setChecked(state.get("charts") is not False)

    def _tell_who_answers(self) -> None:
        """A made-up answer, as the demo's are, must not look like Google's."""
        url = self._station.settings.gemini.base_url
        on_this_machine = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
        made_up = " Its answers may be made up." if on_this_machine else ""
        self.not_google.setText(f"Gemini is asked at {url}, not at Google's.{made_up}")
        self.not_google.setVisible(bool(url))

    def _segment(self, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setCheckable(True)
        return button

    def _lay_out(self) -> None:
        theme.set_role(self._title, role="title")
        theme.set_role(self.not_google, level="warn")
        self.not_google.setTextFormat(Qt.TextFormat.PlainText)
        self.not_google.setWordWrap(True)
        theme.set_role(self.new_button, role="primary")
        theme.set_icon(self.new_button, "plus", "accent_ink")
        self.new_button.setToolTip("New run (Ctrl+N)")
        self.new_button.clicked.connect(lambda: self.new_run())
        group = QButtonGroup(self)
        for button in (self.runs_button, self.packs_button):
            group.addButton(button)
        self._head = QWidget(self)
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._title)
        head.addSpacing(theme.space("m"))
        head.addWidget(self.runs_button)
        head.addWidget(self.packs_button)
        head.addStretch(1)
        head.addWidget(self.new_button)
        self.stack = QStackedWidget(self)
        for view in (self.runs, self.results, self.packs):
            self.stack.addWidget(view)
        stack_up(self, (self.not_google, self._head, self.stack), self.stack)
        self.setFocusProxy(self.runs.table)
