"""About: version, licences, data folder and logs."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.about.licences import About, read_about
from gui.background import run_in_background
from gui.station import Station


class AboutDialog(QDialog):
    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self.setWindowTitle("About TrackShift Station")
        self.resize(680, 520)
        mark = QLabel(self)
        mark.setPixmap(theme.app_icon().pixmap(QSize(48, 48)))
        title = QLabel("TrackShift Station", self)
        theme.set_role(title, role="display")
        self.version, self.versions = QLabel(self), QLabel(self)
        self.versions.setWordWrap(True)
        for label in (self.version, self.versions):
            theme.set_role(label, role="muted")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        folder = QLabel(str(station.folder.root), self)
        folder.setWordWrap(True)
        folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.parts, self.licence = self._text("Licences of its parts"), self._text("Licence")
        tabs = QTabWidget(self)
        tabs.addTab(self.parts, "Made with")
        tabs.addTab(self.licence, "Licence")
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(title)
        names.addWidget(self.version)
        head = QHBoxLayout()
        head.setSpacing(theme.space("m"))
        head.addWidget(mark)
        head.addLayout(names, 1)
        place = QHBoxLayout()
        place.addWidget(QLabel("Data folder", self))
        place.addWidget(folder, 1)
        place.addWidget(self._button("Open", lambda: _open(str(station.folder.root))))
        buttons = QHBoxLayout()
        buttons.addWidget(self._button("Open logs", lambda: _open(str(station.folder.logs))))
        buttons.addWidget(self._button("Copy versions", self.copy))
        buttons.addStretch(1)
        close = self._button("Close", self.accept)
        theme.set_role(close, role="primary")
        close.setDefault(True)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        edge = theme.space("l")
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(theme.space("m"))
        layout.addLayout(head)
        layout.addWidget(self.versions)
        layout.addLayout(place)
        layout.addWidget(tabs, 1)
        layout.addLayout(buttons)
        run_in_background(read_about, then=self._show, parent=self)

    def _show(self, about: About) -> None:
        self.version.setText(f"Version {about.version}, under the Apache License 2.0")
        self.versions.setText(about.versions)
        self.parts.setPlainText("\n".join(f"{part.name} {part.version}: {part.licence}" for part in about.parts))
        self.licence.setPlainText(about.licence_text)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(f"TrackShift Station, {self.version.text()}\n{self.versions.text()}")

    def _text(self, name: str) -> QPlainTextEdit:
        text = QPlainTextEdit("Reading…", self)
        text.setReadOnly(True)
        text.setAccessibleName(name)
        theme.set_role(text, role="code")
        return text

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(do)
        return button


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
