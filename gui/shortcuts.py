"""The keys, told: a dialog with every shortcut of the window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Wall",
        (
            ("Space", "Capture what is on screen"),
            ("1 … 9", "Choose or un-choose a camera; a click does the same"),
            ("Enter, double click", "This camera alone; again for all"),
            ("Esc", "Back to all cameras; then choose none"),
            ("Arrows", "From tile to tile"),
            ("Page Up, Page Down", "Other cameras, where there are more than fit"),
            ("F  B  I  C  V  E", "Frame, burst, interval, continuous, clip, events"),
        ),
    ),
    (
        "Everywhere",
        (
            ("Ctrl+1 … Ctrl+9", "Wall, library, stops, analysis, jobs, schedules, sessions, cameras, settings"),
            ("Ctrl+J", "Open or close the jobs panel"),
            ("F11", "Full screen"),
            ("F1 or ?", "This list"),
            ("Ctrl+Q", "Close the window; the worker goes on"),
        ),
    ),
    (
        "Library",
        (
            ("Enter  S  A  Delete", "Open, star, analyse, delete; Ctrl+Z has it back"),
            ("T  K", "Opened clip: time its stops, track what moves"),
        ),
    ),
    (
        "Jobs",
        (
            ("R  Delete  N", "Retry, cancel, run next"),
            ("Ctrl+C", "Copy as command"),
            ("Enter, Ctrl+F", "To the details; find"),
        ),
    ),
    (
        "Stops",
        (
            ("Enter  L  D", "Review, lock, dossier"),
            (", and .  (Shift: ten)", "Review: a picture back, a picture on"),
            ("1 … 4", "Review: to arrived, stationary, released, departed"),
            ("[  ]  S", "Review: nudge the instant by a picture; set it here"),
            ("P  G  W", "Review: play, ghost of the shortest stop, whole clip"),
        ),
    ),
    (
        "Analysis",
        (
            ("Ctrl+N  Enter  S  R", "New run, its results, stop or resume, retry failed"),
            ("Enter  Ctrl+F  Ctrl+E  Esc", "Results: to the frames, find, export, back to the runs"),
        ),
    ),
    (
        "Cameras",
        (
            ("Ctrl+N", "Add a camera"),
            ("Enter  Delete", "Change, remove the chosen one"),
            ("B", "Draw its pit box"),
        ),
    ),
)


class ShortcutsDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("xl"),) * 4)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.space("xl"))
        grid.setVerticalSpacing(theme.space("s"))
        row = 0
        for where, keys in KEYS:
            head = QLabel(where, self)
            head.setProperty("role", "strong")
            grid.addWidget(head, row, 0, 1, 2)
            row += 1
            for key, does in keys:
                pressed = QLabel(key, self)
                pressed.setProperty("level", "info")
                grid.addWidget(pressed, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(QLabel(does, self), row, 1)
                row += 1
        layout.addLayout(grid)
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        layout.addSpacing(theme.space("s"))
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
