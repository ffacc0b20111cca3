import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from cli.arguments import build_parser
from core.job import Job, JobKind, JobState
from core.paths import DataFolder
from gui.jobs.job_command import command_of

FOLDER = DataFolder(Path("/data/station"))
BURST = {"camera_id": "Pit_1", "mode": "burst", "at_ns": 1_795_262_400_000_000_000, "count": 7, "fps": 5}
JOB = Job("1", JobKind.CAPTURE, JobState.COMPLETED, BURST, "", 100, 1, 2, 0, 0, camera_id="Pit_1")


def parsed(command: str):
    return build_parser().parse_args(shlex.split(command)[1:])


def test_a_capture_becomes_the_command_with_its_instant_and_its_options():
    given = {**BURST, "metadata": {"location": "Box 4", "meta": {"tyre": "it's soft"}}}
    asked = parsed(command_of(replace(JOB, params=given, name="Rear wing", session_id="s1"), [], FOLDER))
    assert (asked.command, asked.cameras, asked.mode, asked.count, asked.fps) == ("capture", ["Pit_1"], "burst", 7, 5)
    assert (asked.at, asked.name, asked.session) == ("2026-11-21T12:00:00.000000Z", "Rear wing", "s1")
    assert asked.meta == '{"location": "Box 4", "meta": {"tyre": "it\'s soft"}}'
    assert asked.data == str(FOLDER.root)


def test_a_batch_of_captures_is_one_command_with_all_its_cameras():
    children = [replace(JOB, params={**BURST, "camera_id": id}, camera_id=id) for id in ("Pit_1", "Pit_2")]
    asked = parsed(command_of(replace(JOB, is_batch=True, params={"mode": "burst"}), children, FOLDER))
    assert asked.cameras == ["Pit_1", "Pit_2"]


def test_an_import_names_its_paths_and_its_camera():
    params: dict[str, object] = {"camera_id": "Pit_1", "paths": ["/media/a b.jpg", "/media/c"]}
    asked = parsed(command_of(replace(JOB, kind=JobKind.IMPORT, params=params), [], FOLDER))
    assert (asked.command, asked.paths, asked.camera) == ("import", ["/media/a b.jpg", "/media/c"], "Pit_1")


@pytest.mark.parametrize("name", ["", "Lap 12"])
def test_tracking_is_submitted_as_its_message(name):
    job = replace(JOB, kind=JobKind.TRACK, params={"camera": "Pit_1"}, name=name)
    command = command_of(job, [], FOLDER)
    assert command.startswith("echo '{") and command.endswith("jobs submit -")
    assert '"tracking_params": {"camera": "Pit_1"}' in command
