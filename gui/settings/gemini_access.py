"""How Gemini is reached: a service account or an access token, kept by the system, and the test that asks it."""

import json
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.credentials import GEMINI_ACCOUNT, GEMINI_TOKEN, Credentials
from core.paths import DataFolder
from gui import theme
from gui.background import run_in_background
from gui.settings.field_editor import NAME_PX
from gui.settings.storage_keys import Where
from gui.settings.store_test import StoreTest

_LARGEST_BYTES = 100_000
_SAID = {
    "keyring": "Kept in this system's keyring. Enter another to replace it.",
    "file": "Kept in credentials.json, readable for this user alone. Enter another to replace it.",
    "environment": "Set in the environment, so it can't be changed here.",
    None: "Not entered.",
}
_HINT = (
    "Without either, Google's application default credentials are used: GOOGLE_APPLICATION_CREDENTIALS, or what "
    "`gcloud auth application-default login` left. The test counts the tokens of one word, which costs nothing."
)


_SAVE_FIRST = "Save first: the test asks with what is saved."


def read_where(credentials: Credentials) -> Where:
    """Where each secret is kept. Off the main thread: a keyring may ask its service."""
    return {name: credentials.where(name) for name in (GEMINI_ACCOUNT, GEMINI_TOKEN)}


class GeminiAccess(QWidget):
    """Nothing that is kept is ever shown; what is entered is kept with Save."""

    changed = Signal()

    def __init__(self, folder: DataFolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._account = ""
        self._wrong = ""
        self._where: Where = {}
        self.choose = QPushButton("Choose key file…", self)
        self.choose.setAccessibleName("Choose the key file of a service account")
        self.choose.clicked.connect(self._ask_file)
        self.token = QLineEdit(self)
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setAccessibleName("Access token")
        self.token.setFixedWidth(240)
        self.token.textChanged.connect(self.changed)
        self._said = {name: QLabel(self) for name in (GEMINI_ACCOUNT, GEMINI_TOKEN)}
        self.test_button = QPushButton("Test Gemini", self)
        self.test_button.clicked.connect(self.start_test)
        self.found = QLabel(self)
        self.test = StoreTest(folder, self, only="gemini")
        self.test.ended.connect(self._ended)
        self._lay_out()

    def show_where(self, where: Where) -> None:
        self._where = where
        self.choose.setEnabled(where.get(GEMINI_ACCOUNT) != "environment")
        self.token.setEnabled(where.get(GEMINI_TOKEN) != "environment")
        self.token.setPlaceholderText("Unchanged" if where.get(GEMINI_TOKEN) else "Only for a private endpoint")
        self._show_said()

    def entered(self) -> dict[str, str]:
        """Name to what was entered; what is empty stays as it is."""
        given = {GEMINI_ACCOUNT: self._account, GEMINI_TOKEN: self.token.text()}
        return {name: secret for name, secret in given.items() if secret}

    def clear(self) -> None:
        self._account = self._wrong = ""
        self.token.clear()
        self._show_said()

    def read_file(self, path: Path) -> None:
        """Take a key file in; it is kept with Save. Off the main thread."""
        run_in_background(lambda: _key_file(path), then=self._took, parent=self)

    def start_test(self) -> None:
        """Ask Gemini as it is saved; a minute at most, and nothing waits for it."""
        self.test_button.setEnabled(False)
        self._say("", "Testing…")
        self.test.start()

    def allow_test(self, *, saved: bool) -> None:
        """The test asks with what is saved."""
        self.test_button.setEnabled(saved)
        if not saved:
            self._say("", _SAVE_FIRST)
        elif self.found.text() == _SAVE_FIRST:
            self._say("", "")

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, "Key file of a service account", "", "Key files (*.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.read_file(Path(chosen)))
        dialog.open()

    def _took(self, read: tuple[str, str]) -> None:
        self._account, self._wrong = read
        self._show_said()
        self.changed.emit()

    def _show_said(self) -> None:
        for name, label in self._said.items():
            label.setText(_SAID[self._where.get(name)])
        if self._account:
            name = json.loads(self._account).get("client_email", "")
            self._said[GEMINI_ACCOUNT].setText(f"{name}: kept once you save.")
        elif self._wrong:
            self._said[GEMINI_ACCOUNT].setText(self._wrong)

    def _ended(self, level: str, said: str) -> None:
        self.test_button.setEnabled(True)
        self._say(level, said)

    def _say(self, level: str, said: str) -> None:
        self.found.setText(said)
        theme.set_role(self.found, level=level)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        rows = ((GEMINI_ACCOUNT, "Service account", self.choose), (GEMINI_TOKEN, "Access token", self.token))
        for row, (name, title, widget) in enumerate(rows):
            label = QLabel(title, self)
            label.setFixedWidth(NAME_PX)
            label.setBuddy(widget)
            line = QHBoxLayout()
            line.addWidget(widget)
            line.addStretch(1)
            self._said[name].setWordWrap(True)
            theme.set_role(self._said[name], role="small")
            grid.addWidget(label, 3 * row, 0)
            grid.addLayout(line, 3 * row, 1)
            grid.addWidget(self._said[name], 3 * row + 1, 1)
            grid.setRowMinimumHeight(3 * row + 2, theme.space("l"))
        grid.setColumnStretch(1, 1)
        hint = QLabel(_HINT, self)
        hint.setWordWrap(True)
        theme.set_role(hint, role="small")
        self.found.setWordWrap(True)
        line = QHBoxLayout()
        line.addWidget(self.test_button, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.found, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)
        layout.addWidget(hint)
        layout.addLayout(line)


def _key_file(path: Path) -> tuple[str, str]:
    """Its content, or why it is none."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError
        content = path.read_text("utf-8")
        described = json.loads(content)
        if described.get("type") != "service_account" or not described.get("private_key"):
            raise ValueError
    except (OSError, ValueError, AttributeError):
        return "", f"{path.name} is no key file of a service account. Make one in the Google Cloud console."
    return content, ""
