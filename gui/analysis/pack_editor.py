"""The editor of one pack: checked as you type, the wrong line marked and named, and what a dry run answered."""

from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.pack import Pack
from core.run import Finding, FindingState
from gui import theme
from gui.analysis.code_edit import CodeEdit
from gui.analysis.dry_run import DryRun
from gui.analysis.pack_files import PackFile, problem
from gui.analysis.words import cost_text, title_of, took_text, value_text
from gui.background import Refresh
from gui.station import Station

_TYPING_MS = 250
_ANSWER_PX = 150


class PackEditor(QWidget):
    """Tells `changed` when another file is shown, or its text is right or wrong in another way."""

    changed = Signal()

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self.file: PackFile | None = None
        self.pack: Pack | None = None
        """What the text says now, where it is right."""
        self._checked = ("", "")
        self.code = CodeEdit("Text of the pack", self)
        self._where, self._said, self._to_line = QLabel(self), QLabel(self), QPushButton(self)
        self._answer_head = QLabel("Dry run", self)
        self.answer = QPlainTextEdit(self)
        self.dry = DryRun(station, self)
        self._stop = QPushButton("Stop", self)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._check: Refresh[tuple[str, Pack | None, int, str]] = Refresh(self._read, self._show, self)
        self._lay_out()
        self._typing.timeout.connect(self._ask)
        self.code.textChanged.connect(self._typed)
        self._to_line.clicked.connect(self._go_to_line)
        self.dry.said.connect(self._trying)
        self.dry.ended.connect(self._tried)
        self._stop.clicked.connect(self._stop_trying)

    @property
    def text(self) -> str:
        return self.code.toPlainText()

    @property
    def is_changed(self) -> bool:
        """Whether something was typed that is not kept."""
        return self.file is not None and self.file.is_own and self.text != self.file.text

    @property
    def said(self) -> str:
        """What the check says of the text."""
        return self._said.text()

    def show_file(self, file: PackFile, *, again: bool = False) -> None:
        """Show this file as it is kept; `again` though it is shown already."""
        if file == self.file and not again:
            return
        is_same_text = self.file is not None and self.file.path == file.path and self.text == file.text
        self.file = file
        self._where.setText(str(file.path) if file.is_own else f"{file.path.name}, shipped: copy it to change it")
        self.code.setReadOnly(not file.is_own)
        if not is_same_text:
            self._show_answer(None)
            self.code.setPlainText(file.text)
        self._show((file.text, file.pack, file.line, file.reason))

    def saved(self, text: str) -> None:
        """This text is kept now."""
        if self.file is not None:
            self.file = replace(self.file, text=text)
            self.changed.emit()

    def forget_changes(self) -> None:
        """What was typed is not wanted."""
        self.file = None

    def try_on(self, path: str | None) -> None:
        """Ask the pack as it is typed of this picture, or of the newest frame in the library."""
        if self.pack is not None:
            self._show_answer("")
            self.dry.start(self.pack, path or None)

    # checking

    def _typed(self) -> None:
        self._typing.start()
        self.changed.emit()

    def _ask(self) -> None:
        if self.file is not None:
            self._checked = self.text, self.file.path.suffix
            self._check.ask()

    def _read(self) -> tuple[str, Pack | None, int, str]:
        text, suffix = self._checked
        return text, *problem(text, suffix)

    def _show(self, read: tuple[str, Pack | None, int, str]) -> None:
        text, self.pack, line, reason = read
        if text != self.text:
            self.pack = None
            return  # typed on meanwhile: the next check is under way
        self.code.mark_line(line or None)
        if self.pack is None:
            self._said.setText(f"Line {line}: {reason}")
            theme.set_role(self._said, level="bad")
        else:
            columns = ", ".join(f"{column.name} ({column.type})" for column in self.pack.columns[:5])
            more = f" and {len(self.pack.columns) - 5} more" if len(self.pack.columns) > 5 else ""
            local = "Answered on this machine too. " if self.pack.local else ""
            self._said.setText(f"Right. {local}{len(self.pack.columns)} columns: {columns}{more}")
            theme.set_role(self._said, level="ok")
        self._to_line.setVisible(self.pack is None)
        self.changed.emit()

    def _go_to_line(self) -> None:
        if self.code.bad_line is not None:
            self.code.go_to_line(self.code.bad_line)

    # the dry run

    def _trying(self, said: str) -> None:
        self._show_answer(said or None)

    def _tried(self, finding: Finding) -> None:
        self._show_answer(_words_of(finding, self.pack))

    def _stop_trying(self) -> None:
        self.dry.stop()
        self._show_answer(None)

    def _show_answer(self, said: str | None) -> None:
        for widget in (self._answer_head, self.answer, self._stop):
            widget.setVisible(said is not None)
        self._stop.setText("Stop" if self.dry.runs else "Close")
        self.answer.setPlainText(said or "")

    def _lay_out(self) -> None:
        theme.set_role(self._where, role="muted")
        theme.set_role(self._answer_head, role="strong")
        theme.set_role(self._to_line, role="link", dense=True)
        self._to_line.setText("Go to the line")
        self._to_line.hide()
        self._said.setWordWrap(True)
        self._where.setMinimumWidth(1)
        self.answer.setReadOnly(True)
        self.answer.setTabChangesFocus(True)
        self.answer.setFixedHeight(_ANSWER_PX)
        self.answer.setAccessibleName("What the dry run answered")
        head = QHBoxLayout()
        head.addWidget(self._answer_head)
        head.addStretch(1)
        head.addWidget(self._stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        line = QHBoxLayout()
        line.addWidget(self._said, 1)
        line.addWidget(self._to_line)
        layout.addWidget(self._where)
        layout.addWidget(self.code, 1)
        layout.addLayout(line)
        layout.addLayout(head)
        layout.addWidget(self.answer)
        self._show_answer(None)


def _words_of(finding: Finding, pack: Pack | None) -> str:
    """The answer, a line a value; or why there is none."""
    spent = [finding.model, took_text(finding.took_ms)]
    spent += [f"{finding.tokens_in + finding.tokens_out:,} tokens"] if finding.tokens_in else []
    spent += [cost_text(finding.cost_usd)] if finding.cost_usd else []
    lines = [" · ".join(part for part in spent if part)]
    if finding.state is FindingState.FAILED:
        error = finding.error or {}
        lines = [f"Failed: {error.get('message', '')}", error.get("hint", ""), *lines, finding.raw]
    elif finding.state is FindingState.PENDING:
        lines = ["It was stopped before it was answered."]
    else:
        named = [column.name for column in pack.columns] if pack is not None else list(finding.values or {})
        values = finding.values or {}
        lines += [f"{title_of(name)}: {value_text(values.get(name)) or 'no value'}" for name in named]
    return "\n".join(line for line in lines if line)
