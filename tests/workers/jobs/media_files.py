"""Files to import, good and bad, made on the spot."""

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def write_frame(path: Path, seed: int = 0, size: tuple[int, int] = (64, 48), exif: Image.Exif | None = None) -> Path:
    """Noise that differs by seed, in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, exif=Image.Exif() if exif is None else exif)
    return path


def write_half(path: Path, whole: Path) -> Path:
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def write_bomb(path: Path, width_px: int = 50_000, height_px: int = 50_000) -> Path:
    """A PNG of some bytes whose header promises gigabytes of picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    return path


def write_clip(path: Path, pictures: int = 25, codec: str = "libx264", created: str | None = None) -> Path:
    """25 pictures a second of 64×48 px."""
    with av.open(str(path), "w", container_options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as out:
        if created is not None:
            out.metadata["creation_time"] = created
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, 25)
        for number in range(pictures):
            pixels = np.full((48, 64, 3), number * 9 % 255, dtype=np.uint8)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts = number
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path
