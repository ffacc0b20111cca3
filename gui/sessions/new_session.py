"""The dialog of a new session: season, event, which running, and the zone that its times are shown in."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from PySide6.QtCore import Qt, QTimeZone
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme

NAMES = ("FP1", "FP2", "FP3", "Sprint Qualifying", "Sprint", "Qualifying", "R", "Test")


@cache
def zones() -> tuple[str, ...]:
    """Every time zone's name. Reads the zone data once: off the main thread."""
    return tuple(sorted(available_timezones()))


def own_zone() -> str:
    """This machine's zone."""
    return QTimeZone.systemTimeZoneId().toStdString() or "UTC"


class NewSessionDialog(QDialog):
    """`create(season, event, name, zone, make_current)` is called on Create."""

    def __init__(
        self,
        names: tuple[str, ...],
        last: tuple[str, str] | None,
        create: Callable[[str, str, str, str, bool], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._create = create
        self._names = {name.lower(): name for name in names}
        self.setWindowTitle("New session")
        self.setMinimumWidth(460)
        title = QLabel("New session", self)
        theme.set_role(title, role="title")
        self.season = QLineEdit(last[0] if last else str(datetime.now().year), self)
        self.event_field = QLineEdit(last[1] if last else "", self)
        self.event_field.setPlaceholderText("Monza")
        self.name = QComboBox(self)
        self.name.setEditable(True)
        self.name.addItems(NAMES)
        self.zone = QLineEdit(own_zone(), self)
        self.zone.setPlaceholderText("Type a city: Rome, Las Vegas …")
        completer = QCompleter(list(names), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        self.zone.setCompleter(completer)
        self._wrong = QLabel(self)
        theme.set_role(self._wrong, level="bad")
        self._wrong.setWordWrap(True)
        grid = QGridLayout()
        grid.setVerticalSpacing(theme.space("s"))
        fields: tuple[tuple[str, QWidget], ...] = (
            ("Season", self.season),
            ("Event", self.event_field),
            ("Session", self.name),
            ("Time zone", self.zone),
        )
        for row, (said, field) in enumerate(fields):
            label = QLabel(said, self)
            label.setBuddy(field)
            field.setAccessibleName(said)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)
        cancel, self.create_button = QPushButton("Cancel", self), QPushButton("Create and use", self)
        only = QPushButton("Create only", self)
        for button in (cancel, only):
            button.setAutoDefault(False)
        theme.set_role(self.create_button, role="primary")
        self.create_button.setDefault(True)
        cancel.clicked.connect(self.reject)
        only.clicked.connect(lambda: self._go(False))
        self.create_button.clicked.connect(lambda: self._go(True))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (cancel, only, self.create_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addWidget(self._wrong)
        layout.addLayout(buttons)
        self.event_field.setFocus()

    def _go(self, make_current: bool) -> None:
        zone = self._names.get(self.zone.text().strip().replace(" ", "_").lower())
        said = (self.season.text().strip(), self.event_field.text().strip(), self.name.currentText().strip())
        self._wrong.setText("")
        theme.set_role(self.zone, invalid=zone is None)
        theme.set_role(self.event_field, invalid=not any(said))
        if zone is None:
            self._wrong.setText(
                "There is no such time zone. Type part of a city's name and choose one, as Europe/Rome."
            )
        elif not any(said):
            self._wrong.setText("Name the season, the event or the session.")
        else:
            self._create(*said, zone, make_current)
            self.accept()
