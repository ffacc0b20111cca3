"""The details of one job: how it stands, what it read and made, its attempts, its log, and what can be done with it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.job import JobState
from gui import theme
from gui.jobs.job_details import Details, DetailsReader
from gui.jobs.job_facts import Link
from gui.jobs.link_button import LinkButton
from gui.models.following import Following
from gui.station import Station
from gui.toast import show_notice

PANE_PX = 380
_LOG_PX = 180


class DetailsPane(QFrame):
    """Shows the job of `show_job`, and follows it."""

    retry_wanted = Signal(str)
    cancel_wanted = Signal(str)
    run_next_wanted = Signal(str)
    capture_wanted = Signal(str)
    followed = Signal(object)
    """A Link was pressed."""
    gone = Signal(str)
    """The job that was shown was cleaned up."""

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self.details: Details | None = None
        self._reader = DetailsReader(station)
        theme.set_role(self, role="card")
        self.setAccessibleName("Details of the job")
        self.setMinimumWidth(320)
        self._title, self._said, self._message, self._hint = (self._label() for _ in range(4))
        theme.set_role(self._title, role="title")
        theme.set_role(self._hint, role="small")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName("Progress")
        self.retry = self._button("Retry", self.retry_wanted.emit, "R", "retry")
        self.cancel = self._button("Cancel", self.cancel_wanted.emit, "Del")
        self.run_next = self._button("Run next", self.run_next_wanted.emit, "N", "chevron-up")
        self.capture = self._button("Capture now", self.capture_wanted.emit)
        self.copy = QPushButton("Copy as command", self)
        self.copy.setToolTip("The trackshift command line that would do the same (Ctrl+C)")
        self.copy.clicked.connect(self.copy_command)
        self._facts = QGridLayout()
        self._links: dict[str, tuple[QLabel, QVBoxLayout, QLabel]] = {}
        self._buttons: dict[str, list[tuple[Link, QPushButton]]] = {}
        self._attempts_head, self._attempts = self._label("Attempts"), self._label()
        self._log_head = self._label("Log")
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Log lines of the job")
        self.log.setTabChangesFocus(True)
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.log.setFixedHeight(_LOG_PX)
        theme.set_role(self.log, role="code")
        self._lay_out()
        self._shown: tuple[object, ...] = ()
        self._follow = Following(station, self, self._reader.read, self._show, rest_ms=250, tick_ms=1000)

    def show_job(self, job_id: str | None) -> None:
        """Show this job, or that none is chosen."""
        if job_id != self._reader.job_id:
            self._reader.job_id = job_id
            if job_id is None:
                self._stack.setCurrentIndex(0)
                self.details = None
        self._follow.ask()

    @property
    def job_id(self) -> str | None:
        return self._reader.job_id

    def copy_command(self) -> None:
        """Put the command line that would do the same into the clipboard."""
        if self.details is not None:
            QGuiApplication.clipboard().setText(self.details.command)
            show_notice(self, "Copied. Paste it into a terminal to ask for the same again.", "ok")

    def _show(self, details: Details | None) -> None:
        wanted = self._reader.job_id
        if details is None or details.job.id != wanted:
            if details is None and wanted is not None:
                self._reader.job_id, self.details = None, None
                self._stack.setCurrentIndex(0)
                self.gone.emit(wanted)
            return
        is_another = self.details is None or self.details.job.id != details.job.id
        before, self.details = self.details, details
        self._stack.setCurrentIndex(1)
        if before == details:
            return
        self._show_state(details)
        if is_another or before is None or before.facts != details.facts:
            self._fill_facts(details.facts)
        more = f"and {details.more_children:,} more: find them by the batch's name" if details.more_children else ""
        self._fill_links("In it", (*details.around, *details.children), more)
        self._fill_links("Reads", details.inputs, "")
        self._fill_links("Made", details.made, "and more: open one and go on with →" if details.more_made else "")
        said = "\n".join(details.attempts)
        _say(self._attempts, said)
        for widget in (self._attempts_head, self._attempts):
            widget.setVisible(bool(said))
        self._fill_log(details.log, is_another)
        if is_another:
            self._scroll.verticalScrollBar().setValue(0)

    def _show_state(self, details: Details) -> None:
        line = details.line
        _say(self._title, line.title)
        running = line.state is JobState.PROCESSING
        _say(self._said, f"{line.said}, {line.progress:.0f} %" if running else line.said)
        theme.set_role(self._said, level=line.level)
        _say(self._message, line.message)
        _say(self._hint, line.hint)
        for label in (self._message, self._hint):
            label.setVisible(bool(label.text()))
        self._bar.setVisible(running)
        self._bar.setValue(round(line.progress))
        self.retry.setVisible(line.may_retry)
        self.cancel.setVisible(line.may_cancel)
        self.run_next.setVisible(line.state is JobState.PENDING or (line.is_batch and line.may_cancel))
        self.capture.setVisible(line.may_capture_now)
        self.setAccessibleDescription(f"{line.title}: {self._said.text()}. {line.message}")

    def _fill_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        while (old := self._facts.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        for row, (label, text) in enumerate(facts):
            name, value = QLabel(label, self), self._label(text)
            theme.set_role(name, role="small")
            name.setFixedHeight(20)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(f"{label}: {text}")
            self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, row, 1)

    def _fill_links(self, section: str, links: Sequence[Link], more: str) -> None:
        head, room, rest = self._links[section]
        head.setVisible(bool(links))
        _say(rest, more)
        rest.setVisible(bool(more))
        known = self._buttons.get(section, [])
        if [link for link, _ in known] == list(links):
            return
        for _, button in known:
            room.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons[section] = []
        for link in links:
            button = LinkButton(link.said, self)
            self._buttons[section].append((link, button))
            button.setAccessibleName(f"{section}: {link.said}")
            button.clicked.connect(lambda _=False, link=link: self.followed.emit(link))
            room.addWidget(button)

    def _fill_log(self, log: Sequence[str], is_another: bool) -> None:
        text = "\n".join(log) or "The log says nothing of it: its lines were rotated away, or it did not begin yet."
        if text == self.log.toPlainText():
            return
        bar = self.log.verticalScrollBar()
        at_end = is_another or bar.value() == bar.maximum()
        self.log.setPlainText(text)
        if at_end:
            bar.setValue(bar.maximum())

    # building

    def _lay_out(self) -> None:
        s = theme.space("s")
        buttons = QHBoxLayout()
        buttons.setSpacing(s)
        for button in (self.retry, self.capture, self.cancel, self.run_next):
            buttons.addWidget(button)
        buttons.addStretch(1)
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(theme.space("m"), theme.space("m"), theme.space("m"), theme.space("m"))
        body.setSpacing(s)
        for widget in (self._title, self._said, self._bar, self._message, self._hint):
            body.addWidget(widget)
        body.addLayout(buttons)
        self._facts.setHorizontalSpacing(theme.space("m"))
        self._facts.setVerticalSpacing(theme.space("xs"))
        self._facts.setColumnStretch(1, 1)
        body.addLayout(self._facts)
        for section in ("In it", "Reads", "Made"):
            head, room, more = self._label(section), QVBoxLayout(), self._label()
            theme.set_role(head, role="strong")
            theme.set_role(more, role="small")
            room.setSpacing(0)
            self._links[section] = (head, room, more)
            for item in (head, more):
                item.hide()
            body.addWidget(head)
            body.addLayout(room)
            body.addWidget(more)
        for head in (self._attempts_head, self._log_head):
            theme.set_role(head, role="strong")
        for part in (self._attempts_head, self._attempts, self._log_head, self.log):
            body.addWidget(part)
        body.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        body.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setAccessibleName("Details of the job")
        inner.setAutoFillBackground(False)
        none = QLabel("Choose a job to see its stages, attempts, log, and what it made.", self)
        none.setWordWrap(True)
        none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        none.setContentsMargins(s, s, s, s)
        theme.set_role(none, role="muted")
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(1, 1, 1, 1)
        self._stack.addWidget(none)
        self._stack.addWidget(self._scroll)

    def press(self, button: QPushButton) -> None:
        """As a click, if the button is offered."""
        if button.isVisible():
            button.click()

    def _button(self, text: str, do: Callable[[str], object], keys: str = "", icon: str = "") -> QPushButton:
        button = QPushButton(text, self)
        if icon:
            theme.set_icon(button, icon)
        if keys:
            button.setToolTip(f"{text} ({keys})")
        button.clicked.connect(lambda: self._on_shown(do))
        return button

    def _on_shown(self, do: Callable[[str], object]) -> None:
        if self.details is not None and self.details.job.id == self._reader.job_id:
            do(self.details.job.id)

    def _label(self, text: str = "") -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
