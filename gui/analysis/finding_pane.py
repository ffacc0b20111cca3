"""The details of one finding: how it ended and why, its frames, every value, and the answer as it came."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.pack import Pack
from core.run import Finding, FindingState
from gui import theme
from gui.analysis.finding_rows import FindingRow, ShownFrame, shown_frames
from gui.analysis.words import STATES, cost_text, frames_text, raw_text, title_of, took_text, value_text
from gui.background import run_in_background
from gui.library.thumbnails import Thumbnails, Wanted
from gui.station import Station
from gui.toast import show_notice

PANE_PX = 360
_PICTURE = QSize(152, 86)
_FRAMES_MOST = 12
_RAW_PX = 170


class FindingPane(QFrame):
    frame_wanted = Signal(object)
    """A FrameRef to be opened."""

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self.finding: Finding | None = None
        self._pack: Pack | None = None
        self._frames: dict[str, tuple[QToolButton, Wanted]] = {}
        theme.set_role(self, role="card")
        self.setAccessibleName("Details of the finding")
        self.setMinimumWidth(300)
        self._thumbnails = Thumbnails(_PICTURE, self)
        self._thumbnails.ready.connect(self._picture_came)
        self._title, self._said, self._hint, self._facts, self._frames_head = (self._label() for _ in range(5))
        theme.set_role(self._title, role="title")
        theme.set_role(self._hint, role="small")
        theme.set_role(self._facts, role="small")
        theme.set_role(self._frames_head, role="small")
        self._pictures, self._values = QGridLayout(), QGridLayout()
        self._raw_head = QLabel("Raw answer", self)
        theme.set_role(self._raw_head, role="small")
        self.raw = QPlainTextEdit(self)
        self.raw.setReadOnly(True)
        self.raw.setTabChangesFocus(True)
        self.raw.setAccessibleName("Raw answer")
        self.raw.setFixedHeight(_RAW_PX)
        theme.set_role(self.raw, role="code")
        self.copy = QPushButton("Copy", self)
        self.copy.setToolTip("Copy the raw answer")
        self.copy.clicked.connect(self._copy)
        self._lay_out()

    def show_row(self, row: FindingRow | None, pack: Pack | None) -> None:
        """Show this finding, or that none is chosen."""
        finding = row.finding if row is not None else None
        if finding == self.finding and pack == self._pack:
            return
        before, self.finding, self._pack = self.finding, finding, pack
        self._stack.setCurrentIndex(0 if finding is None else 1)
        if finding is None or pack is None:
            return
        self._show_state(finding)
        self._fill_values(finding, pack)
        self.raw.setPlainText(raw_text(finding.raw))
        for widget in (self._raw_head, self.raw, self.copy):
            widget.setVisible(bool(finding.raw))
        if before is None or (before.run_id, before.asset_id) != (finding.run_id, finding.asset_id):
            self._scroll.verticalScrollBar().setValue(0)
            self._ask_frames(finding)

    def first_frame(self) -> None:
        """The keyboard goes to the first frame."""
        for button, _ in self._frames.values():
            button.setFocus(Qt.FocusReason.TabFocusReason)
            return

    def _show_state(self, finding: Finding) -> None:
        said, level = STATES[finding.state]
        error = finding.error or {}
        self._title.setText(finding.asset_id)
        self._said.setText(f"{said}: {error['message']}" if error.get("message") else said)
        theme.set_role(self._said, level="" if level == "muted" else level)
        self._hint.setText("\n".join(part for part in (error.get("hint", ""), *finding.notes) if part))
        self._hint.setVisible(bool(self._hint.text()))
        facts = [finding.location, finding.model]
        if finding.tokens_in or finding.tokens_out:
            facts.append(f"{finding.tokens_in:,} tokens in, {finding.tokens_out:,} out")
        facts += [cost_text(finding.cost_usd)] if finding.cost_usd else []
        facts += [took_text(finding.took_ms)] if finding.state is not FindingState.PENDING else []
        self._facts.setText(" · ".join(fact for fact in facts if fact))
        self._facts.setVisible(bool(self._facts.text()))

    def _fill_values(self, finding: Finding, pack: Pack) -> None:
        _empty(self._values)
        values = finding.values or {}
        for place, column in enumerate(pack.columns if finding.values is not None else ()):
            name, text = title_of(column.name), value_text(values.get(column.name)) or "No value"
            label, value = QLabel(name, self), QLabel(text, self)
            theme.set_role(label, role="small")
            label.setToolTip(column.description)
            value.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(f"{name}: {text}")
            self._values.addWidget(label, place, 0, Qt.AlignmentFlag.AlignTop)
            self._values.addWidget(value, place, 1)
        self._values.setColumnStretch(1, 1)

    # frames

    def _ask_frames(self, finding: Finding) -> None:
        database, folder = self._station.database, self._station.folder
        refs = finding.frames[:_FRAMES_MOST]
        self._frames.clear()
        _empty(self._pictures)

        def read() -> list[ShownFrame]:
            with database.read() as tx:
                return shown_frames(tx, folder, refs)

        def came(shown: list[ShownFrame]) -> None:
            if self.finding is not None and self.finding.asset_id == finding.asset_id:
                self._fill_frames(shown, len(finding.frames))

        run_in_background(read, then=came, parent=self)

    def _fill_frames(self, shown: Sequence[ShownFrame], whole: int) -> None:
        _empty(self._pictures)
        self._frames.clear()
        more = f", the first {len(shown)} here" if whole > len(shown) else ""
        self._frames_head.setText(f"{frames_text(whole)}{more}")
        for place, frame in enumerate(shown):
            button = QToolButton(self)
            button.setFixedSize(_PICTURE + QSize(10, 10))
            button.setIconSize(_PICTURE)
            button.setAccessibleName(f"Open frame {place + 1} of {whole}")
            button.setToolTip(frame.said or (Path(frame.ref.path).name if frame.ref.path else "Open the frame"))
            button.setEnabled(frame.picture is not None)
            button.clicked.connect(lambda _=False, ref=frame.ref: self.frame_wanted.emit(ref))
            self._pictures.addWidget(button, place // 2, place % 2)
            if frame.picture is None:
                button.setText(frame.said)
                continue
            self._frames[frame.picture.key] = button, frame.picture
            self._picture_came(frame.picture.key)
        self._pictures.setColumnStretch(2, 1)

    def _picture_came(self, key: str) -> None:
        button, wanted = self._frames.get(key, (None, None))
        image = self._thumbnails.image(wanted) if wanted is not None else None
        if button is not None and image is not None:
            _show_picture(button, image)

    def _copy(self) -> None:
        if self.finding is not None:
            QGuiApplication.clipboard().setText(self.finding.raw)
            show_notice(self, "The raw answer is on the clipboard.", "ok")

    # building

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setAutoFillBackground(False)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, theme.space("s"), 0)
        layout.setSpacing(theme.space("s"))
        raw_head = QHBoxLayout()
        raw_head.addWidget(self._raw_head)
        raw_head.addStretch(1)
        raw_head.addWidget(self.copy)
        self._values.setHorizontalSpacing(theme.space("m"))
        self._values.setVerticalSpacing(theme.space("xs"))
        self._pictures.setSpacing(theme.space("xs"))
        for part in (self._title, self._said, self._hint, self._facts, self._values, self._frames_head, self._pictures):
            if isinstance(part, QGridLayout):
                layout.addLayout(part)
            else:
                layout.addWidget(part)
        layout.addLayout(raw_head)
        layout.addWidget(self.raw)
        layout.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        self._scroll.viewport().setAutoFillBackground(False)
        nothing = QLabel("Choose a finding to see its values, its frames and the answer as it came.", self)
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing.setWordWrap(True)
        nothing.setMargin(theme.space("xl"))
        theme.set_role(nothing, role="muted")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(nothing)
        self._stack.addWidget(self._scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.space("m"), theme.space("m"), theme.space("xs"), theme.space("m"))
        outer.addWidget(self._stack)


def _show_picture(button: QToolButton, image: QImage) -> None:
    if image.isNull():
        button.setText("Can't be shown")
        return
    button.setIcon(QIcon(QPixmap.fromImage(image)))


def _empty(grid: QGridLayout) -> None:
    while (old := grid.takeAt(0)) is not None:
        if (widget := old.widget()) is not None:
            widget.deleteLater()
