"""`trackshift jobs export`: the history as CSV, page by page, whole or not at all."""

import argparse
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from cli.answer import Answer
from cli.job_filters import filter_of
from cli.station import Station
from core.clock import utc_text
from core.errors import UsageError
from core.job import Job, JobState
from core.paths import durable_file
from core.spreadsheet import cell
from core.store import job_starts, jobs
from core.store.jobs import JobFilter

COLUMNS = (
    *("id", "kind", "name", "task_id", "tenant_id", "operator", "state", "priority", "attempt", "tries_left"),
    *("batch", "is_batch", "camera_id", "session_id", "created_at", "started_at", "completed_at", "last_updated"),
    *("progress", "products_processed", "products_failed", "error", "message", "hint"),
)
_PAGE = 500


def export(arguments: argparse.Namespace, station: Station) -> Answer:
    """Each page is a read of its own, so that a long export holds up no worker."""
    wanted = filter_of(arguments)
    target = Path(arguments.out).expanduser().absolute()
    if target.is_dir():
        raise UsageError(f"{target} is a folder", hint="--out names the file to write.")
    try:
        rows = _write(target, station, wanted)
    except OSError as unwritten:
        raise UsageError(
            f"{target} can't be written: {unwritten.strerror}", hint="Name a file in a folder that you may write to."
        ) from None
    return Answer({"file": str(target), "rows": rows}, f"{rows} {'job' if rows == 1 else 'jobs'} in {target}")


def _write(target: Path, station: Station, wanted: JobFilter) -> int:
    rows = 0
    with durable_file(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        written = csv.writer(text)
        written.writerow(COLUMNS)
        for row in _rows(station, wanted):
            written.writerow(row)
            rows += 1
        text.flush()
        text.detach()
    return rows


def _rows(station: Station, wanted: JobFilter) -> Iterator[list[object]]:
    cursor: str | None = None
    while True:
        with station.database.read() as tx:
            page = jobs.page(tx, wanted, cursor=cursor, limit=_PAGE)
            children = job_starts.child_counts(tx, [job.id for job in page.items if job.is_batch])
        for job in page.items:
            yield _row(job, children.get(job.id, {}))
        if page.next is None:
            return
        cursor = page.next


def _row(job: Job, children: dict[JobState, int]) -> list[object]:
    from workers.api.process_rows import counted

    processed, failed = counted(job, children)
    error = job.error if job.state is not JobState.COMPLETED else None
    return [
        *(job.id, str(job.kind), cell(job.name), cell(job.task_id), cell(job.tenant_id), cell(job.operator)),
        *(str(job.state), job.priority, job.attempt, job.tries_left, job.batch_id or "", "yes" if job.is_batch else ""),
        *(job.camera_id or "", job.session_id or "", *map(_time, _times(job)), round(job.progress, 1)),
        *(processed, failed, error.slug if error else "", cell(error.message if error else job.message)),
        cell(error.hint if error else ""),
    ]


def _times(job: Job) -> tuple[int | None, ...]:
    return job.created_at_ns, job.started_at_ns, job.completed_at_ns, job.last_updated_ns


def _time(ns: int | None) -> str:
    return "" if ns is None else utc_text(ns)
