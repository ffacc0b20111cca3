"""The thumbnails that are on screen: decoded off the main thread, newest wish first, kept within a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from core.errors import MediaError
from gui.background import run_in_background

KEPT_BYTES = 96 * 1024 * 1024
AT_ONCE = 2
"""Decodes under way; the pool's other threads stay free for the database."""
LARGEST_PICTURE_MIB = 512


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that the grid wants to paint."""

    key: str
    path: Path
    is_clip: bool


class Thumbnails(QObject):
    """`image(…)` answers at once from memory, or notes the wish and says `ready(key)` when it is there."""

    ready = Signal(str)

    def __init__(
        self,
        size: QSize,
        parent: QObject,
        *,
        kept_bytes: int = KEPT_BYTES,
        decode: Callable[[Wanted, QSize], QImage] | None = None,
    ) -> None:
        super().__init__(parent)
        self._size = size
        self._kept_bytes = kept_bytes
        self._decode = decode or thumbnail
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._bytes = 0
        self._wishes: OrderedDict[str, Wanted] = OrderedDict()
        self._under_way: set[str] = set()

    @property
    def bytes_kept(self) -> int:
        return self._bytes

    @property
    def wishes(self) -> Collection[str]:
        """Keys that wait for a decoder."""
        return self._wishes.keys()

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def image(self, wanted: Wanted) -> QImage | None:
        """The thumbnail, a null image if its file can't be read, or None until it is decoded."""
        kept = self._kept.get(wanted.key)
        if kept is not None:
            self._kept.move_to_end(wanted.key)
        elif wanted.key not in self._under_way:
            self._wishes[wanted.key] = wanted
            self._wishes.move_to_end(wanted.key)
            self._start()
        return kept

    def keep_wishes(self, keys: Collection[str]) -> None:
        """Forget wishes for what scrolled away."""
        for key in [key for key in self._wishes if key not in keys]:
            del self._wishes[key]

    def _start(self) -> None:
        while self._wishes and len(self._under_way) < AT_ONCE:
            _, wanted = self._wishes.popitem(last=True)
            self._begin(wanted)

    def _begin(self, wanted: Wanted) -> None:
        self._under_way.add(wanted.key)
        decode, size = self._decode, self._size
        run_in_background(
            lambda: decode(wanted, size),
            then=lambda image: self._came(wanted.key, image),
            failed=lambda _unreadable: self._came(wanted.key, QImage()),
            parent=self,
        )

    def _came(self, key: str, image: QImage) -> None:
        self._under_way.discard(key)
        self._kept[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > self._kept_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.sizeInBytes()
        self._start()
        self.ready.emit(key)


def thumbnail(wanted: Wanted, size: QSize) -> QImage:
    """A frame, or a clip's first frame, to fit into `size` px; null if it can't be read. Off the main thread."""
    image = first_picture(wanted.path) if wanted.is_clip else picture(wanted.path, size)
    if image.isNull():
        return image
    if image.width() > size.width() or image.height() > size.height():
        image = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def picture(path: Path, size: QSize | None = None) -> QImage:
    """Decode a frame's file, whole or (faster) to about `size` px; null if it can't be read. Off the main thread."""
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    QImageReader.setAllocationLimit(LARGEST_PICTURE_MIB)
    whole = reader.size()
    if size is not None and whole.isValid():
        if reader.transformation() & QImageReader.transformation(reader).TransformationRotate90:
            size = size.transposed()
        if whole.width() > size.width() or whole.height() > size.height():
            reader.setScaledSize(whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def first_picture(path: Path) -> QImage:
    """Decode a clip's first frame; null if it can't be read. Off the main thread."""
    from core.media.clip_reader import ClipReader  # imports a video library, which the window's start must not wait for

    try:
        with ClipReader(path) as reader:
            pixels = reader.frame_at(reader.pts[0])
    except (MediaError, OSError):
        return QImage()
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_BGR888).copy()
