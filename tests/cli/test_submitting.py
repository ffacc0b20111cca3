"""Tracking's messages by the command: what is asked is queued once, and what can't be is told."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from core.job import JobKind, JobState
from tests.cli.conftest import Queue

CREATE = {"action": "create", "task_id": "lap-12", "custom_name": "Lap 12", "tracking_params": {"camera": "Pit_1"}}


def _submitted(queue: Queue, tmp_path: Path, message: object) -> tuple[int, dict[str, Any]]:
    file = tmp_path / "message.json"
    file.write_text(message if isinstance(message, str) else json.dumps(message), encoding="utf-8")
    return queue.command("jobs", "submit", str(file))


def test_a_create_queues_a_job_with_typed_parameters_and_the_same_twice_is_one(queue: Queue, tmp_path: Path) -> None:
    message = CREATE | {
        "tracking_params": {"camera": "Pit_1", "verbose": "false", "start": "2026-11-21T13:04:05+01:00"}
    }
    code, first = _submitted(queue, tmp_path, message)
    assert (code, first["created"], first["state"]) == (0, True, "pending")
    job = queue.get(first["job"])
    assert (job.kind, job.name, job.task_id) == (JobKind.TRACK, "Lap 12", "lap-12")
    assert job.params["verbose"] is False
    code, second = _submitted(queue, tmp_path, CREATE)
    assert (code, second["created"], second["job"]) == (0, False, first["job"])


def test_a_message_may_come_from_standard_input(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(CREATE).encode())))
    code, document = queue.command("jobs", "submit", "-")
    assert (code, document["task_id"]) == (0, "lap-12")


def test_a_cancel_message_cancels_and_one_before_its_create_still_wins(queue: Queue, tmp_path: Path) -> None:
    cancel = {"action": "cancel", "task_id": "lap-12"}
    assert _submitted(queue, tmp_path, cancel)[1]["job"] is None
    code, made = _submitted(queue, tmp_path, CREATE)
    assert (code, made["state"]) == (0, "cancelled")
    other = _submitted(queue, tmp_path, CREATE | {"task_id": "lap-13"})[1]["job"]
    assert _submitted(queue, tmp_path, {"action": "cancel", "task_id": "lap-13"})[1]["job"] == other
    assert queue.state(other) is JobState.CANCELLED


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ("", "JSON"),
        ("[]", "action"),
        ({"tracking_params": {"camera": "Pit_1"}}, "action"),
        ({"action": "explode"}, "explode"),
        ({"action": ["create"]}, "action"),
        ({"action": "cancel"}, "task_id"),
        ({"action": "create"}, "tracking_params"),
        (CREATE | {"tracking_params": {}}, "clip, path and camera"),
        (CREATE | {"tracking_params": {"camera": "Pit_1", "path": "/a.mp4"}}, "clip, path and camera"),
        (CREATE | {"tracking_params": {"camera": "Pit_1", "verbose": "perhaps"}}, "verbose"),
        (CREATE | {"tracking_params": {"camera": "Pit_1", "start": "yesterday"}}, "start"),
        (CREATE | {"task_id": 12}, "task_id"),
        (CREATE | {"taskid": "x"}, "taskid"),
    ],
)
def test_a_message_that_can_not_be_ends_with_2_names_what_is_wrong_and_queues_nothing(
    queue: Queue, tmp_path: Path, message: object, named: str
) -> None:
    code, document = _submitted(queue, tmp_path, message)
    assert (code, document["error"]) == (2, "usage_error")
    assert named in document["message"]
    assert queue.ids() == []


def test_a_create_for_an_unknown_camera_or_clip_is_told(queue: Queue, tmp_path: Path) -> None:
    assert _submitted(queue, tmp_path, CREATE | {"tracking_params": {"camera": "Pit_9"}})[0] == 1
    assert _submitted(queue, tmp_path, CREATE | {"tracking_params": {"clip": "none"}})[0] == 1


def test_a_file_of_many_megabytes_is_no_message(queue: Queue, tmp_path: Path) -> None:
    assert _submitted(queue, tmp_path, " " * (2 << 20))[0] == 2
