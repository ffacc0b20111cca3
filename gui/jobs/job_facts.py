"""What is known of a job, as the details pane says it: facts, links, attempts and log lines in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from zoneinfo import ZoneInfo

from core.clock import local_text, span_text
from core.job import PRIORITY_MAX, Job, JobKind, JobState
from core.log_lines import AttemptTold, LogLine
from core.result import ResultFile
from core.session import Session
from core.store.library import LibraryItem
from core.upload import ItemKind
from gui.jobs.reading import CAPTURES, STATES, kind_text, title
from gui.library.facts import bytes_text

INPUTS_MOST = 12
_ASKED = (("count", "Frames asked for", ""), ("fps", "Frames a second", ""), ("duration_s", "Duration", " s"))
_ASKED_BY_MODE = {
    "burst": {"count", "fps"},
    "interval": {"fps", "duration_s"},
    "continuous": {"fps", "duration_s"},
    "event_driven": {"duration_s"},
}


class LinkTo(StrEnum):
    JOB = "job"
    ITEM = "item"
    FILE = "file"
    RESULT = "result"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Link:
    said: str
    to: LinkTo
    target: str
    """A job's, item's or run's id, a path, or a result file's path in the data folder."""


def run_links(job: Job) -> tuple[Link, ...]:
    """To what a run of the analysis found, from its batch and from each of its shards."""
    run_id = job.params.get("run_id")
    is_of_run = job.kind is JobKind.ANALYZE and run_id is not None and "teardown" not in job.params
    return (Link("Results of the run", LinkTo.RUN, str(run_id)),) if is_of_run else ()


def facts_of(
    job: Job, session: Session | None, zone: ZoneInfo | None, labels: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Label and text, most asked for first."""
    zone_said = session.time_zone if session else "local time"
    shown = [("Kind", _kind(job)), ("Made", f"{local_text(job.created_at_ns, zone)} {zone_said}")]
    if job.started_at_ns is not None:
        shown.append(("Started", f"{local_text(job.started_at_ns, zone)}, {_waited(job)}"))
    if job.completed_at_ns is not None:
        shown.append(("Ended", f"{local_text(job.completed_at_ns, zone)}{_took(job)}"))
    if not job.is_batch:
        tries = "1 try left" if job.tries_left == 1 else f"{job.tries_left} tries left"
        shown.append(("Attempts", f"{job.attempt} so far, {tries} of {job.tries}"))
    if job.stage:
        shown.append(("Stage", job.stage))
    if job.camera_id:
        shown.append(("Camera", labels.get(job.camera_id, job.camera_id)))
    shown.append(("Session", session.label if session else "None"))
    for name, label, unit in _ASKED:
        if name in _ASKED_BY_MODE.get(str(job.params.get("mode")), ()) and job.params.get(name) is not None:
            shown.append((label, f"{job.params[name]}{unit}"))
    priority = "Runs next" if job.priority > PRIORITY_MAX else str(job.priority)
    others = (
        ("Priority", priority if not job.completed_at_ns else ""),
        ("Team", job.tenant_id),
        ("Operator", job.operator),
        ("Task", job.task_id),
        ("Request", job.correlation_id if job.correlation_id != job.id else ""),
        ("Error", f"{job.error.slug}" if job.error and job.state is JobState.FAILED else ""),
        ("Job id", job.id),
    )
    return tuple(shown + [(label, text) for label, text in others if text])


def item_link(item: LibraryItem, zone: ZoneInfo | None, labels: Mapping[str, str]) -> Link:
    what = "Clip" if item.kind is ItemKind.CLIP else "Frame"
    at = local_text(item.captured_at_ns, zone).partition(" ")[2]
    at = f"{at}.{item.captured_at_ns // 1_000_000 % 1000:03d}"
    return Link(f"{what} · {labels.get(item.camera_id, item.camera_id)} · {at}", LinkTo.ITEM, item.id)


def result_link(file: ResultFile) -> Link:
    gone = ", not on this machine any more" if file.file_gone_at_ns is not None else ""
    return Link(f"{file.name} · {bytes_text(file.bytes)}{gone}", LinkTo.RESULT, file.path)


def job_link(said: str, job: Job, labels: Mapping[str, str]) -> Link:
    return Link(f"{said}: {title(job, labels)}", LinkTo.JOB, job.id)


def child_link(job: Job, labels: Mapping[str, str]) -> Link:
    why = f": {job.error.message}" if job.state is JobState.FAILED and job.error else ""
    return Link(f"{STATES[job.state]} · {title(job, labels)}{why}", LinkTo.JOB, job.id)


def input_links(job: Job) -> tuple[Link, ...]:
    """The files that it reads, and those of them that failed."""
    given = job.params.get("paths") or ([job.params["path"]] if job.params.get("path") else [])
    paths = [str(path) for path in given] if isinstance(given, list | tuple) else []
    links = [Link(PurePath(path).name or path, LinkTo.FILE, path) for path in paths[:INPUTS_MOST]]
    clip = job.params.get("clip")
    if isinstance(clip, str):
        links.append(Link(f"Clip {clip}", LinkTo.ITEM, clip))
    failed = job.summary.get("failed")
    for one in failed[:INPUTS_MOST] if isinstance(failed, list) else ():
        path = str(one.get("path", ""))
        links.append(Link(f"Failed · {PurePath(path).name}: {one.get('message', '')}", LinkTo.FILE, path))
    return tuple(links)


def attempt_text(told: AttemptTold, zone: ZoneInfo | None) -> str:
    """'2 · 14:04:05, 1.2 s · import completed'."""
    started = local_text(told.started_at_ns, zone).partition(" ")[2]
    return f"{told.number} · {started}, {span_text(told.last_at_ns - told.started_at_ns)} · {told.said}"


def logged_text(line: LogLine, zone: ZoneInfo | None) -> str:
    """A log line with what else it tells, a traceback below it."""
    at = f"{local_text(line.at_ns, zone).partition(' ')[2]}.{line.at_ns // 1_000_000 % 1000:03d}"
    level = "" if line.level == "info" else f" {line.level.upper()}"
    fields = "".join(f"  {name}={value}" for name, value in line.fields.items() if name != "exception")
    trace = line.fields.get("exception")
    return f"{at}{level}  {line.event}{fields}" + (f"\n{trace}" if trace else "")


def _kind(job: Job) -> str:
    mode = CAPTURES.get(str(job.params.get("mode"))) if job.kind is JobKind.CAPTURE else None
    said = f"{kind_text(job.kind)}, {mode.lower()}" if mode else kind_text(job.kind)
    return f"Batch: {said.lower()}" if job.is_batch else said


def _waited(job: Job) -> str:
    return f"after {span_text(max((job.started_at_ns or 0) - job.created_at_ns, 0))} of waiting"


def _took(job: Job) -> str:
    if job.started_at_ns is None or job.completed_at_ns is None:
        return ""
    return f", after {span_text(max(job.completed_at_ns - job.started_at_ns, 0))} of work"
