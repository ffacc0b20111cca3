"""Asks for another budget before a run that its budget holds goes on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.run import Run
from gui import theme
from gui.analysis.words import assets_text, run_title
from gui.controls import answers
from gui.page_layout import line_of

_WIDTH_PX = 440


class BudgetDialog(QDialog):
    """`chosen(budget in US dollars)`."""

    chosen = Signal(float)

    def __init__(self, run: Run, budget_usd: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Resume")
        self.setMinimumWidth(_WIDTH_PX)
        title, said, until = (
            QLabel(f"Resume {run_title(run)}", self),
            QLabel(self),
            QLabel("Hold it again before", self),
        )
        theme.set_role(title, role="title")
        title.setWordWrap(True)
        said.setWordWrap(True)
        said.setText(
            f"It has cost US$ {run.cost_usd:,.2f} of its budget of US$ {budget_usd:,.2f}; "
            f"{assets_text(run.pending)} {'waits' if run.pending == 1 else 'wait'}."
        )
        self.budget = QDoubleSpinBox(self)
        self.budget.setRange(0.01, 1_000_000)
        self.budget.setPrefix("US$ ")
        self.budget.setValue(max(budget_usd * 2, round(run.cost_usd * 2, 2)))
        self.budget.setAccessibleName("Budget in US dollars")
        theme.pad(self.budget)
        until.setBuddy(self.budget)
        leave, self.go = answers(self, "Leave it", "Resume")
        line = QHBoxLayout()
        line.addWidget(until)
        line.addWidget(self.budget, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        layout.addWidget(title)
        layout.addWidget(said)
        layout.addLayout(line)
        layout.addLayout(line_of(right=[leave, self.go]))
        self.accepted.connect(lambda: self.chosen.emit(self.budget.value()))
        self.finished.connect(self.deleteLater)
