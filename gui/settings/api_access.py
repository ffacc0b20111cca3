"""How another program reaches the local API: its address, and a line for the terminal that asks it for the jobs."""

import shlex
import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.paths import DataFolder
from core.setting_sections import ApiSettings
from gui import theme
from gui.toast import show_notice


def address(api: ApiSettings) -> str:
    return f"http://127.0.0.1:{api.port}"


def curl_line(api: ApiSettings, folder: DataFolder) -> str:
    """Sends the token from its file, so that it stands in no list of processes and no shell's history."""
    if sys.platform == "win32":
        return f"trackshift api --header api.header && curl -H @api.header {address(api)}/status"
    token_file = shlex.quote(str(folder.api_token_file))
    return f"sed 's/^/Authorization: Bearer /' {token_file} | curl -H @- {address(api)}/status"


class ApiAccess(QWidget):
    """Shown once the API is switched on and saved."""

    def __init__(self, folder: DataFolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._folder = folder
        self._said = QLabel(self)
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.line = QLineEdit(self)
        self.line.setReadOnly(True)
        self.line.setAccessibleName("Line for the terminal")
        self.copy = QPushButton("Copy", self)
        self.copy.setAccessibleName("Copy the line for the terminal")
        self.copy.clicked.connect(self.copy_line)
        hint = QLabel("The token lies in a file that only this user can read; the line reads it from there.", self)
        hint.setWordWrap(True)
        theme.set_role(hint, role="small")
        line = QHBoxLayout()
        line.addWidget(self.line, 1)
        line.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self._said)
        layout.addLayout(line)
        layout.addWidget(hint)

    def show_settings(self, api: ApiSettings) -> None:
        """These are saved now."""
        self.setVisible(api.enabled)
        self._said.setText(f"Address: {address(api)}   ·   what it answers: {address(api)}/docs")
        self.line.setText(curl_line(api, self._folder))
        self.line.setCursorPosition(0)

    def copy_line(self) -> None:
        QGuiApplication.clipboard().setText(self.line.text())
        show_notice(self, "Copied. Paste it into a terminal.", "ok")
