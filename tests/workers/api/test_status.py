import sqlite3
from contextlib import closing

import pytest

from core.job import JobError, JobKind, JobState, NewJob
from core.store import jobs, results
from tests.workers.api.running_api import Api, is_refused
from tests.workers.station_parts import StationParts

SECOND_NS = 1_000_000_000


def queued(station: StationParts, number: int = 1, **fields: object) -> list[str]:
    made = []
    for _ in range(number):
        with station.database.write() as tx:
            made.append(jobs.enqueue(tx, NewJob(JobKind.TRACK, {}, **fields)).id)  # type: ignore[arg-type]
    return made


def finished(station: StationParts, **summary: object) -> str:
    job = station.claim()
    with station.database.write() as tx:
        jobs.finish(tx, job, summary)
    return job.id


def failed(station: StationParts, message: str = "No such clip") -> str:
    job = station.claim()
    with station.database.write() as tx:
        jobs.fail(tx, job, JobError("not_found", message, permanent=True), None)
    return job.id


def batch_of(station: StationParts, number: int, **fields: object) -> str:
    with station.database.write() as tx:
        children = [NewJob(JobKind.TRACK, {}) for _ in range(number)]
        return jobs.enqueue_batch(tx, NewJob(JobKind.TRACK, {}, **fields), children).id  # type: ignore[arg-type]


def listed(api: Api, **query: object) -> list[str]:
    answer = api.get("/status", params=query)
    assert answer.status_code == 200, answer.text
    return [process["process_id"] for process in answer.json()["processes"]]


def test_a_process_is_found_by_job_id_task_id_and_request_id(api: Api, station: StationParts):
    [job_id] = queued(station, task_id="their/own", correlation_id="req-1")
    for known in (job_id, "req-1"):
        assert api.get(f"/status/{known}").json()["process_id"] == job_id
    [other] = queued(station, task_id="own-2")
    assert api.get("/status/own-2").json()["process_id"] == other


def test_a_waiting_process_starts_when_it_was_made_and_has_no_end(api: Api, station: StationParts):
    [job_id] = queued(station, tenant_id="haas", name="night run")
    told = api.get(f"/status/{job_id}").json()
    assert (told["status"], told["end_time"], told["error"]) == ("pending", None, None)
    assert (told["tenant_id"], told["name"], told["progress"]) == ("haas", "night run", 0.0)
    assert (told["products_processed"], told["products_failed"]) == (0, 0)
    made = told["start_time"]
    station.claim()
    started = api.get(f"/status/{job_id}").json()
    assert started["status"] == "processing" and started["start_time"] > made and started["end_time"] is None


def test_the_files_that_a_job_made_are_listed_with_links_that_give_them(api: Api, station: StationParts):
    queued(station)
    job_id = finished(station, tracks=1)
    file = station.made(station.job(job_id), data=b"1,1,0,0,5,5")
    [product] = api.get(f"/status/{job_id}", params={"include_products": "true"}).json()["products"]
    [listed_file] = product["files"]
    assert (listed_file["name"], listed_file["bytes"], listed_file["sha256"]) == ("tracks.txt", 11, file.sha256)
    got = api.get(listed_file["url"].partition(str(api.port))[2])
    assert (got.status_code, got.content) == (200, b"1,1,0,0,5,5")
    assert got.headers["Content-Type"].startswith("text/plain")
    assert is_refused(api.get(f"/status/{job_id}/files/other.txt"), 404, "not_found")
    with station.database.write() as tx:
        results.mark_file_gone(tx, file.id)
    assert is_refused(api.get(f"/status/{job_id}/files/tracks.txt"), 404, "not_found")


def test_a_batch_with_one_broken_item_is_completed_and_says_so_in_status_and_csv(api: Api, station: StationParts):
    batch = batch_of(station, 3)
    finished(station)
    failed(station, "=1+1 is no clip")
    assert api.get(f"/status/{batch}").json()["status"] == "processing"
    finished(station)
    told = api.get(f"/status/{batch}", params={"include_products": "true"}).json()
    assert (told["status"], told["progress"]) == ("completed", 100.0)
    assert (told["products_processed"], told["products_failed"]) == (2, 1)
    assert [product["status"] for product in told["products"]] == ["completed", "failed", "completed"]
    assert told["products"][1]["error"] == "=1+1 is no clip" and told["products"][0]["result"] == {}
    text = api.get(told["csv_url"].partition(str(api.port))[2])
    assert text.headers["Content-Type"].startswith("text/csv")
    lines = text.text.splitlines()
    assert lines[0] == "process_id,product_id,status,error" and len(lines) == 4
    assert lines[2].endswith("failed,'=1+1 is no clip"), "no spreadsheet takes it for a formula"


def test_products_are_left_out_unless_they_are_asked_for(api: Api, station: StationParts):
    [job_id] = queued(station)
    assert api.get(f"/status/{job_id}").json()["products"] is None
    assert len(api.get(f"/status/{job_id}?include_products=1").json()["products"]) == 1


def test_an_unknown_process_is_404_in_the_words_that_are_known(api: Api):
    answer = api.get("/status/7")
    assert is_refused(answer, 404, "not_found")
    assert answer.json()["message"] == "Process with ID 7 not found"
    for path in ("/status/7/products.csv", "/master_task_status/7"):
        assert is_refused(api.get(path), 404, "not_found")
    assert is_refused(api.post("/cancel_batch_process/7"), 404, "not_found")


def test_the_list_goes_by_start_time_latest_first_and_page_by_page(api: Api, station: StationParts):
    queued(station, 5)
    station.claim()  # the oldest started last, and so stands first
    answer = api.get("/status", params={"limit": 2}).json()
    seen, starts, pages = [], [], 0
    while True:
        pages += 1
        assert answer["count"] == len(answer["processes"]) <= 2
        seen += [process["process_id"] for process in answer["processes"]]
        starts += [process["start_time"] for process in answer["processes"]]
        if answer["next"] is None:
            break
        answer = api.get("/status", params={"limit": 2, "cursor": answer["next"]}).json()
    assert (len(seen), len(set(seen)), pages) == (5, 5, 3)
    assert starts == sorted(starts, reverse=True)
    assert api.get(f"/status/{seen[0]}").json()["status"] == "processing"


def test_the_list_is_ten_long_at_first_and_leaves_the_children_of_batches_out(api: Api, station: StationParts):
    batch = batch_of(station, 3)
    queued(station, 12)
    assert len(listed(api)) == 10
    everything = listed(api, limit=500)
    assert len(everything) == 13 and batch in everything


def test_the_list_is_filtered_by_state_and_tenant_under_both_names(api: Api, station: StationParts):
    [ours] = queued(station, tenant_id="haas")
    [theirs] = queued(station, tenant_id="sauber")
    station.cancel(theirs)
    assert listed(api, status="cancelled") == [theirs]
    assert listed(api, tenant_id="haas") == listed(api, tenantId="haas") == [ours]
    assert is_refused(api.get("/status?tenant_id=a&tenantId=b"), 422, "usage_error")
    of_tenant = api.get("/tenant/sauber/processes").json()
    assert [process["process_id"] for process in of_tenant["processes"]] == [theirs]
    assert api.get("/tenant/nobody/processes").json() == {"processes": [], "count": 0, "next": None}


def test_dates_are_days_times_and_zones(api: Api, station: StationParts):
    [job_id] = queued(station)
    day_ns = 20_000 * 86_400 * SECOND_NS + 13 * 3600 * SECOND_NS  # 2024-10-04T13:00:00Z
    with closing(sqlite3.connect(station.folder.database)) as plain:
        plain.execute("UPDATE jobs SET created_at_ns = ?", (day_ns,))
        plain.commit()
    inside = (
        {"start_date": "2024-10-04", "end_date": "2024-10-04"},
        {"start_date": "2024-10-04T15:00:00+02:00"},
        {"start_date": "2024-10-04T15:00:00 02:00"},  # a plus that nobody encoded
        {"end_date": "2024-10-04T13:00:00"},
        {"start_date": "2024-10-04T08:00:00-05:00", "end_date": "2024-10-04T13:00:00Z"},
    )
    outside = (
        {"start_date": "2024-10-05"},
        {"end_date": "2024-10-03"},
        {"start_date": "2024-10-04T13:00:00.000001Z"},
        {"end_date": "2024-10-04T14:59:59+02:00"},
    )
    assert [listed(api, **query) for query in inside] == [[job_id]] * len(inside)
    assert [listed(api, **query) for query in outside] == [[]] * len(outside)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=ten",
        "status=done",
        "start_date=yesterday",
        "start_date=2024-02-30",
        "end_date=9999-12-31",
        "start_date=0001-01-01",
        "start_date=2024-10-05&end_date=2024-10-04",
        "cursor=x",
        "cursor=99999999999999999999999:a",
        "cursor=9999999999999999999:a",
        "cursor=5:99999999999999999999",
        "tenant_id=",
    ],
)
def test_a_question_that_is_none_is_422(api: Api, query: str):
    answer = api.get(f"/status?{query}")
    assert answer.status_code == 422
    assert is_refused(answer, 422, answer.json()["error"])


def test_the_master_task_shows_its_jobs_by_state(api: Api, station: StationParts):
    batch = batch_of(station, 3, name="sweep")
    finished(station)
    station.claim()
    told = api.get(f"/master_task_status/{batch}").json()
    assert (told["status"], told["total"]) == ("processing", 3)
    assert (told["completed"], told["processing"], told["pending"], told["failed"]) == (1, 1, 1, 0)
    assert len(told["sub_tasks"]) == 3


def test_active_batches_are_those_that_have_not_ended(api: Api, station: StationParts):
    ended, going = batch_of(station, 1), batch_of(station, 2)
    queued(station)
    finished(station)
    told = api.get("/active_batch_processes").json()
    assert [process["process_id"] for process in told["active_batch_processes"]] == [going]
    assert told["count"] == 1 and api.get(f"/status/{ended}").json()["status"] == "completed"


def test_a_cancelled_batch_takes_its_open_jobs_with_it_and_stays_cancelled(api: Api, station: StationParts):
    batch = batch_of(station, 3)
    finished(station)
    assert api.post(f"/cancel_batch_process/{batch}").json()["process"]["status"] == "cancelled"
    assert api.post(f"/cancel_batch_process/{batch}").status_code == 200
    with station.database.read() as tx:
        states = [child.state for child in jobs.children(tx, batch)]
    assert states == [JobState.COMPLETED, JobState.CANCELLED, JobState.CANCELLED]
    [single] = queued(station)
    finished(station)
    assert is_refused(api.post(f"/cancel_batch_process/{single}"), 409, "conflict")


def test_a_database_held_by_another_program_is_503_and_reading_goes_on(api: Api, station: StationParts, monkeypatch):
    [job_id] = queued(station)
    monkeypatch.setattr(station.database, "_busy_s", 0.1)
    with station.database._writing:
        answer = api.post(f"/cancel_batch_process/{job_id}")
        assert is_refused(answer, 503, "database_busy") and answer.headers["Retry-After"] == "1"
        assert api.get(f"/status/{job_id}").status_code == 200
    assert api.post(f"/cancel_batch_process/{job_id}").status_code == 200
