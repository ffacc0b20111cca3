"""What must never be read in a log, a row or an error: secrets, known ones by value and unknown ones by their shape."""

import re
import threading
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4
"""Shorter values are not replaced: masking every 'a' would say more than it hides."""

_USERINFO = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#'\"<>]+@")
_AUTHORIZATION = re.compile(
    r"(?P<name>\b(?:proxy-)?authorization\b['\"]?\s*[:=]\s*['\"]?)"
    r"(?:(?:bearer|basic|digest|aws4-hmac-sha256)\b[^\r\n'\"]*(?:\"[^\"\r\n]*\"[^\"\r\n]*)*|[^\s'\",]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<name>\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<name>\b(?:[a-z0-9_-]*(?:token|passw(?:or)?d|secret|secret_?key|access_?key|api_?key|signature|credential)|pwd|sig)"
    r"['\"]?\s*[=:]\s*)(?P<value>\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s&,;'\"}\])]+)",
    re.IGNORECASE,
)

_lock = threading.Lock()
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def redact(value: str | None) -> None:
    """From now on this value, as it is or percent-encoded, is masked wherever `clean` is applied."""
    global _pattern
    if not value or len(value) < _SHORTEST:
        return
    with _lock:
        _known.update({value, quote(value, safe=""), quote_plus(value)})
        _pattern = re.compile("|".join(re.escape(known) for known in sorted(_known, key=len, reverse=True)))


def clean(text: str) -> str:
    """The text with every known secret, URL login, Authorization header and token=… masked."""
    if _pattern is not None:
        text = _pattern.sub(MASK, text)
    if "@" in text:
        text = _USERINFO.sub(rf"\g<scheme>{MASK}@", text)
    if ":" in text or "=" in text or " " in text:
        text = _AUTHORIZATION.sub(rf"\g<name>{MASK}", text)
        text = _BEARER.sub(rf"\g<name>{MASK}", text)
        text = _NAMED.sub(rf"\g<name>{MASK}", text)
    return text
