"""The panel beside the clips: the four instants in the machine's word and the operator's, notes and car number."""

import math

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from core.stop import Mark, Moment, Stop
from gui import theme
from gui.review.reading import ReviewRead
from gui.review.words import MOMENTS, clock_text, offset_text, span_text

PANEL_PX = 340


class InstantsPanel(QFrame):
    nudge_wanted = Signal(str, int)
    """A moment, and by how many pictures."""
    go_wanted = Signal(str)
    """To a moment."""
    take_back_wanted = Signal(str)
    noted = Signal(str, str)
    """The operator's notes and car number, when they changed and the keyboard leaves them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, role="card")
        self.setFixedWidth(PANEL_PX)
        self._stop: Stop | None = None
        self.standing = QLabel(self)
        theme.set_role(self.standing, role="display")
        self.measured = QLabel(self)
        self.compared = QLabel(self)
        self._notes = QLabel(self)
        for label in (self.measured, self.compared, self._notes):
            label.setWordWrap(True)
            theme.set_role(label, role="muted")
        self._rows = {moment: _Row(moment, self) for moment in Moment}
        self.car_number = QLineEdit(self)
        self.car_number.setPlaceholderText("Car number")
        self.car_number.setAccessibleName("Car number")
        self.car_number.setMaxLength(20)
        self.remark = QPlainTextEdit(self)
        self.remark.setPlaceholderText("Notes")
        self.remark.setAccessibleName("Notes")
        self.remark.setTabChangesFocus(True)
        self.remark.setFixedHeight(84)
        self.car_number.editingFinished.connect(self.save)
        self.remark.installEventFilter(self)
        self._lay_out()

    def show_read(self, read: ReviewRead, moment: Moment) -> None:
        """Take over what the store has now; what is being typed stays."""
        stop, before = read.stop, self._stop
        self._stop = stop
        self.standing.setText(span_text(stop.span))
        by_hand = stop.hand and stop.machine_span is not None and stop.span != stop.machine_span
        self.measured.setText(f"The machine says {span_text(stop.machine_span)}." if by_hand else "Stationary time")
        self.compared.setText(compared_text(read))
        self.compared.setVisible(bool(self.compared.text()))
        self._notes.setText(" ".join(stop.notes))
        self._notes.setVisible(bool(stop.notes))
        for one, row in self._rows.items():
            row.show_stop(stop, read, chosen=one is moment)
        for field in (self.car_number, self.remark):
            field.setReadOnly(stop.locked)
        if before is None or (before.car_number != stop.car_number and not self.car_number.hasFocus()):
            self.car_number.setText(stop.car_number)
        if before is None or (before.remark != stop.remark and not self.remark.hasFocus()):
            self.remark.setPlainText(stop.remark)

    def save(self) -> None:
        """Tell what was typed, if it is news."""
        stop = self._stop
        if stop is None or stop.locked:
            return
        remark, number = self.remark.toPlainText().strip(), self.car_number.text().strip()
        if (remark, number) != (stop.remark, stop.car_number):
            self.noted.emit(remark, number)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.save()
        return False

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.space("xs"))
        grid.setVerticalSpacing(theme.space("xs"))
        grid.setColumnStretch(0, 1)
        for number, (moment, row) in enumerate(self._rows.items()):
            grid.addWidget(row.name, 3 * number, 0)
            for column, button in enumerate((row.back, row.forth, row.undo), 1):
                grid.addWidget(button, 3 * number, column, 2, 1)
            grid.addWidget(row.machine, 3 * number + 1, 0)
            grid.addWidget(row.hand, 3 * number + 2, 0, 1, 4)
            row.machine.setContentsMargins(0, 0, 0, theme.space("xs"))
            row.hand.setContentsMargins(0, 0, 0, theme.space("xs"))
            row.name.clicked.connect(lambda _=False, moment=moment: self.go_wanted.emit(moment.value))
            row.back.clicked.connect(lambda _=False, moment=moment: self.nudge_wanted.emit(moment.value, -1))
            row.forth.clicked.connect(lambda _=False, moment=moment: self.nudge_wanted.emit(moment.value, 1))
            row.undo.clicked.connect(lambda _=False, moment=moment: self.take_back_wanted.emit(moment.value))
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self.standing)
        layout.addWidget(self.measured)
        layout.addWidget(self.compared)
        layout.addLayout(grid)
        layout.addWidget(self._notes)
        layout.addStretch(1)
        layout.addWidget(self.car_number)
        layout.addWidget(self.remark)


class _Row:
    """One moment's widgets."""

    def __init__(self, moment: Moment, parent: QWidget) -> None:
        self.moment = moment
        said = MOMENTS[moment]
        self.name = QToolButton(parent)
        self.name.setText(said)
        self.name.setCheckable(True)
        self.name.setToolTip(f"Go there ({list(Moment).index(moment) + 1})")
        self.machine, self.hand = QLabel(parent), QLabel(parent)
        theme.set_role(self.machine, role="small")
        theme.set_role(self.hand, role="small")
        self.back = _tool(parent, "chevron-left", f"{said} one picture earlier ([)")
        self.forth = _tool(parent, "chevron-right", f"{said} one picture later (])")
        self.undo = _tool(parent, "retry", f"{said}: the machine's instant again (Backspace)")

    def show_stop(self, stop: Stop, read: ReviewRead, *, chosen: bool) -> None:
        machine, hand = stop.machine.get(self.moment), stop.hand.get(self.moment)
        self.name.setChecked(chosen)
        self.machine.setText(f"Machine {_said(machine, stop, self.moment, read)}")
        self.hand.setText(f"Operator {_said(hand, stop, self.moment, read)}" if hand is not None else "")
        theme.set_role(self.hand, level="warn" if hand is not None else "")
        self.hand.setVisible(hand is not None)
        for button in (self.back, self.forth):
            button.setEnabled(not stop.locked)
        self.undo.setEnabled(hand is not None and not stop.locked)
        known = hand or machine
        self.name.setEnabled(known is not None)
        self.machine.setToolTip(clock_text(known.at_ns, read.zone) if known else "")


def _said(mark: Mark | None, stop: Stop, moment: Moment, read: ReviewRead) -> str:
    """Against standstill; standstill itself by the clock."""
    if mark is None:
        return "could not time it"
    zero = stop.mark(Moment.STATIONARY)
    if moment is Moment.STATIONARY or zero is None:
        return f"{clock_text(mark.at_ns, read.zone)} ± {max(1, math.ceil(mark.u_ns / 1e6))} ms"
    return offset_text(mark.at_ns, zero.at_ns, round(math.hypot(mark.u_ns, zero.u_ns)))


def compared_text(read: ReviewRead) -> str:
    """This stop against the session's best, where there is one."""
    best, stop = read.best, read.stop
    if best is None or best.span is None or stop.span is None:
        return ""
    if best.id == stop.id:
        return "The shortest of the session."
    doubt = round(math.hypot(best.span.u_ns, stop.span.u_ns))
    longer = offset_text(stop.span.ns, best.span.ns, doubt)
    whose = f" (car {best.car_number})" if best.car_number else ""
    return f"Shortest of the session{whose}: {span_text(best.span)}. This one {longer}."


def _tool(parent: QWidget, icon: str, said: str) -> QToolButton:
    button = QToolButton(parent)
    theme.set_icon(button, icon)
    button.setToolTip(said)
    button.setAccessibleName(said)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button
