"""What the uploader asks of a store, S3 or folder; and how an object is named, described and proven there."""

import json
import mimetypes
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PROBE_PREFIX = ".trackshift-probe/"
REMOVABLE = (PROBE_PREFIX, "results/")
"""All else that was sent is kept for good."""
BLOCK_BYTES = 256 << 10
_TYPES = {
    ".jpg": "image/jpeg",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store says of an object, of itself: never what was sent along as metadata."""

    bytes: int
    etag: str | None
    """None: the store computes none, so only reading back proves anything."""


Pace = Callable[[int], None]
"""Called before so many bytes go out: waits for the bandwidth, and raises Halted if sending is to stop."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way."""

    path: Path
    name: str
    """As its row and the operator know it."""
    key: str
    bytes: int
    sha256: str
    metadata: Mapping[str, str]
    multipart: Mapping[str, object] | None
    """What `keep` was told in an earlier attempt."""
    keep: Callable[[int, Mapping[str, object] | None], None]
    """Told after each part: bytes that the store has for good, and what a later attempt needs to go on."""
    pace: Pace


class Halted(Exception):
    """Sending was told to stop: paused, leaving, or another attempt owns the upload. Nothing is wrong."""


class ObjectStore(Protocol):
    """Every method may raise StorageUnreachable (waits), StorageDenied or StorageMissing (both block), and Halted.

    Usable from several threads. Frames and clips are never removed.
    """

    label: str
    """How the operator knows it."""
    retry_cap_s: float
    """Longest wait between two tries to reach it."""

    def ensure(self) -> None:
        """See that bucket or folder is there and may be used; made if it is not."""

    def send(self, sending: Sending) -> frozenset[str]:
        """Send the file and return the ETags that its very bytes may have there; none where the store computes none.

        Raises FileGone, FileChanged where the file on this disk is not the one in the row.
        """

    def put(self, key: str, data: bytes, pace: Pace) -> None:
        """Store a small object, and see that it is there as it was sent. Raises StorageMismatch."""

    def stat(self, key: str) -> Stored | None:
        """None if there is no such object."""

    def read(self, key: str, pace: Pace) -> Iterator[bytes]:
        """The object's bytes, from the store and not from a cache where that can be had."""

    def remove(self, key: str) -> None:
        """Remove a probe, or the result of a run that is deleted whole; refuses any other."""

    def interrupt(self) -> None:
        """End the calls under way with an error, where that can be done."""

    def close(self) -> None: ...


def probe_key() -> str:
    return f"{PROBE_PREFIX}{secrets.token_hex(8)}.txt"


def content_type(key: str) -> str:
    suffix = Path(key).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def sidecar_key(key: str) -> str:
    return f"{key}.json"


def sidecar(sending: Sending) -> bytes:
    """The JSON that lies beside the object: its metadata, whole and in any script, with size and digest."""
    said = {**sending.metadata, "key": sending.key, "bytes": sending.bytes, "sha256": sending.sha256}
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode()
