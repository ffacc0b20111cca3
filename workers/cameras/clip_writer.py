"""The clip writer: a camera's own packets into an MP4 file, never encoded again."""

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import BinaryIO

import av
import av.error
from av.container import OutputContainer

from core.errors import CameraUndecodable
from workers.cameras.packets import Packet, VideoFormat
from workers.cameras.stills import av_packet

_TAGS = {"hevc": "hvc1"}
"""QuickTime and browsers play H.265 only under this name."""
_MOVE_FLAGS = "+".join(
    (
        # Readable up to its last whole GOP if the worker dies, and a plain MP4 once it is finished.
        "hybrid_fragmented",
        "frag_keyframe",
        # Where pictures are reordered, the first DTS lies before zero; shifting all would move the pictures' times too.
        "negative_cts_offsets",
    )
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a finished file holds."""

    frame_count: int
    first_pts: int
    """In the camera's own ticks."""
    duration_ns: int


class ClipWriter:
    """Writes packets of one connection, in decoding order, a keyframe first; that picture is the file's zero."""

    def __init__(self, file: BinaryIO, video: VideoFormat) -> None:
        self._video = video
        self._container = av.open(file, "w", format="mp4", options={"movflags": _MOVE_FLAGS})
        self._stream: av.VideoStream | None = None
        self._first: Packet | None = None
        self._held: Packet | None = None
        self._last_dts: int | None = None
        self._least_pts = self._end_pts = 0
        self._count = 0

    def write(self, packet: Packet) -> None:
        """Add a packet. It reaches the file once the next is there, which says how long this one lasted."""
        if self._first is None:
            self._first, self._least_pts = packet, packet.pts
            self._stream = _add_stream(self._container, self._video, packet)
        if self._held is not None:
            self._mux(self._held, packet)
        self._held = packet

    def finish(self) -> Written:
        """Complete the file, which stays open. At least one packet must have been written."""
        assert self._first is not None and self._held is not None
        self._mux(self._held, None)
        self._container.close()
        return Written(self._count, self._least_pts, self._video.ns(self._end_pts - self._least_pts))

    def _mux(self, packet: Packet, following: Packet | None) -> None:
        assert self._first is not None and self._stream is not None
        lasted = packet.duration or self._usual_duration()
        if following is not None and following.pts > packet.pts:
            lasted = following.pts - packet.pts
        made = av_packet(packet, self._video.time_base)
        zero = self._first.pts
        dts = packet.pts if packet.dts is None else packet.dts
        if self._last_dts is not None:
            dts = max(dts, self._last_dts + 1)
        self._last_dts = dts
        made.pts, made.dts, made.duration = max(packet.pts, dts) - zero, dts - zero, lasted
        made.stream = self._stream
        self._container.mux_one(made)
        self._count += 1
        self._end_pts = max(self._end_pts, packet.pts + lasted)

    def _usual_duration(self) -> int:
        fps = Fraction(self._video.fps or 25).limit_denominator(1001)
        return round(1 / (fps * self._video.time_base))


def _add_stream(container: OutputContainer, video: VideoFormat, keyframe: Packet) -> av.VideoStream:
    """The output stream, copied from what FFmpeg finds in the keyframe itself: no encoder is involved."""
    try:
        with av.open(BytesIO(video.extradata + keyframe.data), format=video.codec) as head:
            stream = container.add_stream_from_template(head.streams.video[0], opaque=True)
    except (av.error.FFmpegError, IndexError) as unreadable:
        raise CameraUndecodable(video.codec) from unreadable
    stream.time_base = video.time_base
    if video.codec in _TAGS:
        stream.codec_context.codec_tag = _TAGS[video.codec]
    return stream
