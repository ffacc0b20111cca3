"""The store's keys: entered here, kept by the system, never shown again."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from core.credentials import Credentials
from gui import theme
from gui.settings.field_editor import NAME_PX

KEYS = (("storage:access_key", "Access key"), ("storage:secret_key", "Secret key"))
Where = dict[str, str | None]
_SAID = {
    "keyring": "Kept in this system's keyring. Enter another to replace it.",
    "file": "Kept in credentials.json, readable for this user alone. Enter another to replace it.",
    "environment": "Set in the environment, so it can't be changed here.",
    None: "Not entered yet: MinIO's well-known minioadmin is used.",
}


def read_where(credentials: Credentials) -> Where:
    """Where each key is kept. Off the main thread: a keyring may ask its service."""
    return {name: credentials.where(name) for name, _ in KEYS}


class StorageKeys(QWidget):
    """Two fields that are always empty until something is typed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, QLineEdit] = {}
        self._said: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for row, (name, label) in enumerate(KEYS):
            title, field, said = QLabel(label, self), QLineEdit(self), QLabel(self)
            title.setFixedWidth(NAME_PX)
            title.setBuddy(field)
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setAccessibleName(label)
            field.setFixedWidth(240)
            field.textChanged.connect(self.changed)
            said.setWordWrap(True)
            theme.set_role(said, role="small")
            if row:
                grid.setRowMinimumHeight(3 * row - 1, theme.space("l"))
            grid.addWidget(title, 3 * row, 0)
            line = QHBoxLayout()
            line.addWidget(field)
            line.addStretch(1)
            grid.addLayout(line, 3 * row, 1)
            grid.addWidget(said, 3 * row + 1, 1)
            self.fields[name], self._said[name] = field, said
        grid.setColumnStretch(1, 1)

    def show_where(self, where: Where) -> None:
        for name, field in self.fields.items():
            self._said[name].setText(_SAID[where[name]])
            field.setEnabled(where[name] != "environment")
            field.setPlaceholderText("Unchanged" if where[name] else "minioadmin")

    def entered(self) -> dict[str, str]:
        """Name to what was typed; what is empty stays as it is."""
        return {name: field.text() for name, field in self.fields.items() if field.text()}

    def clear(self) -> None:
        for field in self.fields.values():
            field.clear()
