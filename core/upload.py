"""An upload: one file's way to object storage, its states and the only moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class UploadState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    VERIFIED = "verified"
    BLOCKED = "blocked"


MOVES: Mapping[UploadState, frozenset[UploadState]] = {
    UploadState.WAITING: frozenset({UploadState.SENDING, UploadState.BLOCKED}),
    UploadState.SENDING: frozenset({UploadState.VERIFIED, UploadState.WAITING}),
    UploadState.BLOCKED: frozenset({UploadState.WAITING}),  # the operator mended keys or bucket
    UploadState.VERIFIED: frozenset(),
}


class ItemKind(StrEnum):
    FRAME = "frame"
    CLIP = "clip"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Upload:
    id: str
    item_kind: ItemKind
    item_id: str
    path: str
    """Relative to the data folder, and the object key."""
    bytes: int
    sha256: str
    state: UploadState
    attempt: int
    metadata: dict[str, str] = field(default_factory=dict)
    """The object's: camera, request, capture time, original file name, sha256, session, tenant, station."""
    starred: bool = False
    held: bool = False
    """Its frame or clip is hidden by the operator: not sent until the deletion is undone."""
    not_before_ns: int | None = None
    reason: str = ""
    sent_bytes: int = 0
    multipart: dict[str, object] | None = None
    """A large file's unfinished multipart upload: id, part size, digests of the parts the store has."""
    etag: str | None = None
    verified_how: str | None = None
    verified_at_ns: int | None = None
    created_at_ns: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What the sync bar says: counts and bytes by state, and the newest reason for waiting."""

    waiting: int
    sending: int
    blocked: int
    verified: int
    held: int
    open_bytes: int
    verified_bytes: int
    paused: bool
    reason: str = ""
    open_jobs: int = 0
    """Jobs that have not ended: what they make is yet to come."""

    @property
    def all_verified(self) -> bool:
        """Every file that is not held is verified in object storage."""
        return self.waiting + self.sending + self.blocked == 0

    @property
    def safe_to_leave(self) -> bool:
        """All is verified, and no job is under way that would make more."""
        return self.all_verified and self.open_jobs == 0
