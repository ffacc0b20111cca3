"""Reading a file to be imported, in a child: what it is by its content, whether it is whole, when it was made."""

import hashlib
import math
import stat
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported

FRAME_FORMATS = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP", "tiff": "TIFF"}
CLIP_FORMATS = frozenset({"mp4", "mov", "mkv", "avi", "webm"})
MOST_PIXELS = 120_000_000
"""A decoded frame of this size takes 360 MB."""
_NS = 1_000_000_000
_CHUNK_BYTES = 1 << 20

# 95 % half-widths. A camera's clock is set by hand, so never better than a second; without a zone the local one is
# assumed, and the world's zones span 14 h; a modification time tells of the last copy as easily as of the picture.
EXIF_U_NS = 1 * _NS
NO_ZONE_U_NS = 14 * 3600 * _NS
MODIFIED_U_NS = 24 * 3600 * _NS


@dataclass(frozen=True, slots=True)
class Content:
    """A whole, decodable file. For a frame, codec is '' and duration and count are 0."""

    format: str
    sha256: str
    bytes: int
    known: bool = False
    """Its hash was among the known ones: the rest is not filled in."""
    codec: str = ""
    width: int = 0
    height: int = 0
    duration_ns: int = 0
    frame_count: int = 0
    captured_at_ns: int = 0
    captured_u_ns: int = 1
    exif: dict[str, object] = field(default_factory=dict)

    @property
    def is_clip(self) -> bool:
        return self.format in CLIP_FORMATS


def read_content(path: Path, known: frozenset[str] = frozenset(), largest_frame_bytes: int = 1 << 40) -> Content:
    """Decide by content, hash, decode. `known`: sha256 of files that need no decoding again.

    Raises MediaUnreadable, MediaTooLarge, MediaUnsupported.
    """
    name = path.name
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise MediaUnsupported(f"{name} is no file", file=name)
        with open(path, "rb") as file:
            head = file.read(4096)
            format = format_of(head)
            if format is None:
                raise MediaUnsupported(file=name)
            if format in FRAME_FORMATS and about.st_size > largest_frame_bytes:
                limit = f"{about.st_size / 1e6:.1f} MB, where the limit is {largest_frame_bytes / 1e6:.1f} MB"
                raise MediaTooLarge(f"{name} is too large: {limit}", file=name)
            digest = hashlib.sha256(head)
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        sha256 = digest.hexdigest()
        if sha256 in known:
            return Content(format, sha256, about.st_size, known=True)
        read = _read_clip if format in CLIP_FORMATS else _read_frame
        return read(path, format, sha256, about.st_size, about.st_mtime_ns)
    except OSError as refused:
        why = f"{name} can't be read: {refused.strerror or refused}"
        hint = "Check that it is still there and that you may read it."
        raise MediaUnreadable(why, file=name, hint=hint) from refused


def format_of(head: bytes) -> str | None:
    """The format that a file's first bytes (4096 are enough) name, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"BM") and len(head) >= 26:
        return "bmp"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "mp4"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"  # QuickTime from before `ftyp`
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "mkv"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    return None


def _read_clip(path: Path, format: str, sha256: str, bytes_: int, modified_ns: int) -> Content:
    from core.media.video_facts import video_facts  # late: a folder of frames needs no PyAV

    facts = video_facts(path, most_pixels=MOST_PIXELS)
    if facts.created_at_ns is not None:
        # Some recorders write the time of the end.
        at_ns, u_ns = facts.created_at_ns, EXIF_U_NS + facts.duration_ns
    else:
        at_ns, u_ns = modified_ns - facts.duration_ns, MODIFIED_U_NS
    return Content(
        format=format,
        sha256=sha256,
        bytes=bytes_,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        duration_ns=facts.duration_ns,
        frame_count=facts.frame_count,
        captured_at_ns=at_ns,
        captured_u_ns=u_ns,
    )


def _read_frame(path: Path, format: str, sha256: str, bytes_: int, modified_ns: int) -> Content:
    name = path.name
    try:
        with warnings.catch_warnings():
            # Pillow's own bomb limit is lower than ours; damaged metadata is no reason to refuse a whole picture.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=[FRAME_FORMATS[format]]) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise _too_large(name, f"{width} × {height} px")
                tags = picture.getexif()
                exif = _named(tags, ExifTags.TAGS, skip=_POINTERS)
                exif |= _named(tags.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS, skip=_POINTERS)
                if position := _named(tags.get_ifd(ExifTags.IFD.GPSInfo), ExifTags.GPSTAGS):
                    exif["GPSInfo"] = position
                picture.load()
    except Image.DecompressionBombError:
        raise _too_large(name, "more than the station decodes") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as damaged:
        # Pillow's words for a broken PNG, a cut JPEG, an impossible size.
        raise MediaUnreadable(file=name) from damaged
    at_ns, u_ns = _captured_at(exif) or (modified_ns, MODIFIED_U_NS)
    return Content(
        format=format,
        sha256=sha256,
        bytes=bytes_,
        width=width,
        height=height,
        captured_at_ns=at_ns,
        captured_u_ns=u_ns,
        exif=exif,
    )


def _too_large(name: str, size: str) -> MediaTooLarge:
    hint = f"The station decodes up to {MOST_PIXELS // 1_000_000} megapixels; scale it down and import it again."
    return MediaTooLarge(f"{name} is too large: {size}", file=name, hint=hint)


_POINTERS = frozenset({int(ExifTags.IFD.Exif), int(ExifTags.IFD.GPSInfo), int(ExifTags.IFD.Interop)})
_LONGEST_BYTES = 256


def _named(
    tags: Mapping[int, object], names: Mapping[int, str], skip: frozenset[int] = frozenset()
) -> dict[str, object]:
    """Tags by name, with values that JSON can hold; long binary ones (thumbnails, maker notes) stay in the file."""
    found = {}
    for tag, value in tags.items():
        plain = None if tag in skip else _plain(value)
        if plain is not None:
            found[names.get(tag, f"0x{tag:04x}")] = plain
    return found


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        if len(value) > _LONGEST_BYTES:
            return None
        text = value.rstrip(b"\0")
        return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else value.hex()
    if isinstance(value, str):
        return value.rstrip("\0").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value][:_LONGEST_BYTES]
    try:
        number = float(value)  # type: ignore[arg-type]  # IFDRational
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _captured_at(exif: Mapping[str, object]) -> tuple[int, int] | None:
    """(UTC ns, 95 % half-width in ns) from the tags, or None."""
    for moment, sub_second, offset in (
        ("DateTimeOriginal", "SubsecTimeOriginal", "OffsetTimeOriginal"),
        ("DateTimeDigitized", "SubsecTimeDigitized", "OffsetTimeDigitized"),
        ("DateTime", "SubsecTime", "OffsetTime"),
    ):
        try:
            when = datetime.strptime(str(exif[moment]).strip(), "%Y:%m:%d %H:%M:%S")
        except (KeyError, ValueError):
            continue
        zone = _zone(exif.get(offset))
        try:
            seconds = int(when.replace(tzinfo=zone).timestamp()) if zone else int(time.mktime(when.timetuple()))
        except (OverflowError, OSError):
            continue
        digits = str(exif.get(sub_second, "")).strip()
        part_ns = int(digits[:9].ljust(9, "0")) if digits.isascii() and digits.isdigit() else 0
        return seconds * _NS + part_ns, EXIF_U_NS if zone else NO_ZONE_U_NS
    return None


def _zone(text: object) -> timezone | None:
    """'+02:00' as a zone; 'Z' as UTC; None for anything else."""
    said = str(text or "").strip()
    if said == "Z":
        return UTC
    try:
        ahead = datetime.strptime(said, "%z").utcoffset()
    except ValueError:
        return None
    return timezone(ahead) if ahead is not None and abs(ahead) < timedelta(hours=24) else None
