"""What `capture` and `import` share: the queued job from the command line, and the answer with what it made."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from pydantic import ValidationError

from cli.answer import Answer, Exit
from cli.documents import Document, clip_document, frame_document, job_document, result_document
from cli.station import Station
from cli.waiting import wait_for_job
from core.capture import Metadata, refusal
from core.clip import Clip
from core.clock import span_text, utc_text
from core.errors import UsageError
from core.frame import Frame
from core.job import PRIORITY_PERSON, Job, JobKind, JobState, NewJob
from core.store import clips, frames, jobs, results


def metadata_of(text: str | None) -> Metadata:
    """`--meta`: known names go to their own fields, all others to the free `meta`. Raises UsageError."""
    if text is None:
        return Metadata()
    try:
        given = json.loads(text)
    except json.JSONDecodeError as broken:
        raise UsageError(f"--meta is no JSON: {broken}", hint='For example: --meta \'{"location": "Box 4"}\'') from None
    if not isinstance(given, dict):
        raise UsageError("--meta must be a JSON object", hint='For example: --meta \'{"location": "Box 4"}\'')
    known = {name: given.pop(name) for name in Metadata.model_fields if name in given and name != "meta"}
    free = given.pop("meta", {})
    if not isinstance(free, dict):
        raise UsageError("--meta: `meta` must be a JSON object")
    try:
        return Metadata(**known, meta={**free, **given})
    except ValidationError as invalid:
        raise refusal(invalid) from None


def new_job(
    station: Station,
    arguments: argparse.Namespace,
    kind: JobKind,
    params: dict[str, object],
    *,
    camera_id: str | None = None,
) -> NewJob:
    """The job that the command line asks for, in the named session, else in the one that is current."""
    return NewJob(
        kind=kind,
        params=params,
        name=arguments.name,
        task_id=arguments.task_id,
        tenant_id=station.settings.station.tenant_id or None,
        operator=station.settings.station.operator or None,
        priority=PRIORITY_PERSON if arguments.priority is None else arguments.priority,
        camera_id=camera_id,
        session_id=arguments.session,
        tries=station.settings.jobs.max_attempts,
        after_id=arguments.after,
    )


def child_of_batch(job: NewJob) -> NewJob:
    """The caller's own id names the batch; a child has none."""
    return replace(job, task_id=None)


def answer_for(station: Station, job_id: str, *, wait: bool) -> Answer:
    """The job as queued, or with `wait` as it ended, with every frame, clip and gap it made."""
    if not wait:
        with station.database.read() as tx:
            job = jobs.get(tx, job_id)
        return Answer({"job": job.id, "state": str(job.state)}, f"Queued: job {job.id}")
    return made_by(station, wait_for_job(station, job_id))


def made_by(station: Station, job: Job) -> Answer:
    """What an ended job made."""
    with station.database.read() as tx:
        parts = jobs.children(tx, job.id) if job.is_batch else [job]
        made_frames = [frame for part in parts for frame in frames.for_job(tx, part.id)]
        made_clips = [clip for part in parts for clip in clips.for_job(tx, part.id)]
        made_files = [file for part in parts for file in results.for_job(tx, part.id)]
    gaps = [gap for part in parts for gap in _listed(part, "gaps")]
    failed = [failure for part in parts for failure in _listed(part, "failed")]
    document: Document = {
        "job": job.id,
        "state": str(job.state),
        "error": job_document(job)["error"],
        "frames": [frame_document(frame, station.folder) for frame in made_frames],
        "clips": [clip_document(clip, station.folder) for clip in made_clips],
        "gaps": gaps,
        "results": [result_document(file, station.folder) for file in made_files],
    }
    if job.kind is JobKind.IMPORT:
        document |= {"duplicates": _listed(job, "duplicates"), "failed": failed}
    if job.is_batch:
        document["children"] = [job_document(part) for part in parts]
    text = _in_words(station, job, parts, [*made_frames, *made_clips])
    lines = [f"  {station.folder.absolute(file.path)}" for file in made_files]
    return Answer(document, "\n".join([text, *lines]), exit_of(job, parts))


def _listed(job: Job, name: str) -> list[Document]:
    value = job.summary.get(name)
    return value if isinstance(value, list) else []


def exit_of(job: Job, parts: Sequence[Job]) -> Exit:
    """parts: the children of a batch, else the job itself."""
    if job.state is not JobState.COMPLETED:
        return Exit.FAILED
    broken = any(_listed(part, "gaps") or _listed(part, "failed") for part in parts)
    whole = not broken and all(part.state is JobState.COMPLETED for part in parts)
    return Exit.DONE if whole else Exit.IN_PART


def _in_words(station: Station, job: Job, parts: list[Job], made: Sequence[Frame | Clip]) -> str:
    lines = [f"Job {job.id} {job.state}"]
    lines += [
        f"  {station.folder.absolute(item.path)}  {utc_text(item.captured_at_ns)} ± {span_text(item.captured_u_ns)}"
        for item in made
    ]
    for part in parts:
        lines += [f"  gap of {gap['seconds']} s on {gap['camera']}: {gap['reason']}" for gap in _listed(part, "gaps")]
        lines += [f"  already here: {known['path']}" for known in _listed(part, "duplicates")]
        lines += [f"  not imported: {failure['path']}: {failure['message']}" for failure in _listed(part, "failed")]
        if part.error is not None:
            lines.append(f"  {part.camera_id or part.kind}: {part.error.message}\n    {part.error.hint}")
    return "\n".join(lines)
