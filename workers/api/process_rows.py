"""A job as those know it who watch processes: its products counted, its times in words."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from core.clip import Clip
from core.clock import utc_text
from core.errors import NotFound
from core.frame import Frame
from core.job import ENDED, Job, JobKind, JobState
from core.result import ResultFile
from core.store import clips, frames, job_starts, jobs, results
from core.store.database import Reading
from workers.api.models import Process, ProcessWithProducts, Product, ProductFile

Counts = Mapping[JobState, int]
MOST_PRODUCTS = 10_000


def find(tx: Reading, process_id: str) -> Job:
    """By job id, task_id or request_id, of which the newest job or batch. Raises NotFound."""
    try:
        return jobs.get(tx, process_id)
    except NotFound:
        known = jobs.by_task_id(tx, process_id)
        of_request = [] if known else [job for job in jobs.by_correlation(tx, process_id) if job.batch_id is None]
        if known is None and not of_request:
            raise NotFound("process", process_id, f"Process with ID {process_id[:200]} not found") from None
        return known or of_request[-1]


def rows(tx: Reading, found: Sequence[Job], base_url: str) -> list[Process]:
    """For a page of jobs, the children of whose batches are counted together."""
    counts = job_starts.child_counts(tx, [job.id for job in found if job.is_batch])
    return [Process(**_fields(job, counts.get(job.id, {}), base_url)) for job in found]


def row(tx: Reading, job: Job, base_url: str, *, include_products: bool = False) -> ProcessWithProducts:
    counts = job_starts.child_counts(tx, [job.id] if job.is_batch else [])
    found = ProcessWithProducts(**_fields(job, counts.get(job.id, {}), base_url))
    return found.model_copy(update={"products": products(tx, job, base_url)}) if include_products else found


def products(tx: Reading, job: Job, base_url: str) -> list[Product]:
    """A batch's jobs; an import's files; else the job itself; with the files that each made."""
    if job.is_batch:
        return [_whole(tx, child, base_url) for child in jobs.children(tx, job.id)[:MOST_PRODUCTS]]
    if job.kind is JobKind.IMPORT and (job.summary or len(paths(job)) > 1):
        return _files(tx, job)[:MOST_PRODUCTS]
    return [_whole(tx, job, base_url)]


def _whole(tx: Reading, job: Job, base_url: str) -> Product:
    made = results.for_job(tx, job.id) if job.state is JobState.COMPLETED else []
    return Product(
        id=job.id,
        status=job.state,
        error=_error(job, {}),
        result=job.summary if job.state in ENDED else None,
        files=[_file(file, base_url) for file in made],
    )


def _file(file: ResultFile, base_url: str) -> ProductFile:
    return ProductFile(
        name=file.name,
        media_type=file.media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        object_key=file.path,
        url=f"{base_url}status/{quote(file.job_id, safe='')}/files/{quote(file.name, safe='')}",
    )


def paths(job: Job) -> list[str]:
    """The files and folders that an import was given."""
    named = job.params.get("paths")
    return [str(path) for path in named] if isinstance(named, list) else []


def _files(tx: Reading, job: Job) -> list[Product]:
    if not job.summary:  # under way, or none could be taken in
        return [Product(id=path, status=job.state, error=_error(job, {}), result=None) for path in paths(job)]
    items: list[Frame | Clip] = [*frames.for_job(tx, job.id), *clips.for_job(tx, job.id)]
    made = [
        Product(id=item.id, status=JobState.COMPLETED, error=None, result={"object_key": item.path}) for item in items
    ]
    known = [
        Product(id=str(one.get("id")), status=JobState.COMPLETED, error=None, result={"duplicate_of": one.get("id")})
        for one in listed(job, "duplicates")
    ]
    failed = [
        Product(id=str(one.get("path")), status=JobState.FAILED, error=str(one.get("message")), result=None)
        for one in listed(job, "failed")
    ]
    return [*made, *known, *failed]


def listed(job: Job, name: str) -> list[dict[str, Any]]:
    """A list of its summary, such as `failed`."""
    value = job.summary.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(job: Job, name: str) -> int:
    """A count of its summary, such as `imported`."""
    value = job.summary.get(name)
    return value if isinstance(value, int) else 0


def counted(job: Job, children: Counts) -> tuple[int, int]:
    """(products done, products failed)."""
    if job.is_batch:
        return children.get(JobState.COMPLETED, 0), children.get(JobState.FAILED, 0)
    if job.kind is JobKind.IMPORT:
        failed = len(paths(job)) if job.state is JobState.FAILED and not job.summary else number(job, "failed_count")
        return number(job, "imported") + number(job, "duplicate_count"), failed
    return int(job.state is JobState.COMPLETED), int(job.state is JobState.FAILED)


def _error(job: Job, children: Counts) -> str | None:
    if job.error is not None and job.state is not JobState.COMPLETED:
        return job.error.message
    if job.is_batch and job.state is JobState.FAILED:
        return f"None of its {sum(children.values())} jobs completed" if children else "None of its jobs completed"
    return None


def _fields(job: Job, children: Counts, base_url: str) -> dict[str, Any]:
    done, failed = counted(job, children)
    return {
        "process_id": job.id,
        "status": job.state,
        "start_time": utc_text(job_starts.began_ns(job)),
        "end_time": None if job.completed_at_ns is None else utc_text(job.completed_at_ns),
        "last_updated": utc_text(job.last_updated_ns),
        "progress": round(job.progress, 1),
        "products_processed": done,
        "products_failed": failed,
        "csv_url": f"{base_url}status/{quote(job.id, safe='')}/products.csv",
        "tenant_id": job.tenant_id,
        "error": _error(job, children),
        "kind": job.kind,
        "name": job.name,
        "task_id": job.task_id,
        "message": job.held_because or job.message,
    }
