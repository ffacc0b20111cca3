"""The mailbox: one memory-mapped file a camera with its newest picture for the window, and the window's wish for it.

Layout, native byte order, words of 8 bytes: one page of header (magic, newest number, last number, the wish between its
two guards), then three slots. A slot is a page of words about the picture, its number first and again last, and
then the pixels. The writer sets the first number before it touches a slot and the second when it is done, so a
reader that finds both equal to the newest number before and after copying holds one whole picture.
"""

import mmap
import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from core.camera import ClockSource
from core.closing import Closing
from core.errors import DiskFull
from core.paths import FULL

MAX_WIDTH, MAX_HEIGHT = 1920, 1200
MAX_LINE_BYTES = MAX_WIDTH * 4 + 256
"""BGRA, and room for the padding that decoders put at the end of a line."""

_PAGE = 4096
_SLOTS = 3
_SLOT_BYTES = _PAGE + -(-MAX_LINE_BYTES * MAX_HEIGHT // _PAGE) * _PAGE
_FILE_BYTES = _PAGE + _SLOTS * _SLOT_BYTES
_MAGIC = int.from_bytes(b"TSMBOX02", "little")

# Words of the header.
_H_MAGIC, _H_NEWEST, _H_LAST = 0, 1, 2
_W_BEFORE, _W_WIDTH, _W_HEIGHT, _W_UNTIL, _W_AFTER = 16, 17, 18, 19, 20
# Words of a slot.
_S_BEFORE, _S_AFTER = 0, 10
_SOURCES = tuple(ClockSource)


@dataclass(frozen=True, slots=True)
class Picture:
    """One preview picture, copied out of the mailbox."""

    number: int
    """Only growing, also over a restart of the worker."""
    width: int
    height: int
    line_bytes: int
    epoch: int
    pts: int
    captured_at_ns: int
    captured_u_ns: int
    clock_source: ClockSource
    shown_monotonic_ns: int
    """When its packet arrived, by time.monotonic_ns(): its age is now minus this."""
    pixels: bytes
    """BGRA, `line_bytes` × `height`."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The picture size that the window wants, in px, and until when (time.monotonic_ns). No wish, no decoding."""

    width: int
    height: int
    until_monotonic_ns: int


class _Mapped(Closing):
    """The mapped file, its header as words, and its slots."""

    def __init__(self, path: Path) -> None:
        with open(path, "r+b") as file:
            if os.fstat(file.fileno()).st_size != _FILE_BYTES:
                raise FileNotFoundError(f"{path.name} is no mailbox of this version")
            self._map = mmap.mmap(file.fileno(), _FILE_BYTES)
        self._bytes = memoryview(self._map)
        self._words = self._bytes.cast("q")
        self._fence_lock = threading.Lock()
        if self._words[_H_MAGIC] != _MAGIC:
            self.close()
            raise FileNotFoundError(f"{path.name} is no mailbox of this version")

    def _fence(self) -> None:
        # Releasing and taking a lock orders memory on every processor; x86 would do without, ARM would not.
        with self._fence_lock:
            pass
        with self._fence_lock:
            pass

    def _slot(self, number: int) -> int:
        return _PAGE + number % _SLOTS * _SLOT_BYTES

    def close(self) -> None:
        self._words.release()
        self._bytes.release()
        self._map.close()


class MailboxWriter(_Mapped):
    """The worker's end; one a camera. Raises DiskFull where the file's blocks can't be had."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path)
        except FileNotFoundError:
            _create(path)
            super().__init__(path)
        # What a former worker left is no longer the newest picture, but its numbers must not come again.
        self._words[_H_NEWEST] = 0

    def write(
        self,
        *,
        width: int,
        height: int,
        line_bytes: int,
        epoch: int,
        pts: int,
        captured_at_ns: int,
        captured_u_ns: int,
        clock_source: ClockSource,
        shown_monotonic_ns: int,
        pixels: bytes | bytearray | memoryview,
    ) -> int:
        """Show this picture, BGRA with at least line_bytes × height bytes, and return its number."""
        size = line_bytes * height
        if not (0 < width <= MAX_WIDTH and 0 < height <= MAX_HEIGHT and width * 4 <= line_bytes <= MAX_LINE_BYTES):
            raise ValueError(f"{width} × {height} px in lines of {line_bytes} bytes does not fit the mailbox")
        number = self._words[_H_LAST] + 1
        start = self._slot(number)
        words = self._words[start // 8 : start // 8 + _S_AFTER + 1]
        words[_S_BEFORE] = number
        self._fence()
        for at, value in enumerate(
            (width, height, line_bytes, epoch, pts, captured_at_ns, captured_u_ns, _SOURCES.index(clock_source)), 1
        ):
            words[at] = value
        words[9] = shown_monotonic_ns
        self._bytes[start + _PAGE : start + _PAGE + size] = memoryview(pixels).cast("B")[:size]
        self._fence()
        words[_S_AFTER] = number
        self._words[_H_LAST] = number
        self._words[_H_NEWEST] = number
        words.release()
        return number

    def wish(self) -> Wish | None:
        """What the window wants, whether its time has passed or not; None if it never said or is saying it now."""
        words = self._words
        guard = words[_W_AFTER]
        if words[_W_BEFORE] != guard:
            return None
        self._fence()
        wish = Wish(min(max(words[_W_WIDTH], 1), MAX_WIDTH), min(max(words[_W_HEIGHT], 1), MAX_HEIGHT), words[_W_UNTIL])
        self._fence()
        return wish if guard and words[_W_BEFORE] == guard else None

    def close(self) -> None:
        """Take the picture away: nobody keeps it fresh any longer."""
        self._words[_H_NEWEST] = 0
        super().close()


class MailboxReader(_Mapped):
    """The window's end. Opening a file that is not there (yet) raises FileNotFoundError."""

    def latest(self, after: int = 0) -> Picture | None:
        """The newest picture if its number is past `after`: copied, never torn. Never blocks."""
        for _ in range(4):
            number = self._words[_H_NEWEST]
            if number <= after:
                return None
            start = self._slot(number)
            with self._words[start // 8 : start // 8 + _S_AFTER + 1] as words:
                if words[_S_AFTER] != number or words[_S_BEFORE] != number:
                    continue
                self._fence()
                width, height, line_bytes, epoch, pts, at_ns, u_ns, source, shown_ns = words[1:_S_AFTER]
                size = min(max(line_bytes * height, 0), _SLOT_BYTES - _PAGE)
                pixels = bytes(self._bytes[start + _PAGE : start + _PAGE + size])
                self._fence()
                if words[_S_BEFORE] == number:
                    clock_source = _SOURCES[source]
                    return Picture(
                        number, width, height, line_bytes, epoch, pts, at_ns, u_ns, clock_source, shown_ns, pixels
                    )
        return None

    def set_wish(self, wish: Wish) -> None:
        """Ask for pictures of this size, at most MAX_WIDTH × MAX_HEIGHT, until the given moment."""
        words = self._words
        guard = max(words[_W_BEFORE], words[_W_AFTER]) + 1
        words[_W_BEFORE] = guard
        self._fence()
        words[_W_WIDTH] = min(wish.width, MAX_WIDTH)
        words[_W_HEIGHT] = min(wish.height, MAX_HEIGHT)
        words[_W_UNTIL] = wish.until_monotonic_ns
        self._fence()
        words[_W_AFTER] = guard


def _create(path: Path) -> None:
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(part, "w+b") as file:
            # Blocks, not a hole: writing into a mapped hole on a full disk would kill the worker by SIGBUS.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
            else:
                file.truncate(_FILE_BYTES)
            file.write(struct.pack("q", _MAGIC))
        os.replace(part, path)
    except OSError as failed:
        part.unlink(missing_ok=True)
        if failed.errno in FULL:
            raise DiskFull(folder=path.parent) from failed
        raise
