"""The rail at the left: one big button a page, and help at its foot."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from gui import theme


class Rail(QFrame):
    page_wanted = Signal(str)
    help_wanted = Signal()
    logs_wanted = Signal()
    data_wanted = Signal()
    about_wanted = Signal()
    alerts_wanted = Signal()

    def __init__(self, pages: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "rail")
        self.setFixedWidth(theme.size("rail"))
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for number, (key, label) in enumerate(pages, 1):
            button = self._button(label, key)
            button.setCheckable(True)
            button.setToolTip(f"{label} (Ctrl+{number})")
            button.clicked.connect(lambda _=False, key=key: self.page_wanted.emit(key))
            group.addButton(button)
            self._buttons[key] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self.help_button = self._button("Help", "help")
        self.help_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.help_button)
        for text, signal in (
            ("Keyboard  (F1)", self.help_wanted),
            ("Alerts", self.alerts_wanted),
            ("Open logs", self.logs_wanted),
            ("Open data folder", self.data_wanted),
            ("About TrackShift Station", self.about_wanted),
        ):
            menu.addAction(text).triggered.connect(signal)
        self.help_button.setMenu(menu)
        layout.addWidget(self.help_button)

    def check(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def _button(self, label: str, icon: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(label)
        button.setAccessibleName(label)
        button.setProperty("role", "rail")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        # The mouse leaves the keyboard where it was: Space on the wall means Capture.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_icon(button, icon)
        button.setIconSize(QSize(theme.size("icon_large"), theme.size("icon_large")))
        button.setFixedWidth(theme.size("rail") - 1)
        return button
