"""Which FFmpeg reads and writes our videos."""

import av


def version() -> str:
    """As the library tells: '8.1.2'."""
    return str(av.ffmpeg_version_info)
