"""What a video file is and whether it is whole, found by reading every packet and decoding pictures at both ends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported
from core.media.video_file import declared_s, opened

_NS = 1_000_000_000
# A file may end this much before its header says without being cut: the last picture's own time, rounding, sound.
_SLACK_S = 1.0
_SLACK_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class VideoFacts:
    codec: str
    width: int
    height: int
    duration_ns: int
    frame_count: int
    created_at_ns: int | None
    """The container's creation_time, UTC; None if it has none."""


def video_facts(path: Path, *, most_pixels: int) -> VideoFacts:
    """Read the whole file. Raises MediaUnreadable (damaged, cut short), MediaUnsupported, MediaTooLarge."""
    name = path.name
    try:
        with opened(path) as container:
            if not container.streams.video:
                raise MediaUnsupported(f"{name} has no video in it", file=name)
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise MediaUnsupported(f"The codec of {name} is not known to the station", file=name)
            if stream.width * stream.height > most_pixels:
                size = f"{stream.width} × {stream.height} px"
                hint = "Scale it down and import it again."
                raise MediaTooLarge(f"{name} is too large: {size}", file=name, hint=hint)
            return _read(container, stream, name)
    except FFmpegError as failed:
        raise MediaUnreadable(file=name) from failed


def _read(container: InputContainer, stream: VideoStream, name: str) -> VideoFacts:
    first, last_key, count, start, end = None, None, 0, None, None
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if packet.is_corrupt:
            raise MediaUnreadable(file=name)
        count += 1
        first = first or packet
        if packet.is_keyframe:
            last_key = packet
        if packet.pts is not None:
            start = packet.pts if start is None else min(start, packet.pts)
            last = packet.pts + (packet.duration or 0)
            end = last if end is None else max(end, last)
    if first is None or start is None or end is None or stream.time_base is None:
        raise MediaUnreadable(f"{name} holds no pictures", file=name)
    duration_s = float((end - start) * stream.time_base)
    _refuse_a_cut(container, stream, name, count, duration_s)
    picture = _picture_from(container, stream, first)
    if picture is None or (last_key is not None and _picture_from(container, stream, last_key) is None):
        raise MediaUnreadable(file=name)
    return VideoFacts(
        codec=stream.codec_context.name,
        width=picture[0],
        height=picture[1],
        duration_ns=round(duration_s * _NS),
        frame_count=count,
        created_at_ns=_created_at_ns(container.metadata),
    )


def _refuse_a_cut(container: InputContainer, stream: VideoStream, name: str, count: int, duration_s: float) -> None:
    """An index that lists more packets than there are, or a header that promises more seconds, tells of a lost tail."""
    whole_s = declared_s(container, stream)
    short_s = whole_s - duration_s
    if (stream.frames and count < stream.frames) or short_s > _SLACK_S + _SLACK_SHARE * whole_s:
        raise MediaUnreadable(f"{name} is cut short: {duration_s:.1f} s of {whole_s:.1f} s are there", file=name)


def _picture_from(
    container: InputContainer, stream: VideoStream, keyframe: "Packet[VideoStream]"
) -> tuple[int, int] | None:
    """(width, height) in px of the first picture decoded from this packet on, or None if nothing decodes."""
    container.seek(keyframe.pts or keyframe.dts or 0, stream=stream)
    stream.codec_context.flush_buffers()
    for picture in container.decode(stream):
        return picture.width, picture.height
    return None


def _created_at_ns(metadata: dict[str, str]) -> int | None:
    said = metadata.get("creation_time") or metadata.get("com.apple.quicktime.creationdate")
    if not said:
        return None
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    # Cameras that don't know the time write the epoch of their container (1904 or 1970).
    return int(when.timestamp()) * _NS if when.year > 1990 else None
