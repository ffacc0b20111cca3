"""One job in the panel: what it is, how far, what went wrong and what to do, with Retry and Cancel."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from core.job import JobState
from gui import theme
from gui.jobs.reading import JobLine


class JobCard(QFrame):
    """Shows a JobLine; given the next one it changes in place what is different, and nothing else."""

    retry_wanted = Signal(str)
    cancel_wanted = Signal(str)
    capture_wanted = Signal(str)
    """Capture what the camera sees now."""
    open_wanted = Signal(str)
    """The batch's children shall be shown, or hidden again."""

    def __init__(self, line: JobLine, parent: QFrame | None = None, *, child: bool = False) -> None:
        super().__init__(parent)
        self.line: JobLine | None = None
        self.id = line.id
        self._children: dict[str, JobCard] = {}
        theme.set_role(self, role="card")
        self._opener = QToolButton(self)
        theme.set_role(self._opener, role="plain")
        self._opener.clicked.connect(lambda: self.open_wanted.emit(self.id))
        self._title, self._said, self._message, self._hint = (QLabel(self) for _ in range(4))
        theme.set_role(self._title, role="" if child else "strong")
        theme.set_role(self._hint, role="small")
        for label in (self._title, self._message, self._hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.set_role(self._message, role="muted")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._retry = QPushButton("Retry", self)
        theme.set_icon(self._retry, "retry")
        self._retry.clicked.connect(lambda: self.retry_wanted.emit(self.id))
        self._cancel = QPushButton("Cancel", self)
        self._cancel.clicked.connect(lambda: self.cancel_wanted.emit(self.id))
        self._capture = QPushButton("Capture now", self)
        self._capture.clicked.connect(lambda: self.capture_wanted.emit(self.id))
        for button in (self._opener, self._retry, self._cancel, self._capture):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the page
        s = theme.space("s")
        head = QHBoxLayout()
        head.addWidget(self._opener)
        head.addWidget(self._title, 1)
        head.addWidget(self._said)
        body = QHBoxLayout()
        body.addWidget(self._message, 1)
        body.addStretch(0)  # where there is no message
        for button in (self._retry, self._cancel, self._capture):
            body.addWidget(button)
        self._room = QVBoxLayout()
        self._room.setSpacing(theme.space("xs"))
        self._more = QLabel(self)
        theme.set_role(self._more, role="small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.space("m"), s, s, s)
        layout.setSpacing(theme.space("xs"))
        layout.addLayout(head)
        layout.addWidget(self._bar)
        layout.addLayout(body)
        layout.addWidget(self._hint)
        layout.addLayout(self._room)
        layout.addWidget(self._more)
        self.show_line(line)

    def show_line(self, line: JobLine) -> None:
        """Change to this; nothing is touched if nothing changed."""
        if line == self.line:
            return
        self.line = line
        said = f"{line.progress:.0f} %" if line.state is JobState.PROCESSING and not line.is_batch else line.said
        _say(self._title, line.title)
        _say(self._said, said)
        theme.set_role(self._said, level=line.level)
        _say(self._message, line.message)
        self._message.setVisible(bool(line.message))
        theme.set_role(self._message, level="bad" if line.state is JobState.FAILED else "")
        _say(self._hint, line.hint)
        self._hint.setVisible(bool(line.hint))
        self._bar.setVisible(line.state is JobState.PROCESSING)
        self._bar.setValue(round(line.progress))
        self._bar.setAccessibleName(f"Progress of {line.title}")
        self._retry.setVisible(line.may_retry)
        self._retry.setAccessibleName(f"Retry {line.title}")
        self._cancel.setVisible(line.may_cancel)
        self._cancel.setAccessibleName(f"Cancel {line.title}")
        self._capture.setVisible(line.may_capture_now)
        opened = bool(line.children)
        self._opener.setVisible(line.is_batch)
        theme.set_icon(self._opener, "chevron-down" if opened else "chevron-right", px=16)
        self._opener.setAccessibleName(f"{'Hide' if opened else 'Show'} the jobs of {line.title}")
        self._more.setVisible(line.more_children > 0)
        self._more.setText(f"and {line.more_children:,} more")
        self.setAccessibleName(f"{line.title}: {said}")
        self._show_children(line.children)

    def _show_children(self, lines: tuple[JobLine, ...]) -> None:
        wanted = {line.id for line in lines}
        for id in [id for id in self._children if id not in wanted]:
            self._children.pop(id).deleteLater()
        for place, line in enumerate(lines):
            card = self._children.get(line.id)
            if card is None:
                card = JobCard(line, self, child=True)
                card.retry_wanted.connect(self.retry_wanted)
                card.cancel_wanted.connect(self.cancel_wanted)
                card.capture_wanted.connect(self.capture_wanted)
                self._children[line.id] = card
            card.show_line(line)
            if self._room.indexOf(card) != place:
                self._room.insertWidget(place, card)


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
