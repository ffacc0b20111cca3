"""`trackshift jobs`: list, show, retry, cancel, next and clean; hands watch, export and submit to their modules."""

import argparse
import math
import time

from cli.answer import Answer
from cli.documents import job_document
from cli.exporting import export
from cli.job_filters import filter_of
from cli.queueing import made_by
from cli.station import Station, open_station
from cli.submitting import submit_message
from cli.watching import watch
from core.errors import UsageError
from core.job import Job
from core.paths import DataFolder
from core.store import jobs

_AT_ONCE = 500
_DAY_NS = 86_400 * 10**9


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to the action."""
    actions = {
        "list": _list,
        "show": _show,
        "watch": watch,
        "retry": _retry,
        "cancel": _cancel,
        "next": _next,
        "clean": _clean,
        "export": export,
        "submit": submit_message,
    }
    with open_station(folder) as station:
        return actions[arguments.action](arguments, station)


def _list(arguments: argparse.Namespace, station: Station) -> Answer:
    if not 1 <= arguments.limit <= 500:
        raise UsageError("--limit is 1 to 500")
    wanted = filter_of(arguments)
    with station.database.read() as tx:
        page = jobs.page(tx, wanted, cursor=arguments.cursor, limit=arguments.limit)
    lines = [_line(job) for job in page.items]
    if page.next is not None:
        lines.append(f"There are more: --cursor {page.next}")
    return Answer(
        {"jobs": [job_document(job) for job in page.items], "next": page.next}, "\n".join(lines) or "No jobs."
    )


def _line(job: Job) -> str:
    why = job.error.message if job.error else job.held_because or job.message
    what = job.name or job.camera_id or ""
    return f"{job.id}  {job.kind:8} {job.state:10} {job.progress:3.0f} %  {what}  {why}".rstrip()


def _show(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.read() as tx:
        job = jobs.get(tx, arguments.id)
    made = made_by(station, job)
    document = job_document(job) | {
        name: value for name, value in made.document.items() if name not in ("job", "state")
    }
    return Answer(document, made.text)


def _retry(arguments: argparse.Namespace, station: Station) -> Answer:
    if arguments.all_failed:
        with station.database.write() as tx:
            number = jobs.retry_all_failed(tx)
        return Answer({"retried": number}, f"Failed jobs that wait for another try: {number}.")
    with station.database.write() as tx:
        job = jobs.retry(tx, arguments.id)
    return Answer(job_document(job), f"Job {job.id} waits for another try.")


def _cancel(arguments: argparse.Namespace, station: Station) -> Answer:
    if arguments.task_id is not None:
        return _cancel_task(arguments.task_id, station)
    with station.database.write() as tx:
        cancelled = jobs.cancel(tx, arguments.id)
        job = jobs.get(tx, arguments.id)
    text = f"Job {job.id} is cancelled." if cancelled else f"Job {job.id} had already ended: {job.state}."
    return Answer(job_document(job), text)


def _cancel_task(task_id: str, station: Station) -> Answer:
    if not task_id:
        raise UsageError("--task-id is empty")
    with station.database.write() as tx:
        job = jobs.cancel_task(tx, task_id)
    document = {"task_id": task_id, "job": job.id if job else None, "state": str(job.state) if job else None}
    if job is None:
        return Answer(document, f"There is no job {task_id} yet; when it is created it will be cancelled.")
    return Answer(document, f"Job {job.id} is {job.state}.")


def _next(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        job = jobs.run_next(tx, arguments.id)
    return Answer(job_document(job), f"Job {job.id} goes before all others of its kind.")


def _clean(arguments: argparse.Namespace, station: Station) -> Answer:
    days = station.settings.jobs.history_days if arguments.older_than is None else arguments.older_than
    if not (math.isfinite(days) and 0 <= days <= 36_500):
        raise UsageError("--older-than is 0 to 36500 days")
    before_ns = time.time_ns() - round(days * _DAY_NS)
    removed, whole = 0, True
    while whole:
        with station.database.write() as tx:  # so many at a time: a worker that captures never waits for long
            forgotten = jobs.clean_up(tx, before_ns, _AT_ONCE)
        removed, whole = removed + forgotten, forgotten == _AT_ONCE
    return Answer(
        {"removed": removed, "older_than_days": days},
        f"Jobs forgotten that ended more than {days:g} days ago: {removed}. What they made stays.",
    )
