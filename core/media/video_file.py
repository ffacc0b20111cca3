"""An open video file: what each reader of one checks, how it decodes, and FFmpeg's failures in the operator's words."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.closing import Closing
from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported

MOST_PIXELS = 64_000_000
"""8K is 33 million; a picture decoded to BGR takes three bytes a pixel."""
_THREADS = 2


@contextmanager
def told(name: str) -> Iterator[None]:
    """FFmpeg's failures in the operator's words. Raises MediaUnreadable, MediaUnsupported."""
    try:
        yield
    except (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError, av.error.ProtocolNotFoundError):
        raise MediaUnsupported(file=name) from None
    except (av.error.FFmpegError, OSError) as failed:
        raise MediaUnreadable(file=name) from failed


def opened(path: Path) -> InputContainer:
    """The file and nothing that it may point to. Raises FFmpegError, OSError."""
    return av.open(str(path), mode="r", options={"protocol_whitelist": "file"}, metadata_errors="replace")


def checked_stream(container: InputContainer, name: str, *, most_pixels: int, threads: int) -> VideoStream:
    """The first video of the file, ready to be decoded by so many threads. Raises MediaUnsupported, MediaTooLarge."""
    if not container.streams.video:
        raise MediaUnsupported(f"{name} holds no video", file=name)
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:
        raise MediaUnsupported(f"{name} is encoded in a way that the station can't decode", file=name)
    if context.width * context.height > most_pixels:
        raise MediaTooLarge(f"{name} has pictures of {context.width} × {context.height} px", file=name)
    context.thread_type = "AUTO"
    context.thread_count = threads
    return stream


def declared_s(container: InputContainer, stream: VideoStream) -> float:
    """How long the video is by the file's own word; 0 if it gives none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


class VideoFile(Closing):
    """Read from its first picture on, which is decoded already. For one thread.

    Raises MediaUnreadable, MediaTooLarge, MediaUnsupported.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self.damaged = False
        """Whether, as far as was read, something could not be decoded."""
        with ExitStack() as closing, told(self._name):
            self._container = opened(path)
            closing.callback(self._container.close)
            self._stream = checked_stream(self._container, self._name, most_pixels=MOST_PIXELS, threads=_THREADS)
            self._decoding = self._decoded()
            first = next(self._decoding, None)
            if first is None:
                raise MediaUnreadable(f"{self._name} holds no picture that can be decoded", file=self._name)
            closing.pop_all()
        self._first: VideoFrame | None = first
        self._first_pts = first.pts or 0
        self._turns = round(first.rotation / 90) % 4
        upright = (first.width, first.height)
        self.width, self.height = upright if self._turns % 2 == 0 else upright[::-1]
        """Of the picture as displayed, px."""
        self.duration_s = declared_s(self._container, self._stream)
        """As the file declares it; 0 if it does not."""

    def close(self) -> None:
        self._container.close()

    def _from_first(self) -> Iterator[VideoFrame]:
        """Every picture, once."""
        first, self._first = self._first, None
        if first is not None:
            yield first
            yield from self._decoding

    def _decoded(self) -> Iterator[VideoFrame]:
        """The pictures from where the file stands; what is damaged is left out, and `damaged` set."""
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
