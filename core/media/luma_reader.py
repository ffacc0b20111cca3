"""A clip's pictures from the first to the last as brightness alone, upright, for those who measure in them."""

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported

Luma = NDArray[np.uint8]

MOST_PIXELS = 64_000_000
_THREADS = 2
_LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray"})
"""Formats whose first plane is the brightness, a byte a pixel: it is taken as it lies, with nothing converted."""


class LumaReader:
    """An open video file, read once. For one thread. Raises MediaUnreadable, MediaTooLarge, MediaUnsupported."""

    def __init__(self, path: Path, *, most_pixels: int = MOST_PIXELS) -> None:
        self._name = path.name
        self.damaged = False
        """Whether, as far as was read, something could not be decoded or the file ended before its time."""
        try:
            with ExitStack() as closing:
                self._container: InputContainer = av.open(
                    str(path), mode="r", options={"protocol_whitelist": "file"}, metadata_errors="replace"
                )
                closing.callback(self._container.close)
                self._stream = self._checked_stream(most_pixels)
                self._decoding = self._decoded()
                self._first = next(self._decoding, None)
                if self._first is None:
                    raise MediaUnreadable(f"{self._name} holds no picture that can be decoded", file=self._name)
                closing.pop_all()
        except (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError, av.error.ProtocolNotFoundError):
            raise MediaUnsupported(file=self._name) from None
        except (av.error.FFmpegError, OSError) as failed:
            raise MediaUnreadable(file=self._name) from failed
        self._turns = round(self._first.rotation / 90) % 4
        upright = (self._first.width, self._first.height)
        self.width, self.height = upright if self._turns % 2 == 0 else upright[::-1]
        """Of the picture as displayed, px."""
        self.duration_s = self._declared_s()
        """As the file declares it; 0 if it does not."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def pictures(self) -> Iterator[tuple[float, Luma]]:
        """(seconds since the first picture by PTS, (height, width) uint8), once through, later always later.

        The array is only good until the next one is asked for. What is damaged is left out, and `damaged` set.
        """
        first, self._first = self._first, None
        if first is None:
            return
        start, last_s, base = first.pts or 0, -1.0, self._stream.time_base or Fraction(1, 90_000)
        size, count = (first.width, first.height), 0
        for frame in _chained(first, self._decoding):
            count += 1
            at_s = float(((frame.pts or 0) - start) * base)
            if frame.pts is None or at_s <= last_s or (frame.width, frame.height) != size:
                continue
            if frame.is_corrupt:
                self.damaged = True
                continue
            last_s = at_s
            yield at_s, np.rot90(_luma(frame), self._turns)
        if count < 0.98 * self._stream.frames - 1 or last_s < 0.95 * self.duration_s - self._slack_s():
            self.damaged = True

    def _checked_stream(self, most_pixels: int) -> VideoStream:
        if not self._container.streams.video:
            raise MediaUnsupported(f"{self._name} holds no video", file=self._name)
        stream = self._container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise MediaUnsupported(f"{self._name} is encoded in a way that the station can't decode", file=self._name)
        if context.width * context.height > most_pixels:
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

    def _slack_s(self) -> float:
        """By how much the last picture may come before the declared end, which may be that of the sound."""
        return 0.1 if len(self._container.streams) == 1 else 1.0

    def _declared_s(self) -> float:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base


def _chained(first: VideoFrame, others: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    yield first
    yield from others


def _luma(frame: VideoFrame) -> Luma:
    if frame.format.name not in _LUMA_FIRST:
        return frame.to_ndarray(format="gray").astype(np.uint8, copy=False)
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: frame.height, : frame.width]
