"""A tracking message is taken in whole and typed, or refused in a sentence that says why."""

import json

import pytest

from core.camera import Camera
from core.errors import CameraUnknown, NotFound, UsageError
from core.job import JobKind, JobState
from core.paths import DataFolder
from core.store import cameras, jobs
from core.store.database import open_database
from core.tracking import CancelTracking, CreateTracking, parse_message, submit


@pytest.fixture
def db(tmp_path):
    database = open_database(DataFolder(tmp_path / "station"))
    with database.write() as tx:
        cameras.add(tx, Camera("Haas_Pit_1", "rtsp://127.0.0.1/one"))
    yield database
    database.close()


def a_create(**params: object) -> dict[str, object]:
    return {"action": "create", "tracking_params": {"camera": "Haas_Pit_1"} | params}


@pytest.mark.parametrize("said,meant", [(False, False), ("false", False), ("0", False), (True, True), ("true", True)])
def test_a_false_in_a_tracking_message_is_false_however_it_is_written(said, meant):
    message = parse_message(a_create(verbose=said, resume_from_checkpoint=said))
    assert isinstance(message, CreateTracking)
    assert message.tracking_params.verbose is meant and message.tracking_params.resume_from_checkpoint is meant


def test_timestamps_of_a_tracking_message_are_read_with_their_zone(db):
    message = parse_message(json.dumps(a_create(start="2026-11-21T14:00:00+01:00", end="2026-11-21T13:00:30Z")))
    assert isinstance(message, CreateTracking)
    params = message.tracking_params
    assert params.start and params.end and (params.end - params.start).total_seconds() == 30
    with db.write() as tx:
        job = submit(tx, message).job
    assert job and job.params["start"] == "2026-11-21T14:00:00+01:00"


@pytest.mark.parametrize(
    "raw,said",
    [
        ("{", "no JSON"),
        ([], "JSON object"),
        ({}, "names no action"),
        ({"action": "pause"}, "'pause', which is no action"),
        ({"action": "cancel"}, "names the task_id"),
        ({"action": "cancel", "task_id": ""}, "names the task_id"),
        ({"action": "create"}, "tracking_params"),
        ({"action": "create", "tracking_params": {}}, "exactly one of clip, path and camera"),
        (a_create(clip="x"), "exactly one of clip, path and camera"),
        (a_create(verbose="perhaps"), "verbose"),
        (a_create(video_limit=0), "video_limit"),
        (a_create(video_limit="ten"), "video_limit"),
        (a_create(start="yesterday"), "start"),
        (a_create(start="2026-11-21T14:00:00"), "start"),
        (a_create(start="2026-11-21T14:00:00Z", end="2026-11-21T13:00:00Z"), "end is later than start"),
        (a_create(colour="red"), "colour"),
        ({"action": "create", "tracking_params": {"path": "clip.mp4"}}, "absolute"),
    ],
)
def test_a_wrong_tracking_message_is_refused_by_the_name_of_what_is_wrong(raw, said):
    with pytest.raises(UsageError) as refused:
        parse_message(raw)
    assert said in refused.value.title


def test_a_created_tracking_is_a_queued_job_with_all_that_it_was_given(db):
    whole = a_create(video_limit=10) | {"tenant_id": "haas", "custom_name": "Stop 3", "task_id": "T-1"}
    with db.write() as tx:
        answer = submit(tx, parse_message(whole), operator="Ann")
    job = answer.job
    assert job and answer.created and "queued" in answer.message
    assert (job.kind, job.state, job.name, job.task_id) == (JobKind.TRACK, JobState.PENDING, "Stop 3", "T-1")
    assert (job.tenant_id, job.operator, job.camera_id) == ("haas", "Ann", "Haas_Pit_1")
    assert job.params["video_limit"] == 10
    with db.write() as tx:
        again = submit(tx, parse_message(whole))
    assert again.job == job and not again.created


def test_a_tracking_names_a_clip_and_a_camera_that_are_there(db):
    with db.write() as tx:
        with pytest.raises(NotFound):
            submit(tx, parse_message({"action": "create", "tracking_params": {"clip": "none"}}))
        with pytest.raises(CameraUnknown):
            submit(tx, parse_message(a_create(camera="Nobody")))


def test_a_tracking_is_cancelled_by_its_task_id_before_or_after_it_was_created(db):
    cancel = parse_message({"action": "cancel", "task_id": "T-1"})
    assert isinstance(cancel, CancelTracking)
    with db.write() as tx:
        early = submit(tx, cancel)
        assert early.job is None and "no job T-1 yet" in early.message
        made = submit(tx, parse_message(a_create() | {"task_id": "T-1"}))
        assert made.job and made.job.state is JobState.CANCELLED and "cancelled before" in made.message
        other = submit(tx, parse_message(a_create() | {"task_id": "T-2"})).job
        late = submit(tx, parse_message({"action": "cancel", "task_id": "T-2"}))
        assert other and late.job and late.job.id == other.id and late.message.endswith("was cancelled")
        assert jobs.get(tx, other.id).state is JobState.CANCELLED
        assert "had ended before" in submit(tx, parse_message({"action": "cancel", "task_id": "T-2"})).message
