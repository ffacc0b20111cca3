"""Notices: short sentences at the foot of the window that never take the keyboard or stop the work."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

Level = Literal["info", "ok", "warn", "bad"]
Action = tuple[str, Callable[[], object]]

_SHOWN_MS = {"info": 5000, "ok": 5000, "warn": 10000, "bad": 20000}
_MOST = 3
_LEAST_PX = 560


def show_notice(parent: QWidget | None, text: str, level: Level = "info", action: Action | None = None) -> None:
    """Show `text` at the foot of `parent`'s window for some seconds; `action` is a button's (label, what it does).

    Main thread only. With no window there is nobody to tell, and nothing is shown.
    """
    window = parent.window() if parent is not None else _window()
    if window is None:
        return
    area = window.findChild(NoticeArea, options=Qt.FindChildOption.FindDirectChildrenOnly) or NoticeArea(window)
    area.add(text, level, action)


def _window() -> QWidget | None:
    active = QApplication.activeWindow()
    if active is not None:
        return active
    return next((w for w in QApplication.topLevelWidgets() if w.isWindow() and w.isVisible()), None)


class NoticeArea(QWidget):
    """The stack of notices of one window, newest below, kept above everything else in it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("noticeArea")
        self._window = window
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.foot_px: Callable[[], int] = lambda: 0
        """Tells the height at the window's foot that notices keep clear of."""
        self.side_px: Callable[[], int] = lambda: 0
        """Tells the width at the window's right that they keep clear of where they have room."""
        self.hide()

    def add(self, text: str, level: Level, action: Action | None) -> None:
        notices = self.findChildren(Notice)
        if not notices:
            self._window.installEventFilter(self)
        for old in notices:
            if old.text == text:
                old.leave()
        for old in notices[: max(0, len(notices) - _MOST + 1)]:
            old.leave()
        notice = Notice(text, level, action, self)
        self._layout.addWidget(notice)
        notice.show()
        self.show()
        self.place()

    def place(self) -> None:
        if not self.findChildren(Notice):
            self._window.removeEventFilter(self)  # a filter sees every event of the window, 25 pictures a second too
            self.hide()
            return
        window = self._window
        side_px = self.side_px()
        room_px = window.width() - (side_px if window.width() - side_px >= _LEAST_PX else 0)
        width = min(720, room_px - 32)
        self.setFixedWidth(width)
        height = self._layout.heightForWidth(width) if self._layout.hasHeightForWidth() else self.sizeHint().height()
        self.resize(width, height)
        self.move((room_px - width) // 2, window.height() - height - 24 - self.foot_px())
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False


class Notice(QFrame):
    """One sentence, its level's colour, at most one action, and a close button."""

    def __init__(self, text: str, level: Level, action: Action | None, area: NoticeArea) -> None:
        super().__init__(area)
        self._area = area
        self.text = text
        self.setProperty("role", "notice")
        self.setProperty("level", level)
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAccessibleName(text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.addWidget(label, 1)
        if action is not None:
            said, do = action
            button = QPushButton(said, self)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # Space belongs to Capture, not to a notice just clicked
            button.clicked.connect(self.leave)
            button.clicked.connect(lambda: do())
            layout.addWidget(button)
        close = QToolButton(self)
        close.setText("✕")
        close.setAccessibleName("Close this notice")
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.leave)
        layout.addWidget(close)
        QTimer.singleShot(_SHOWN_MS[level], self, self.leave)

    def leave(self) -> None:
        """Take the notice away; calling it twice is harmless."""
        self.setParent(None)
        self.deleteLater()
        self._area.place()
