"""The status routes: one process, lists of them, batches and their cancelling."""

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from core.errors import NotFound, UsageError
from core.job import JobState
from core.spreadsheet import cell
from core.store import job_starts, jobs, results
from workers.api import process_rows
from workers.api.errors import Conflict
from workers.api.instants import after_end_ns, start_ns
from workers.api.models import ActiveBatches, Cancelled, MasterTask, Processes, ProcessWithProducts
from workers.api.parts import ApiParts, Station

router = APIRouter(tags=["status"])
_ACTIVE_MOST = 500
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,19}:[A-Za-z0-9_-]{1,100}$")]
Label = Annotated[str | None, Query(min_length=1, max_length=200)]
When = Annotated[str | None, Query(max_length=60, examples=["2026-11-21", "2026-11-21T13:04:05Z"])]


@router.get(
    "/status/{process_id}",
    summary="One process, by job id, task_id or request_id",
    response_model=ProcessWithProducts,
)
async def one(process_id: str, request: Request, station: Station, include_products: bool = False) -> Response:
    def read() -> ProcessWithProducts:
        with station.database.read() as tx:
            job = process_rows.find(tx, process_id)
            return process_rows.row(tx, job, str(request.base_url), include_products=include_products)

    return await station.answers.to(request, read)


@router.get("/status/{process_id}/products.csv", summary="The products of a process as CSV", response_class=Response)
def products_csv(process_id: str, station: Station) -> Response:
    with station.database.read() as tx:
        job = process_rows.find(tx, process_id)
        found = process_rows.products(tx, job, "")
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["process_id", "product_id", "status", "error"])
    rows.writerows([job.id, cell(product.id), product.status, cell(product.error)] for product in found)
    attached = {"Content-Disposition": f'attachment; filename="{job.id}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=attached)


@router.get("/status/{process_id}/files/{name}", summary="A file that the job made", response_class=FileResponse)
def made_file(process_id: str, name: str, station: Station) -> FileResponse:
    """404 once it is gone from this machine; its object is not."""
    with station.database.read() as tx:
        job = process_rows.find(tx, process_id)
        made = [file for file in results.for_job(tx, job.id) if file.name == name and file.file_gone_at_ns is None]
    if not made:
        raise NotFound("file", name, f"Process {job.id} has no file {name[:200]} here")
    return FileResponse(station.folder.absolute(made[0].path), media_type=made[0].media_type, filename=name)


@router.get("/status", summary="Processes, latest start first", response_model=Processes)
async def several(
    request: Request,
    station: Station,
    limit: Limit = 10,
    status: JobState | None = None,
    start_date: When = None,
    end_date: When = None,
    tenant_id: Label = None,
    tenant: Annotated[str | None, Query(alias="tenantId", min_length=1, max_length=200)] = None,
    cursor: Cursor = None,
) -> Response:
    """`end_date` is included: a date to its end, a time to its instant. Without a zone, times are UTC."""
    if tenant_id is not None and tenant is not None and tenant_id != tenant:
        raise UsageError("tenant_id and tenantId name different tenants")
    return await _page(station, request, limit, status, (start_date, end_date), tenant_id or tenant, cursor)


@router.get(
    "/tenant/{tenant_id}/processes", summary="The processes of one tenant, latest start first", response_model=Processes
)
async def of_tenant(
    tenant_id: str,
    request: Request,
    station: Station,
    limit: Limit = 10,
    status: JobState | None = None,
    start_date: When = None,
    end_date: When = None,
    cursor: Cursor = None,
) -> Response:
    return await _page(station, request, limit, status, (start_date, end_date), tenant_id, cursor)


async def _page(
    station: ApiParts,
    request: Request,
    limit: int,
    status: JobState | None,
    dates: tuple[str | None, str | None],
    tenant_id: str | None,
    cursor: str | None,
) -> Response:
    from_ns, to_ns = start_ns(dates[0]), after_end_ns(dates[1])
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise UsageError("end_date lies before start_date")

    def read() -> Processes:
        with station.database.read() as tx:
            page = job_starts.page(
                tx, state=status, tenant_id=tenant_id, from_ns=from_ns, to_ns=to_ns, cursor=cursor, limit=limit
            )
            found = process_rows.rows(tx, page.items, str(request.base_url))
        return Processes(processes=found, count=len(found), next=page.next)

    return await station.answers.to(request, read)


@router.get("/master_task_status/{task_id}", summary="A batch with its jobs by state")
def master_task(task_id: str, request: Request, station: Station) -> MasterTask:
    """A job without children is a batch of itself."""
    with station.database.read() as tx:
        job = process_rows.find(tx, task_id)
        children = jobs.children(tx, job.id) if job.is_batch else [job]
        found = process_rows.rows(tx, children, str(request.base_url))
    by_state = {state: sum(child.state is state for child in children) for state in JobState}
    return MasterTask(
        master_task_id=job.id,
        status=job.state,
        progress=round(job.progress, 1),
        total=len(children),
        sub_tasks=found,
        **{str(state): count for state, count in by_state.items()},
    )


@router.get("/active_batch_processes", summary="Batches that have not ended")
def active_batches(request: Request, station: Station) -> ActiveBatches:
    with station.database.read() as tx:
        active = job_starts.active_batches(tx, _ACTIVE_MOST)
        found = process_rows.rows(tx, active, str(request.base_url))
    return ActiveBatches(active_batch_processes=found, count=len(found))


@router.post("/cancel_batch_process/{process_id}", summary="Cancel a batch with its open jobs, or a single job")
def cancel(process_id: str, request: Request, station: Station) -> Cancelled:
    """What is cancelled already stays so; what has ended otherwise is 409."""
    with station.database.write() as tx:
        job = process_rows.find(tx, process_id)
        before = job.state
        if before is not JobState.CANCELLED and not jobs.cancel(tx, job.id):
            raise Conflict(f"Process {job.id} had ended before: {before}")
        now = process_rows.row(tx, jobs.get(tx, job.id), str(request.base_url))
    word = "was cancelled before" if before is JobState.CANCELLED else "is cancelled"
    return Cancelled(message=f"Process {job.id} {word}", process=now)
