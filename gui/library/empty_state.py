"""What a page shows while it has nothing to show: why, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme

_TEXT_PX = 420


class EmptyState(QWidget):
    """`buttons`: what each says and does."""

    def __init__(self, parent: QWidget, *buttons: tuple[str, Callable[[], object]]) -> None:
        super().__init__(parent)
        self.title, self.text = QLabel(self), QLabel(self)
        theme.set_role(self.title, role="title")
        theme.set_role(self.text, role="muted")
        self.text.setWordWrap(True)
        self.text.setFixedWidth(_TEXT_PX)
        self.buttons = []
        for said, do in buttons:
            button = QPushButton(said, self)
            button.clicked.connect(lambda _=False, do=do: do())
            self.buttons.append(button)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        layout.addStretch(1)
        for widget in (self.title, self.text, *self.buttons):
            line = QHBoxLayout()  # an alignment would take a wrapped label's height from it
            line.addStretch(1)
            line.addWidget(widget)
            line.addStretch(1)
            layout.addLayout(line)
            if isinstance(widget, QLabel):
                widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(2)

    def say(self, title: str, text: str) -> None:
        self.title.setText(title)
        self.text.setText(text)
