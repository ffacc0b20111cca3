"""The station in numbers, for those who watch many of them; at no cost that grows with the queue."""

from sqlalchemy import func, select, text

from core.job import JobKind, JobState
from core.store.database import Reading
from core.store.job_counting import COUNTED
from core.store.schema import IS_READY, in_state, jobs
from core.store.schema_files import clips, frames, upload_totals
from core.upload import UploadState


def jobs_by_kind_and_state(tx: Reading) -> dict[tuple[JobKind, JobState], int]:
    """Batches are not counted, their children are. Every pair is there."""
    found = {(kind, state): 0 for kind in JobKind for state in JobState}
    for row in tx.rows(COUNTED):
        found[JobKind(row["kind"]), JobState(row["state"])] += row["jobs"]
    return found


def oldest_ready_ns(tx: Reading, kind: JobKind) -> int | None:
    """When the job was made that waits longest for a free slot; None if none does."""
    ready = (in_state(JobState.PENDING), text(f"{IS_READY} = 1"), jobs.c.kind == kind)
    oldest: int | None = tx.scalar(select(func.min(jobs.c.created_at_ns)).where(*ready))
    return oldest


def uploads_by_state(tx: Reading) -> dict[UploadState, tuple[int, int]]:
    """(files, bytes); those held because their item is hidden are among them."""
    found = dict.fromkeys(UploadState, (0, 0))
    for row in tx.rows(select(upload_totals)):
        number, size = found[UploadState(row["state"])]
        found[UploadState(row["state"])] = (number + row["uploads"], size + row["bytes"])
    return found


def items_made(tx: Reading) -> tuple[int, int]:
    """(frames, clips) that were ever captured or imported here; rows are hidden, never removed."""
    made = [tx.scalar(select(func.count()).select_from(table)) for table in (frames, clips)]
    return int(made[0]), int(made[1])
