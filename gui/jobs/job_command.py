"""The command line that asks for what a job did, to be copied into a terminal."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence

from core.capture import CaptureMode, CaptureParams, ImportParams, Metadata
from core.clock import utc_text
from core.job import Job, JobKind
from core.paths import DataFolder, default_data_folder


def command_of(job: Job, children: Sequence[Job], folder: DataFolder) -> str:
    """`trackshift …` as this system's shell reads it; a batch of captures is one command with all its cameras."""
    words = ["trackshift"]
    if folder.root != DataFolder(default_data_folder()).root:
        words += ["--data", str(folder.root)]
    if job.kind is JobKind.CAPTURE:
        words += _capture(children[0] if job.is_batch and children else job, [child.camera_id for child in children])
    elif job.kind is JobKind.IMPORT:
        params = [ImportParams.model_validate(one.params) for one in (children if job.is_batch else [job])]
        paths = [path for one in params for path in one.paths]
        words += ["import", *paths, "--camera", params[0].camera_id, *_metadata(params[0].metadata)]
    else:
        return _submit(words, job)
    for option, value in (("--name", job.name), ("--session", job.session_id)):
        words += [option, value] if value else []
    return _quoted(words)


def _capture(job: Job, cameras: Sequence[str | None]) -> list[str]:
    asked = CaptureParams.model_validate(job.params)
    words = ["capture", *(camera or "" for camera in cameras or [asked.camera_id]), "--mode", str(asked.mode)]
    options: Mapping[CaptureMode, tuple[tuple[str, float | None], ...]] = {
        CaptureMode.BURST: (("--count", asked.count), ("--fps", asked.fps)),
        CaptureMode.INTERVAL: (("--fps", asked.fps), ("--duration", asked.duration_s)),
        CaptureMode.CONTINUOUS: (("--fps", asked.fps), ("--duration", asked.duration_s)),
        CaptureMode.CLIP: (("--pre", asked.pre_s), ("--post", asked.post_s)),
        CaptureMode.EVENT_DRIVEN: (
            ("--duration", asked.duration_s),
            ("--pre", asked.pre_s),
            ("--post", asked.post_s),
        ),
    }
    for option, value in options.get(asked.mode, ()):
        words += [] if value is None else [option, f"{value:g}"]
    return [*words, "--at", utc_text(asked.at_ns), *_metadata(asked.metadata)]


def _metadata(metadata: Metadata) -> list[str]:
    said = metadata.model_dump(mode="json", exclude_defaults=True)
    return ["--meta", json.dumps(said, ensure_ascii=False)] if said else []


def _submit(words: list[str], job: Job) -> str:
    name = "tracking" if job.kind is JobKind.TRACK else job.kind.value
    message: dict[str, object] = {"action": "create", f"{name}_params": job.params}
    for field, value in (("custom_name", job.name), ("tenant_id", job.tenant_id)):
        if value:
            message[field] = value
    return f"echo {_quoted([json.dumps(message, ensure_ascii=False)])} | {_quoted([*words, 'jobs', 'submit', '-'])}"


def _quoted(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
