"""The frames of an asset that are files of this machine and not of the library, large, one after the other."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.background import run_in_background
from gui.library.picture_view import PictureView
from gui.library.thumbnails import picture
from gui.sync.elided import ElidedLabel


class FileViewer(QDialog):
    """← and → go through them; F fits, 1 shows 100 %, Esc closes."""

    def __init__(self, paths: Sequence[Path], at: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._paths = list(paths)
        self._at = at
        self.is_shown = False
        self.resize((parent.window().size() * 0.9).expandedTo(QSize(700, 480)))
        self.picture = PictureView(self)
        self._where, self._place = ElidedLabel(self), QLabel(self)
        theme.set_role(self._where, role="muted")
        theme.set_role(self._place, role="muted")
        self.before, self.after = QPushButton("Before", self), QPushButton("After", self)
        close = QPushButton("Close", self)
        theme.set_icon(self.before, "chevron-left")
        theme.set_icon(self.after, "chevron-right")
        self.before.clicked.connect(lambda: self._go(self._at - 1))
        self.after.clicked.connect(lambda: self._go(self._at + 1))
        close.clicked.connect(self.accept)
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.space("m"), theme.space("s"), theme.space("m"), theme.space("s"))
        for button in (self.before, self.after, close):
            button.setAutoDefault(False)
        for widget in (self.before, self.after, self._place):
            bar.addWidget(widget)
        bar.addWidget(self._where, 1)
        bar.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picture, 1)
        layout.addLayout(bar)
        for key, do in (
            ("Left", lambda: self._go(self._at - 1)),
            ("Right", lambda: self._go(self._at + 1)),
            ("F", lambda: self.picture.set_scale(None)),
            ("1", lambda: self.picture.set_scale(1.0)),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(do)
        self._go(at)

    def _go(self, at: int) -> None:
        if not 0 <= at < len(self._paths):
            return
        self._at = at
        path = self._paths[at]
        self.before.setEnabled(at > 0)
        self.after.setEnabled(at + 1 < len(self._paths))
        self._place.setText(f"{at + 1:,} of {len(self._paths):,}")
        self._where.set_text(str(path))
        self.setWindowTitle(path.name)

        def came(image: QImage) -> None:
            if self._paths[self._at] == path:
                self.is_shown = True
                self.picture.show_image(image, f"{path.name} is gone, or can't be shown.")

        run_in_background(lambda: picture(path), then=came, parent=self)
