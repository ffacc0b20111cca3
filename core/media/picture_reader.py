"""A clip's pictures from the first to the last in colour, upright, numbered and timed by PTS, from any place on."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported

Picture = NDArray[np.uint8]

MOST_PIXELS = 64_000_000
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands in its clip."""

    number: int
    """From 1, in the order in which pictures are shown."""
    at_s: float
    """Seconds since the first picture, by PTS; later pictures are always later."""
    pts: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded picture that is not converted before somebody asks."""

    place: Place
    _frame: VideoFrame
    _turns: int

    def bgr(self) -> Picture:
        """(H, W, 3) uint8, upright."""
        return cast("Picture", np.ascontiguousarray(np.rot90(self._frame.to_ndarray(format="bgr24"), self._turns)))


class PictureReader:
    """An open video file, read once. For one thread. Raises MediaUnreadable, MediaTooLarge, MediaUnsupported."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._path = path
        self.damaged = False
        """Whether, as far as was read, something could not be decoded."""
        try:
            with ExitStack() as closing:
                options = {"protocol_whitelist": "file"}
                self._container: InputContainer = av.open(str(path), options=options, metadata_errors="replace")
                closing.callback(self._container.close)
                self._stream = self._checked_stream()
                self._decoding = self._decoded()
                self._first = next(self._decoding, None)
                if self._first is None:
                    raise MediaUnreadable(f"{self._name} holds no picture that can be decoded", file=self._name)
                closing.pop_all()
        except (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError, av.error.ProtocolNotFoundError):
            raise MediaUnsupported(file=self._name) from None
        except (av.error.FFmpegError, OSError) as failed:
            raise MediaUnreadable(file=self._name) from failed
        self._start = self._first.pts or 0
        self._base = self._stream.time_base or Fraction(1, 90_000)
        self._turns = round(self._first.rotation / 90) % 4
        upright = (self._first.width, self._first.height)
        self.width, self.height = upright if self._turns % 2 == 0 else upright[::-1]
        """Of the picture as displayed, px."""
        self.fps = float(self._stream.average_rate or self._stream.base_rate or 25)
        """As the file declares it: for guesses only, never for times."""
        self.frames = self._stream.frames or round(self._declared_s() * self.fps)
        """As the file declares it; 0 if it does not."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def pictures(self, after: Place | None = None) -> Iterator[Shown]:
        """All pictures, or those after a place that an earlier reader of the same file gave.

        A picture without a PTS of its own, or with one that is not later than the last, is left out of the times but
        not of the numbers. What is damaged is left out, and `damaged` set.
        """
        number, last = (0, None) if after is None else (after.number, after.pts)
        frames = self._from_first() if after is None else self._from(after.pts)
        for frame in frames:
            if last is not None and after is not None and frame.pts is not None and frame.pts <= after.pts:
                continue  # on the way from the keyframe
            number += 1
            if frame.pts is None or (last is not None and frame.pts <= last) or frame.is_corrupt:
                self.damaged = self.damaged or frame.is_corrupt
                continue
            last = frame.pts
            yield Shown(Place(number, float((frame.pts - self._start) * self._base), frame.pts), frame, self._turns)

    def _from_first(self) -> Iterator[VideoFrame]:
        first, self._first = self._first, None
        if first is not None:
            yield first
            yield from self._decoding

    def _from(self, pts: int) -> Iterator[VideoFrame]:
        self._container.seek(pts, stream=self._stream, backward=True)
        yield from self._decoded()

    def _checked_stream(self) -> VideoStream:
        if not self._container.streams.video:
            raise MediaUnsupported(f"{self._name} holds no video", file=self._name)
        stream = self._container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise MediaUnsupported(f"{self._name} is encoded in a way that the station can't decode", file=self._name)
        if context.width * context.height > MOST_PIXELS:
            raise MediaTooLarge(f"{self._name} has pictures of {context.width} × {context.height} px", file=self._name)
        context.thread_type = "AUTO"
        context.thread_count = _THREADS
        return stream

    def _decoded(self) -> Iterator[VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                self.damaged = True
                return
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.InvalidDataError:
                self.damaged = True

    def _declared_s(self) -> float:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base
