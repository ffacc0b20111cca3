"""The pictures of one clip by capture time: decoded off the main thread, one at a time, only the newest wish."""

import threading
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import KnownError
from gui.background import Refresh, run_in_background
from gui.errors import told
from gui.review.reading import ShownClip

if TYPE_CHECKING:
    from core.media.clip_reader import ClipReader


@dataclass(frozen=True, slots=True)
class Picture:
    """What a clip shows at an instant."""

    image: QImage
    at_ns: int
    """UTC of the picture."""


class ClipPictures(QObject):
    """`ask(at_ns)` leads to `came`; at the first answer `times_ns` is known. `close()` lets the file go."""

    came = Signal()

    def __init__(self, shown: ShownClip, parent: QObject) -> None:
        super().__init__(parent)
        self.shown = shown
        self.picture: Picture | None = None
        """None: the clip holds no picture of that instant, or none was decoded yet; `said` tells why."""
        self.said = "The clip is being opened…"
        self.times_ns: tuple[int, ...] = ()
        """UTC of every picture, in their order; empty until the clip is open."""
        self._source = _Source(shown)
        self._wanted_ns = shown.clip.captured_at_ns
        self._refresh = Refresh(self._read, self._show, self, failed=self._cannot)

    def ask(self, at_ns: int) -> None:
        """Show the picture of this instant (UTC). Asked again before it came, the newest wish counts."""
        self._wanted_ns = at_ns
        self._refresh.ask()

    def close(self) -> None:
        run_in_background(self._source.close, parent=self)

    def _read(self) -> tuple[Picture | None, tuple[int, ...]]:
        return self._source.picture(self._wanted_ns)

    def _show(self, read: tuple[Picture | None, tuple[int, ...]]) -> None:
        self.picture, self.times_ns = read
        self.said = "" if self.picture else "Not recorded at this instant"
        self.came.emit()

    def _cannot(self, error: KnownError) -> None:
        self.picture, self.said = None, told(error)
        self.came.emit()


class _Source:
    """The open file, for one pool thread at a time."""

    def __init__(self, shown: ShownClip) -> None:
        self._path, self._zero_ns = shown.path, shown.clip.captured_at_ns
        self._end_ns = self._zero_ns + shown.clip.duration_ns
        self._lock = threading.Lock()
        self._reader: ClipReader | None = None
        self._closed = False
        self._times_ns: tuple[int, ...] = ()
        self._last: Picture | None = None

    def picture(self, at_ns: int) -> tuple[Picture | None, tuple[int, ...]]:
        """Raises MediaError."""
        with self._lock:
            if self._closed:
                return None, self._times_ns
            if self._reader is None:
                from core.media.clip_reader import ClipReader  # a video library, which no start must wait for

                self._reader = ClipReader(self._path)
                self._times_ns = tuple(self._zero_ns + self._reader.ns(pts) for pts in self._reader.pts)
            if not self._times_ns[0] <= at_ns < max(self._end_ns, self._times_ns[-1] + 1):
                return None, self._times_ns
            place = bisect_right(self._times_ns, at_ns) - 1
            if self._last is None or self._last.at_ns != self._times_ns[place]:
                pixels = self._reader.frame_at(self._reader.pts[place])
                height, width, _ = pixels.shape
                image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_BGR888)
                self._last = Picture(image.convertToFormat(QImage.Format.Format_RGB32), self._times_ns[place])
            return self._last, self._times_ns

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._reader is not None:
                self._reader.close()
                self._reader = None
