import pytest

from core.camera import Camera
from core.job import JobKind, JobState
from core.pit_box import PitBox
from core.store import cameras, clips, findings, jobs, runs
from core.store.findings import FindingEnd
from tests.core.store.conftest import a_clip
from tests.workers.api.running_api import Api, is_refused
from tests.workers.station_parts import CAMERA, StationParts

TRACK = {"camera": CAMERA, "verbose": "false", "start": "2026-11-21T14:00:00+01:00"}


def test_a_tracking_message_makes_a_job_once_with_its_words_typed(api: Api, station: StationParts):
    message = {"action": "create", "task_id": "t-1", "tenant_id": "haas", "custom_name": "P1", "tracking_params": TRACK}
    answer = api.post("/tracking-jobs", json=message, headers={"X-Request-ID": "req-9"})
    assert answer.status_code == 201 and answer.json()["created"] is True
    job = station.job(answer.json()["process"]["process_id"])
    assert (job.kind, job.task_id, job.tenant_id, job.name) == (JobKind.TRACK, "t-1", "haas", "P1")
    assert (job.params["verbose"], job.correlation_id) == (False, "req-9")
    again = api.post("/tracking-jobs", json=message)
    assert again.status_code == 200 and again.json()["process"]["process_id"] == job.id


def test_a_cancel_that_comes_before_its_create_still_wins(api: Api, station: StationParts):
    early = api.post("/tracking-jobs", json={"action": "cancel", "task_id": "t-2"})
    assert early.status_code == 200 and early.json()["process"] is None
    made = api.post("/tracking-jobs", json={"action": "create", "task_id": "t-2", "tracking_params": TRACK})
    assert made.json()["process"]["status"] == "cancelled"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"action": "start"},
        {"action": "cancel"},
        {"action": "create"},
        {"action": "create", "tracking_params": {}},
        {"action": "create", "tracking_params": TRACK | {"verbose": "perhaps"}},
        {"action": "create", "tracking_params": TRACK | {"start": "2026-11-21T14:00:00"}},
        {"action": "create", "tracking_params": TRACK | {"stop": 1}},
        {"action": ["create"], "tracking_params": TRACK},
    ],
)
def test_a_tracking_message_that_is_not_right_is_told_what_is_wrong(api: Api, station: StationParts, message):
    assert is_refused(api.post("/tracking-jobs", json=message), 422, "usage_error")
    with station.database.read() as tx:
        assert sum(jobs.counts(tx).values()) == 0


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b'{"a": 1e999}', b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(api: Api, body: bytes):
    answer = api.post("/tracking-jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert is_refused(answer, answer.status_code, answer.json()["error"])


def test_half_a_character_is_no_text(api: Api):
    body = b'{"action": "create", "task_id": "\\ud800", "tracking_params": {"camera": "x"}}'
    answer = api.post("/tracking-jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_a_body_sent_as_a_form_is_told_to_say_that_it_is_json(api: Api):
    answer = api.post("/tracking-jobs", content=b"{}", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert is_refused(answer, 422, "invalid") and "Content-Type: application/json" in answer.json()["message"]


def test_a_capture_of_several_cameras_is_a_batch_at_one_instant(api: Api, station: StationParts):
    with station.database.write() as tx:
        cameras.add(tx, Camera("Box_2", "rtsp://127.0.0.1:1/two"))
    asked = {"params": {"camera_ids": [CAMERA, "Box_2"], "mode": "burst", "count": 3}, "name": "stop", "priority": 50}
    answer = api.post("/jobs/capture", json=asked)
    assert answer.status_code == 201
    with station.database.read() as tx:
        children = jobs.children(tx, answer.json()["process"]["process_id"])
    assert [child.camera_id for child in children] == [CAMERA, "Box_2"]
    assert len({child.params["at_ns"] for child in children}) == 1
    assert {child.priority for child in children} == {50} and children[0].params["count"] == 3


def test_an_import_is_queued_by_absolute_paths_only(api: Api, station: StationParts, tmp_path):
    answer = api.post("/jobs/import", json={"params": {"camera_id": CAMERA, "paths": [str(tmp_path)]}, "task_id": "i"})
    assert answer.status_code == 201 and answer.json()["process"]["kind"] == "import"
    assert api.post("/jobs/import", json={"params": {}, "task_id": "i"}).status_code == 200
    for paths in ([], ["relative.jpg"], ["/tmp/\0"], "x", [1]):
        bad = api.post("/jobs/import", json={"params": {"camera_id": CAMERA, "paths": paths}})
        assert is_refused(bad, 422, "usage_error"), paths


@pytest.mark.parametrize("kind", ["compare", "CAPTURE", "a" * 300])
def test_a_kind_that_is_none_names_those_that_are(api: Api, kind: str):
    answer = api.post(f"/jobs/{kind}", json={"params": {}})
    assert is_refused(answer, 422, "usage_error") and "capture, import, track" in answer.text


@pytest.mark.parametrize(
    "params,status",
    [
        ({"camera_id": CAMERA}, 422),
        ({"mode": "single_frame"}, 422),
        ({"camera_id": CAMERA, "mode": "event"}, 422),
        ({"camera_id": CAMERA, "mode": "interval", "fps": 31}, 422),
        ({"camera_id": CAMERA, "mode": "single_frame", "at": "noon"}, 422),
        ({"camera_id": CAMERA, "mode": "single_frame", "at_ns": 10**30}, 422),
        ({"camera_id": CAMERA, "mode": "single_frame", "strange": 1}, 422),
        ({"camera_id": "Nobody", "mode": "single_frame"}, 404),
    ],
)
def test_a_capture_that_can_not_be_is_refused(api: Api, params: dict[str, object], status: int):
    answer = api.post("/jobs/capture", json={"params": params})
    assert is_refused(answer, status, "usage_error" if status == 422 else "camera_unknown")


def test_an_event_capture_needs_a_pit_box_to_watch(api: Api, station: StationParts):
    asked = {"params": {"camera_id": CAMERA, "mode": "event_driven"}}
    answer = api.post("/jobs/capture", json=asked)
    assert is_refused(answer, 409, "no_pit_box") and "Pit box" in answer.text
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, PitBox(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))))
    job = station.job(api.post("/jobs/capture", json=asked).json()["process"]["process_id"])
    assert (job.params["mode"], job.params["duration_s"]) == ("event_driven", 3600.0)


def test_a_field_that_nobody_knows_is_refused_and_not_lost(api: Api):
    answer = api.post("/jobs/capture", json={"params": {}, "priorty": 1})
    assert is_refused(answer, 422, "invalid") and "priorty" in answer.json()["message"]


def test_a_job_after_another_waits_for_it(api: Api, station: StationParts):
    first = api.post("/jobs/track", json={"params": {"camera": CAMERA}}).json()["process"]["process_id"]
    params = {"camera_id": CAMERA, "mode": "single_frame"}
    second = api.post("/jobs/capture", json={"params": params, "after_id": first}).json()["process"]
    assert station.job(second["process_id"]).waits_for == first and second["message"]
    assert station.job(second["process_id"]).state is JobState.PENDING
    assert is_refused(api.post("/jobs/capture", json={"params": params, "after_id": "none"}), 404, "not_found")


def test_a_run_is_asked_for_and_its_products_are_its_assets(api: Api, station: StationParts, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    assets = [{"asset_id": f"car-{n}", "frames": [str(tmp_path / "a.jpg")]} for n in range(60)]
    params = {"pack": "frame_quality", "provider": "local", "assets": assets}
    answer = api.post("/jobs/analyze", json={"params": params, "task_id": "r-1", "name": "Lap 12"})
    assert answer.status_code == 201, answer.text
    told = answer.json()["process"]
    assert (told["kind"], told["name"], told["status"], told["products_processed"]) == (
        "analyze",
        "Lap 12",
        "pending",
        0,
    )
    assert api.post("/jobs/analyze", json={"params": params, "task_id": "r-1"}).status_code == 200
    job = station.claim()
    values: dict[str, object] = {"best_frame": "a.jpg", "quality": 80.0}
    failed = {"slug": "s", "message": "It is cut short", "hint": ""}
    with station.database.write() as tx:
        run = runs.for_job(tx, told["process_id"])
        ends = [FindingEnd(n, values=values) for n in range(20)]
        findings.record(tx, job, run.id, [*ends, FindingEnd(20, error=failed)])
    told = api.get("/status/r-1", params={"include_products": True}).json()
    assert (told["products_processed"], told["products_failed"], told["progress"]) == (20, 1, 35.0)
    assert len(told["products"]) == 60
    assert told["products"][3] == told["products"][3] | {"id": "car-3", "status": "completed", "result": values}
    assert told["products"][20]["error"] == "It is cut short" and told["products"][59]["status"] == "pending"


@pytest.mark.parametrize(
    "params,code",
    [
        ({"pack": "frame_quality"}, 422),
        ({"pack": "frame_quality", "frames": ["a.jpg"]}, 422),
        ({"pack": "frame_quality", "frames": ["/nowhere.jpg"]}, 422),
        ({"pack": "tyre_condition", "provider": "local", "frames": ["/a.jpg"]}, 422),
        ({"pack": "frame_quality", "session": "s", "assets": [{"asset_id": "a", "frames": ["/a.jpg"]}]}, 422),
        ({"pack": "nothing", "frames": ["/a.jpg"]}, 404),
        ({"pack": "frame_quality", "session": "nowhere"}, 404),
    ],
)
def test_a_run_that_can_not_be_is_refused(api: Api, station: StationParts, params, code):
    answer = api.post("/jobs/analyze", json={"params": params})
    assert is_refused(answer, code, answer.json()["error"])
    with station.database.read() as tx:
        assert sum(jobs.counts(tx).values()) == 0


def test_a_clips_stops_are_timed_in_its_cameras_box_or_in_the_one_that_is_given(api: Api, station: StationParts):
    with station.database.write() as tx:
        clip = clips.add(tx, a_clip(camera_id=CAMERA), station_id="s")
    box = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
    assert is_refused(api.post("/jobs/stop_timing", json={"params": {"clip": clip.id}}), 409, "no_pit_box")
    given = api.post("/jobs/stop_timing", json={"params": {"clip": clip.id, "box": box}})
    job = station.job(given.json()["process"]["process_id"])
    assert given.status_code == 201 and (job.kind, job.camera_id) == (JobKind.STOP_TIMING, CAMERA)
    assert job.params == {"clip": clip.id, "box": box}
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, PitBox.from_points(box))
    assert api.post("/jobs/stop_timing", json={"params": {"clip": clip.id}}).status_code == 201
    assert is_refused(api.post("/jobs/stop_timing", json={"params": {"clip": "none"}}), 404, "not_found")
    assert is_refused(api.post("/jobs/report", json={"params": {"stop": "none"}}), 404, "not_found")
    wrong = {"clip": clip.id, "box": [[0, 0], [1, 1]]}
    assert is_refused(api.post("/jobs/stop_timing", json={"params": wrong}), 422, "usage_error")
