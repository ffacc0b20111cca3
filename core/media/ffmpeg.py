"""Which FFmpeg reads and writes our videos."""

import av


def version() -> str:
    """As the library tells: '8.1.2'."""
    return str(av.ffmpeg_version_info)


def missing_decoders() -> list[str]:
    """Of the codecs that cameras send, those that this FFmpeg can't decode."""
    return [name for name in ("h264", "hevc", "mjpeg") if name not in av.codecs_available]
