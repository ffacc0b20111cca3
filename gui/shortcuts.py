"""The keys, told: a dialog with every shortcut of the window."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme

Section = tuple[str, tuple[tuple[str, str], ...]]
_LEFT = 3
"""So many stand on the left, the others beside them."""
KEYS: tuple[Section, ...] = (
    (
        "Wall",
        (
            ("Space", "Capture what is on screen"),
            ("1 … 9", "Choose a camera, or no more; as a click"),
            ("Enter, double click", "This camera alone; again for all"),
            ("Esc", "Back to all cameras; then choose none"),
            ("Arrows", "From tile to tile"),
            ("Page Up, Page Down", "Other cameras, where not all fit"),
            ("F  B  I  C  V  E", "The capture's mode"),
        ),
    ),
    (
        "Everywhere",
        (
            ("Ctrl+1 … Ctrl+9", "The pages, from the wall to the settings"),
            ("Ctrl+J", "Open or close the jobs panel"),
            ("F11", "Full screen"),
            ("F1 or ?", "This list"),
            ("Ctrl+Q", "Close the window; the worker goes on"),
        ),
    ),
    (
        "Library",
        (
            ("Enter  S  A  Delete", "Open, star, analyse, delete"),
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
            ("1 … 4", "Review: to its four instants"),
            ("[  ]  S", "Review: nudge by a picture; set it here"),
            ("P  G  W", "Review: play, ghost, whole clip"),
        ),
    ),
    (
        "Analysis",
        (
            ("Ctrl+N  Enter  S  R", "New, results, stop or resume, retry"),
            ("Enter  Ctrl+F  Ctrl+E  Esc", "Results: the frames, find, export, back"),
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
        sides = QHBoxLayout()
        sides.setSpacing(theme.space("xl"))
        for side in (KEYS[:_LEFT], KEYS[_LEFT:]):
            sides.addLayout(self._listed(side))
        layout.addLayout(sides)
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        layout.addSpacing(theme.space("s"))
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _listed(self, sections: Sequence[Section]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.space("m"))
        grid.setVerticalSpacing(theme.space("s"))
        for where, keys in sections:
            head = QLabel(where, self)
            head.setProperty("role", "strong")
            grid.addWidget(head, grid.rowCount(), 0, 1, 2)
            for key, does in keys:
                row = grid.rowCount()
                pressed = QLabel(key, self)
                pressed.setProperty("level", "info")
                grid.addWidget(pressed, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(QLabel(does, self), row, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        return grid
