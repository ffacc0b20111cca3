"""What S3 servers say, in the operator's words; and what they can take as headers."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast
from urllib.parse import quote

from core.errors import StorageDenied, StorageError, StorageMismatch, StorageMissing, StorageUnreachable

_METADATA_BYTES = 1800
"""S3 takes 2 KB of user metadata; what does not fit is in the sidecar."""
_MISSING = frozenset({"NoSuchKey", "ResourceNotFound"})
_KEYS = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AccountProblem"})
_FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"})
_REGION = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})
_DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "IncompleteBody"})
_BUSY = frozenset({"InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted"})


class NoObject(StorageMismatch):
    """There is no object under this key, or no multipart upload of this id (any more)."""

    title = "The store no longer has what was sent"


def code_of(body: str | None) -> str:
    """The code in an error's XML; some servers call it text/xml, and the client then gives the bare text."""
    found = re.search(r"<Code>(\w+)</Code>", body or "")
    return found[1] if found else ""


def told(code: str, status: int, label: str, bucket: str) -> StorageError:
    """The error that an S3 server's code or, without one, its HTTP status stands for."""
    if code in _MISSING or code == "NoSuchUpload":
        return NoObject()
    if code == "NoSuchBucket":
        return StorageMissing(bucket)
    if code == "RequestTimeTooSkewed":
        return StorageDenied(
            f"{label} refused this machine's time", hint="Set the clock of this machine, then press Sync now."
        )
    if code in _FULL or status == 507:
        return StorageDenied(f"{label} is full", hint="Make room there, then press Sync now.")
    if code in _REGION:
        return StorageDenied(f"{label} belongs to another region", hint="Enter its region in Settings ▸ Storage.")
    if code in _DAMAGED:
        return StorageMismatch(f"{label} received other bytes than were sent", hint="It is sent again.")
    if code in _KEYS or status in (401, 403):
        return StorageDenied(store=label, code=code)
    if code in _BUSY or status >= 500 or status in (408, 429):
        return StorageUnreachable(f"{label} is there, but too busy or not well", store=label)
    return StorageDenied(
        f"{label} does not answer as an S3 server does ({code or status})",
        hint="Check address, port and HTTPS in Settings ▸ Storage, then press Sync now.",
        code=code,
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """An unfinished multipart upload, as the upload's row keeps it."""

    store: str
    upload_id: str
    part_bytes: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def resumed(kept: Mapping[str, object] | None, store: str, part_bytes: int) -> Begun | None:
    """What an earlier attempt began, unless it was for another store or with parts of another size."""
    if not kept or kept.get("store") != store or kept.get("part_bytes") != part_bytes:
        return None
    return Begun(store, str(kept["upload_id"]), part_bytes)


Headers = dict[str, str | list[str] | tuple[str]]


def header_safe(metadata: Mapping[str, str]) -> Headers:
    """User metadata as headers can carry it: other scripts percent-encoded, and no more than S3 takes."""
    safe: Headers = {}
    left = _METADATA_BYTES
    for name, value in metadata.items():
        encoded = quote(" ".join(value.split()), safe=" !#$&'()*+,/:;=?@[]")
        left -= len(name) + len(encoded)
        if left >= 0:
            safe[name] = encoded
    return safe


def untrusted(error: BaseException) -> bool:
    """Whether the server's certificate is what this error is about."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        args = cast("tuple[object, ...]", cause.args)
        cause = cause.__cause__ or next((arg for arg in args if isinstance(arg, BaseException)), None)
    return False
