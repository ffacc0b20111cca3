"""The window's eye on one camera: its mailbox, opened off the main thread, and the wish that keeps it fresh."""

import time
from pathlib import Path

from PySide6.QtCore import QObject

from core.mailbox import MAX_HEIGHT, MAX_WIDTH, MailboxReader, Picture, Wish
from gui.background import run_in_background

WISH_NS = 2_500_000_000
"""A wish outlives two renewals, so that one late timer does not stop the decoding."""

_NOTHING = Wish(1, 1, 0)


class Eye(QObject):
    """Looks at one camera's mailbox and never waits: one that is not there yet is tried again at each wish."""

    def __init__(self, mailbox: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._path = mailbox
        self._reader: MailboxReader | None = None
        self._opening = False
        self._number = 0
        self._wished = _NOTHING

    def wish(self, width_px: int, height_px: int) -> None:
        """Ask for pictures of at most this size in device pixels, for the next seconds."""
        self._wished = Wish(min(width_px, MAX_WIDTH), min(height_px, MAX_HEIGHT), time.monotonic_ns() + WISH_NS)
        if self._reader is not None:
            self._reader.set_wish(self._wished)
        elif not self._opening:
            self._opening = True
            run_in_background(lambda: _opened(self._path), then=self._take, parent=self)

    def look_away(self) -> None:
        """No wish, no decoding."""
        self._wished = _NOTHING
        if self._reader is not None:
            self._reader.set_wish(_NOTHING)

    def newest(self) -> Picture | None:
        """The newest picture if it is one that was not handed out before."""
        if self._reader is None:
            return None
        picture = self._reader.latest(after=self._number)
        if picture is not None:
            self._number = picture.number
        return picture

    def close(self) -> None:
        self.look_away()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _take(self, reader: MailboxReader | None) -> None:
        self._opening = False
        self._reader = reader
        if reader is not None:
            reader.set_wish(self._wished)


def _opened(path: Path) -> MailboxReader | None:
    try:
        return MailboxReader(path)
    except FileNotFoundError:
        return None  # the worker makes it when the camera's feed starts
