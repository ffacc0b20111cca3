"""How a setting is called on the settings page, its unit, and sizes as people write them."""

from core.settings import FieldDoc

_SUFFIXES = (("_bytes_s", "per second"), ("_bytes", ""), ("_hours", "h"), ("_days", "days"), ("_s", "s"))
_UNITS = {
    "rtsp.capture_timeout": "s",
    "rtsp.default_fps": "frames/s",
    "jobs.timeout": "s",
    "capture.jpeg_quality": "of 100",
}
_LABELS = {
    "station.id": "Station's name",
    "station.tenant_id": "Team",
    "station.notify_completions": "Notify of completions",
    "rtsp.max_concurrent_streams": "Cameras at once",
    "rtsp.default_fps": "Frames a second",
    "capture.ring_max_bytes": "Pre-roll memory",
    "upload.max_file_size": "Largest frame file",
    "upload.max_batch_size": "Files in one request",
    "jobs.timeout": "Time limit",
    "jobs.max_attempts": "Tries",
    "jobs.concurrency": "Jobs at once",
    "jobs.capture_concurrency": "Captures at once",
    "storage.kind": "Store",
    "storage.secure": "HTTPS",
    "storage.ca_file": "Certificate authority",
    "storage.bucket_name": "Bucket",
    "storage.concurrency": "Files at once",
    "storage.bandwidth_limit_bytes_s": "Bandwidth limit",
    "retention.low_disk_warn_hours": "Low disk warning",
    "retention.min_free_bytes": "Free space kept",
    "retention.deleted_days": "Deleted files stay",
    "stops.live": "Time stops live",
    "log.level": "Level",
}
_PATTERNS = {
    "station.id": "Letters, digits, - and _, beginning with a letter or digit.",
    "storage.bucket_name": "3 to 63 lower-case letters, digits, dots and dashes.",
}
_SIZES = (("GiB", 2**30), ("GB", 10**9), ("MiB", 2**20), ("MB", 10**6), ("KiB", 2**10), ("kB", 10**3))


def label(doc: FieldDoc) -> str:
    """'Open timeout' for rtsp.open_timeout_s."""
    if doc.name in _LABELS:
        return _LABELS[doc.name]
    name = doc.name.partition(".")[2]
    for suffix, _ in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name.replace("_", " ").capitalize()


def unit(doc: FieldDoc) -> str:
    """What a number is counted in; '' where it is a count."""
    if doc.name in _UNITS:
        return _UNITS[doc.name]
    return next((unit for suffix, unit in _SUFFIXES if doc.name.endswith(suffix)), "")


def wrong_text(name: str, kind: str, said: str) -> str:
    """What pydantic found wrong (its kind of error and its words), as the operator reads it."""
    if kind == "string_pattern_mismatch":
        return _PATTERNS[name]
    if kind == "string_too_short":
        return "This may not be empty."
    if kind in ("byte_size", "byte_size_unit"):
        return "Write a size like 50 MB or 64 MiB."
    said = said.removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{said[:1].upper()}{said[1:]}."


def shown(doc: FieldDoc, value: object) -> str:
    """A value as text."""
    if value is None or value == "":
        return "none"
    if doc.type == "switch":
        return "on" if value else "off"
    if doc.type == "bytes":
        return size_text(int(str(value)))
    said = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{said} {unit(doc)}".strip()


def size_text(count: int) -> str:
    """The shortest way to write just this many bytes: '64 MiB', '1 GB', '1234'."""
    for name, size in _SIZES:
        if count and count % size == 0:
            return f"{count // size} {name}"
    return str(count)
