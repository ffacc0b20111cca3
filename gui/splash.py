"""What is seen until the window is: the program's mark, its name, and the folder that is being opened."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from core.paths import DataFolder
from gui import theme


class Splash(QFrame):
    def __init__(self, folder: DataFolder) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self.setProperty("role", "card")
        mark = QLabel(self)
        mark.setPixmap(theme.app_icon().pixmap(96, 96))
        name = QLabel("TrackShift Station", self)
        name.setProperty("role", "display")
        opening = QLabel(f"Opening {folder.root}…", self)
        opening.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("xl"),) * 4)
        layout.setSpacing(theme.space("m"))
        for label in (mark, name, opening):
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
