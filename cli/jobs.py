"""`trackshift jobs`: list, show, retry and cancel."""

import argparse

from cli.answer import Answer
from cli.documents import job_document
from cli.queueing import made_by
from cli.station import Station, open_station
from core.errors import UsageError
from core.job import Job, JobKind, JobState
from core.paths import DataFolder
from core.store import jobs


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to list, show, retry or cancel."""
    actions = {"list": _list, "show": _show, "retry": _retry, "cancel": _cancel}
    with open_station(folder) as station:
        return actions[arguments.action](arguments, station)


def _list(arguments: argparse.Namespace, station: Station) -> Answer:
    if not 1 <= arguments.limit <= 500:
        raise UsageError("--limit is 1 to 500")
    wanted = jobs.JobFilter(
        states=frozenset({JobState(arguments.state)}) if arguments.state else frozenset(),
        kinds=frozenset({JobKind(arguments.kind)}) if arguments.kind else frozenset(),
    )
    with station.database.read() as tx:
        page = jobs.page(tx, wanted, cursor=arguments.cursor, limit=arguments.limit)
    return Answer(
        {"jobs": [job_document(job) for job in page.items], "next": page.next},
        "\n".join(_line(job) for job in page.items) or "No jobs.",
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
    with station.database.write() as tx:
        jobs.retry(tx, arguments.id)
        job = jobs.get(tx, arguments.id)
    return Answer(job_document(job), f"Job {job.id} waits for another try.")


def _cancel(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        cancelled = jobs.cancel(tx, arguments.id)
        job = jobs.get(tx, arguments.id)
    text = f"Job {job.id} is cancelled." if cancelled else f"Job {job.id} had already ended: {job.state}."
    return Answer(job_document(job), text)
