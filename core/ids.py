"""Identifiers: slugs that sort by the time they were made."""

import re
import secrets
import time

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_DEVICE_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def new_id() -> str:
    """A new slug of 26 hex characters: 12 of UTC milliseconds, 14 of chance; later ids sort later."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(7)}"


def is_slug(text: str) -> bool:
    """True if `text` may name a camera, a file or an object on every system: 1-100 chars, no Windows device name."""
    return _SLUG.fullmatch(text) is not None and text.lower() not in _DEVICE_NAMES
