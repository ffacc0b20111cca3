import json
import os
import subprocess
import threading
from pathlib import Path

import pytest

from core.camera import Camera
from core.capture import CaptureParams, ImportParams
from core.credentials import Credentials, Login, camera_login
from core.job import JobKind
from core.store import cameras, jobs, sessions
from tests.conftest import eventually
from tests.workers.api.running_api import TOKEN, Api, answer_on, is_refused, running_api
from tests.workers.station_parts import CAMERA, StationParts

UPLOAD = "/api/v1/ingest/upload"
RTSP = "/api/v1/ingest/rtsp"
JPEG = b"\xff\xd8\xff" + b"x" * 500


def kept(station: StationParts) -> list[str]:
    """Everything under incoming/, unfinished or not."""
    # os.walk passes over what goes meanwhile; rglob raises.
    root = station.folder.incoming
    walked = [(Path(where), name) for where, folders, files in os.walk(root) for name in folders + files]
    return sorted(str((where / name).relative_to(root)) for where, name in walked)


def no_jobs(station: StationParts) -> bool:
    with station.database.read() as tx:
        return sum(jobs.counts(tx).values()) == 0


def test_an_upload_is_kept_whole_and_queued_with_its_words(api: Api, station: StationParts):
    meta = {"location": "Box 4", "exposure": 0.01, "session": "FP2", "tyre": "soft", "meta": {"lap": 7}}
    answer = api.post(
        UPLOAD,
        data={"camera_id": CAMERA.lower(), "meta": json.dumps(meta), "tenant_id": "haas"},
        files=[("files", ("frünt.jpg", JPEG)), ("files", ("frünt.jpg", JPEG + b"y"))],
        headers={"X-Request-ID": "req-1"},
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["request_id"], told["camera_id"], told["source_type"]) == ("req-1", CAMERA, "upload")
    assert [(file["filename"], file["bytes"]) for file in told["files"]] == [("frünt.jpg", 503), ("frünt.jpg", 504)]
    with station.database.read() as tx:
        batch, children = jobs.get(tx, told["process_id"]), jobs.children(tx, told["process_id"])
    assert batch.is_batch and (batch.tenant_id, batch.correlation_id) == ("haas", "req-1")
    for child, size in zip(children, (503, 504), strict=True):
        params = ImportParams.model_validate(child.params)
        [path] = map(Path, params.paths)
        assert path.name == "frünt.jpg" and path.stat().st_size == size
        assert path.is_relative_to(station.folder.incoming) and ".part" not in str(path)
        assert (params.metadata.location, params.metadata.exposure) == ("Box 4", 0.01)
        assert params.metadata.meta == {"lap": 7, "tyre": "soft", "session": "FP2"}, "nothing is silently lost"
    status = api.get("/api/v1/ingest/status/req-1").json()
    assert (status["process_id"], status["status"], status["source_type"]) == (batch.id, "pending", "upload")


def test_one_file_is_one_job_in_the_session_it_names(api: Api, station: StationParts):
    with station.database.write() as tx:
        session = sessions.create(tx, "2026", "Las Vegas", "FP1", "America/Los_Angeles")
        sessions.create(tx, "2026", "Las Vegas", "FP2", "America/Los_Angeles")
    meta = {"session": "fp1"}
    answer = api.post(UPLOAD, data={"camera_id": CAMERA, "meta": json.dumps(meta)}, files={"file": ("a.jpg", JPEG)})
    job = station.job(answer.json()["process_id"])
    assert (job.kind, job.is_batch, job.session_id) == (JobKind.IMPORT, False, session.id)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "a/b.jpg", "a\\b.jpg", "", ".", "x" * 201, "a\tb.jpg", "..%2f"]
)
def test_a_file_name_that_is_a_path_or_none_is_refused(api: Api, station: StationParts, name: str):
    body = b'--b\r\nContent-Disposition: form-data; name="camera_id"\r\n\r\n' + CAMERA.encode()
    body += f'\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
    body += JPEG + b"\r\n--b--\r\n"
    answer = api.post(UPLOAD, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    if name == "..%2f":  # only letters: nobody decodes it
        assert answer.status_code == 201
        return
    assert is_refused(answer, 422, "usage_error")
    assert kept(station) == [] and no_jobs(station)


@pytest.mark.parametrize(
    "fields,status,error",
    [
        ({}, 422, "usage_error"),
        ({"camera_id": ""}, 422, "usage_error"),
        ({"camera_id": "../Pit"}, 404, "camera_unknown"),
        ({"camera_id": "Nobody"}, 404, "camera_unknown"),
        ({"camera_id": CAMERA, "meta": "{"}, 422, "usage_error"),
        ({"camera_id": CAMERA, "meta": "[]"}, 422, "usage_error"),
        ({"camera_id": CAMERA, "meta": '{"exposure": -1}'}, 422, "usage_error"),
        ({"camera_id": CAMERA, "meta": '{"a": NaN}'}, 422, "usage_error"),
        ({"camera_id": CAMERA, "colour": "red"}, 422, "usage_error"),
        ({"camera_id": CAMERA, "task_id": ""}, 422, "usage_error"),
        ({"camera_id": CAMERA, "meta": "x" * 300_000}, 413, "too_large"),
    ],
)
def test_an_upload_that_is_not_right_leaves_nothing(api: Api, station: StationParts, fields, status, error):
    answer = api.post(UPLOAD, data=fields, files={"files": ("a.jpg", JPEG)})
    assert is_refused(answer, status, error), answer.text
    assert kept(station) == [] and no_jobs(station)


@pytest.mark.parametrize(
    "kind,body",
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=" + "b" * 500, b""),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=camera_id\r\n\r\nx\r\n--b--"),
    ],
)
def test_a_body_that_is_no_upload_is_refused(api: Api, station: StationParts, kind: str, body: bytes):
    answer = api.post(UPLOAD, content=body, headers={"Content-Type": kind})
    assert is_refused(answer, 422, "usage_error")
    assert kept(station) == []


def test_limits_hold_while_it_is_read_and_nothing_of_it_is_stored(station: StationParts):
    settings = station.settings.model_copy(
        update={"upload": station.settings.upload.model_copy(update={"max_file_size": 1000, "max_batch_size": 2})}
    )
    with running_api(station, settings=settings) as api:
        huge = api.post(UPLOAD, data={"camera_id": CAMERA}, files={"files": ("a.jpg", JPEG + b"x" * 3_000_000)})
        assert is_refused(huge, 413, "media_too_large")
        three = [("files", (f"{number}.jpg", JPEG)) for number in range(3)]
        assert is_refused(api.post(UPLOAD, data={"camera_id": CAMERA}, files=three), 413, "too_many_files")
        assert kept(station) == [] and no_jobs(station)
        clip = b"\0\0\0\x20ftypisom" + b"x" * 5000
        answer = api.post(UPLOAD, data={"camera_id": CAMERA}, files={"files": ("clip.mp4", clip)})
        assert answer.status_code == (201 if settings.retention.min_free_bytes < free_bytes(station) else 507)


def free_bytes(station: StationParts) -> int:
    found = os.statvfs(station.folder.root)
    return found.f_bavail * found.f_frsize


def test_an_upload_that_breaks_off_leaves_nothing(api: Api, station: StationParts):
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 900000\r\n"
    form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + JPEG * 1000
    kind = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    connection = api.raw(head.encode(), kind, form)
    assert eventually(lambda: any(name.endswith("a.jpg") for name in kept(station)))
    connection.close()
    assert eventually(lambda: kept(station) == []) and no_jobs(station)


def test_a_disk_that_fills_in_the_middle_of_an_upload_is_507_and_nothing_stays(api: Api, station: StationParts):
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    station.folder.incoming.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(station.folder.incoming)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        answer = api.post(UPLOAD, data={"camera_id": CAMERA}, files={"files": ("a.jpg", JPEG * 4000)})
        assert is_refused(answer, 507, "disk_full")
        assert kept(station) == [] and no_jobs(station)
        assert api.post(UPLOAD, data={"camera_id": CAMERA}, files={"files": ("a.jpg", JPEG)}).status_code == 201
    finally:
        subprocess.run(["umount", str(station.folder.incoming)], check=True)


def test_the_same_task_id_twice_is_told_and_not_done_twice(api: Api, station: StationParts):
    fields = {"camera_id": CAMERA, "task_id": "mine"}
    assert api.post(UPLOAD, data=fields, files={"files": ("a.jpg", JPEG)}).status_code == 201
    before = kept(station)
    assert is_refused(api.post(UPLOAD, data=fields, files={"files": ("b.jpg", JPEG)}), 409, "conflict")
    assert is_refused(api.post(RTSP, json=fields), 409, "conflict")
    assert kept(station) == before


def test_a_capture_by_rtsp_makes_the_camera_and_keeps_its_password_apart(api: Api, station: StationParts):
    asked = {
        "source_type": "rtsp",
        "rtsp_url": "rtsp://eve:s%40crt@127.0.0.1:8554/pit",
        "camera_id": "Pit_9",
        "capture_mode": "interval",
        "duration": 5,
        "fps": 2.5,
        "meta": {"location": "Box 9", "sensor_info": "IMX"},
    }
    answer = api.post(RTSP, json=asked)
    assert answer.status_code == 202, answer.text
    assert "s@crt" not in answer.text and "s%40crt" not in answer.text
    with station.database.read() as tx:
        camera = cameras.get(tx, "Pit_9")
    assert (camera.url, camera.location) == ("rtsp://127.0.0.1:8554/pit", "Box 9")
    assert camera_login(Credentials(station.folder), "Pit_9") == Login("eve", "s@crt")
    job = station.job(answer.json()["process_id"])
    params = CaptureParams.model_validate(job.params)
    assert (params.mode, params.duration_s, params.fps) == ("interval", 5, 2.5)
    assert params.request_id == job.correlation_id == answer.json()["request_id"]
    assert params.metadata.sensor_info == "IMX"


def test_the_same_url_again_is_the_same_camera_and_another_is_a_conflict(api: Api, station: StationParts):
    with station.database.write() as tx:
        cameras.add(tx, Camera("Box_2", "rtsp://127.0.0.1/two"))
    for url in ("rtsp://127.0.0.1/two", "rtsp://u:new@127.0.0.1/two", None):
        body = {"camera_id": "box_2"} | ({"rtsp_url": url} if url else {})
        answer = api.post(RTSP, json=body)
        assert answer.status_code == 202 and answer.json()["camera_id"] == "Box_2"
    assert camera_login(Credentials(station.folder), "Box_2") == Login("u", "new")
    other = api.post(RTSP, json={"camera_id": "Box_2", "rtsp_url": "rtsp://x:hidden@127.0.0.1/other"})
    assert is_refused(other, 409, "conflict") and "hidden" not in other.text


def test_a_frame_timestamp_is_the_instant_that_is_captured(api: Api, station: StationParts):
    asked = {"camera_id": CAMERA, "frame_timestamp": "2026-11-21T14:04:05.25+01:00"}
    job = station.job(api.post(RTSP, json=asked).json()["process_id"])
    assert job.params["at_ns"] == 1_795_266_245_250_000_000
    assert CaptureParams.model_validate(job.params).metadata.timestamp_ref == "2026-11-21T14:04:05.250000+01:00"


@pytest.mark.parametrize(
    "body,status",
    [
        ({}, 422),
        ({"camera_id": "Nobody"}, 404),
        ({"camera_id": "../x", "rtsp_url": "rtsp://127.0.0.1/a"}, 422),
        ({"camera_id": "con", "rtsp_url": "rtsp://127.0.0.1/a"}, 422),
        ({"camera_id": "New", "rtsp_url": "http://127.0.0.1/a"}, 422),
        ({"camera_id": "New", "rtsp_url": "rtsp://[broken"}, 422),
        ({"camera_id": CAMERA, "capture_mode": "event_driven"}, 409),
        ({"camera_id": CAMERA, "duration": 0}, 422),
        ({"camera_id": CAMERA, "duration": "NaN"}, 422),
        ({"camera_id": CAMERA, "fps": 31}, 422),
        ({"camera_id": CAMERA, "source_type": "usb"}, 422),
        ({"camera_id": CAMERA, "frame_timestamp": "2026-11-21T14:04:05"}, 422),
        ({"camera_id": CAMERA, "frame_timestamp": "9999-11-21T14:04:05Z"}, 422),
        ({"camera_id": CAMERA, "meta": {"exposure": -0.1}}, 422),
        ({"camera_id": CAMERA, "meta": []}, 422),
    ],
)
def test_a_capture_that_is_not_right_changes_nothing(api: Api, station: StationParts, body, status):
    answer = api.post(RTSP, json=body)
    assert answer.status_code == status, answer.text
    assert is_refused(answer, status, answer.json()["error"]) and no_jobs(station)
    with station.database.read() as tx:
        assert [camera.id for camera in cameras.every(tx)] == [CAMERA]


def test_what_is_no_ingest_has_no_report(api: Api, station: StationParts):
    station.enqueue(JobKind.TRACK, task_id="t")
    for known in ("t", "nothing"):
        assert is_refused(api.get(f"/api/v1/ingest/status/{known}"), 404, "not_found")
        assert is_refused(api.get(f"/api/v1/ingest/report/{known}"), 404, "not_found")


def test_uploads_beside_one_another_do_not_touch_one_another(api: Api, station: StationParts):
    codes: list[int] = []

    def send(number: int) -> None:
        body = {"files": (f"{number}.jpg", JPEG * 200)}
        codes.append(api.post(UPLOAD, data={"camera_id": CAMERA}, files=body).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [201] * 8
    assert len([name for name in kept(station) if name.endswith(".jpg")]) == 8


def test_an_upload_without_a_token_is_refused_before_its_body_is_read(api: Api):
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n".encode()
    )
    assert answer_on(api.raw(head)).startswith(b"HTTP/1.1 401")
