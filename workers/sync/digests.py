"""Digests of files: SHA-256, which names what was captured, and the part-wise MD5 that stores give as ETag."""

import hashlib
import re
from collections.abc import Iterable

_MD5_ETAG = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]*)?")


def sha256_hex(blocks: Iterable[bytes]) -> str:
    """Of all the blocks together, lower-case hex."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def md5_hex(data: bytes | memoryview) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def multipart_etag(parts: Iterable[str]) -> str:
    """The ETag of an object that was put together from parts with these MD5s (hex): MD5 of the MD5s, dash, count."""
    digests = [bytes.fromhex(part) for part in parts]
    return f"{md5_hex(b''.join(digests))}-{len(digests)}"


def is_md5_etag(etag: str | None) -> bool:
    """Whether an ETag looks like one that was computed from the bytes; encrypting stores give others."""
    return etag is not None and _MD5_ETAG.fullmatch(etag) is not None
