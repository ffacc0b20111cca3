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


class FileDigests:
    """Of a file that is read part by part, once: its SHA-256, and the ETags that stores may give the whole."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.parts: list[str] = []

    def add_part(self, data: bytes) -> str:
        """Take the next part in and return its MD5."""
        self._sha256.update(data)
        self._md5.update(data)
        self.parts.append(md5_hex(data))
        return self.parts[-1]

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def etags(self) -> frozenset[str]:
        """Part-wise, as S3 has it; and of the whole, as gateways to a file system give it."""
        return frozenset({multipart_etag(self.parts), self._md5.hexdigest()})


def is_md5_etag(etag: str | None) -> bool:
    """Whether an ETag looks like one that was computed from the bytes; encrypting stores give others."""
    return etag is not None and _MD5_ETAG.fullmatch(etag) is not None
