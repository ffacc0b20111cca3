"""A result file: one file that a job made, whole on disk before its row exists."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

_MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "html": "text/html",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "mp4": "video/mp4",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class ResultFile:
    id: str
    job_id: str
    name: str
    """As the operator reads it: tracks.txt."""
    path: str
    """results/{job}/{attempt}/{name}: relative to the data folder, with '/'; it is the object key too."""
    media_type: str
    bytes: int
    sha256: str
    camera_id: str | None = None
    session_id: str | None = None
    tenant_id: str | None = None
    created_at_ns: int = 0
    starred: bool = False
    deleted_at_ns: int | None = None
    """Hidden by the operator; the file goes days later, the object never."""
    file_gone_at_ns: int | None = None
    revision: int = 0


def media_type_of(name: str) -> str:
    """By the name's extension: text/plain for tracks.txt; application/octet-stream for what is not known."""
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix[1:].lower(), "application/octet-stream")


def result_path(job_id: str, attempt: int, name: str) -> str:
    """Where a job's attempt puts a result file: its path in the data folder and its object key."""
    return f"results/{job_id}/{attempt}/{name}"
