"""Stills: the very picture asked for, decoded from its GOP, and its bytes as a frame file."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal, cast

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from core.camera import CapturedAt, Instant
from workers.cameras.packets import Gop, Packet, VideoFormat

_SOI = b"\xff\xd8"
_MOST_EXIF_BYTES = 65_533


@dataclass(frozen=True, slots=True)
class Still:
    """One decoded picture and when light hit the sensor."""

    instant: Instant
    captured: CapturedAt
    picture: NDArray[np.uint8]
    """(H, W, 3) BGR."""

    @property
    def width(self) -> int:
        return int(self.picture.shape[1])

    @property
    def height(self) -> int:
        return int(self.picture.shape[0])


def open_decoder(video: VideoFormat) -> av.VideoCodecContext:
    """A decoder of its own thread's, for one connection's pictures."""
    decoder = av.CodecContext.create(video.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = video.extradata or None
    decoder.thread_count = 1  # more would delay each picture by as many
    return decoder


def av_packet(packet: Packet, time_base: Fraction) -> "av.Packet[av.VideoStream]":
    """The packet as PyAV takes it."""
    made = cast("av.Packet[av.VideoStream]", av.Packet(packet.data))
    made.pts, made.dts, made.time_base = packet.pts, packet.dts, time_base
    made.is_keyframe = packet.is_keyframe
    return made


class StillDecoder:
    """Decodes pictures of GOPs, going on from the last one where it can instead of starting at the keyframe again."""

    def __init__(self) -> None:
        self._decoder: av.VideoCodecContext | None = None
        self._gop: Gop | None = None
        self._next = 0

    def picture(self, gop: Gop, pts: int) -> NDArray[np.uint8] | None:
        """The picture with this PTS, (H, W, 3) BGR; None if it can't be decoded."""
        at = gop.index_of(pts)
        if at is None:
            return None
        if self._decoder is None or self._gop is not gop or self._next > at:
            self._decoder, self._gop, self._next = open_decoder(gop.format), gop, 0
        decoder = self._decoder
        packets = gop.packets[self._next : at + 1]
        self._next = at + 1
        for packet in packets:
            frame = _decoded(decoder, packet, gop.format.time_base, pts)
            if frame is not None:
                return _bgr(frame)
        # A decoder that reorders holds the last pictures back until it is told that no more come.
        self._decoder = None
        frame = _decoded(decoder, None, gop.format.time_base, pts)
        return None if frame is None else _bgr(frame)


def _decoded(
    decoder: av.VideoCodecContext, packet: Packet | None, time_base: Fraction, pts: int
) -> av.VideoFrame | None:
    try:
        frames = decoder.decode(None if packet is None else av_packet(packet, time_base))
    except av.error.FFmpegError:
        return None  # a damaged picture; those after it may be whole
    return next((frame for frame in frames if frame.pts == pts), None)


def _bgr(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return cast("NDArray[np.uint8]", frame.to_ndarray(format="bgr24"))


def encoded(still: Still, form: Literal["jpg", "png"], jpeg_quality: int, camera: str) -> bytes:
    """The frame file's bytes. A jpg says in its EXIF when (UTC) and by which camera it was taken."""
    parameters = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if form == "jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    made, data = cv2.imencode(f".{form}", still.picture, parameters)
    assert made
    return data.tobytes() if form == "png" else _with_exif(data.tobytes(), still.captured.at_ns, camera)


def _with_exif(jpeg: bytes, captured_at_ns: int, camera: str) -> bytes:
    seconds, rest_ns = divmod(captured_at_ns, 1_000_000_000)
    taken = datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    exif[ExifTags.Base.Software] = "TrackShift Station"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken
    details[ExifTags.Base.SubsecTimeOriginal] = f"{rest_ns // 1000:06d}"
    details[ExifTags.Base.OffsetTimeOriginal] = "+00:00"
    body = exif.tobytes()
    body = body if body.startswith(b"Exif\0\0") else b"Exif\0\0" + body
    assert len(body) <= _MOST_EXIF_BYTES
    return _SOI + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[len(_SOI) :]
