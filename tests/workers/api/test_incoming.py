from pathlib import Path

from core.job import JobError, JobState
from core.store import jobs
from tests.workers.station_parts import CAMERA, StationParts
from workers.api import incoming


def arrived(station: StationParts, correlation_id: str, *names: str) -> list[Path]:
    part = incoming.place_for(station.folder, correlation_id)
    for number, name in enumerate(names):
        (part / str(number)).mkdir(parents=True)
        (part / str(number) / name).write_bytes(b"x")
    whole = incoming.accept(part)
    return [whole / str(number) / name for number, name in enumerate(names)]


def importing(station: StationParts, correlation_id: str, path: Path) -> str:
    params = {"camera_id": CAMERA, "paths": [str(path)]}
    return station.enqueue(params=params, correlation_id=correlation_id).id


def test_a_file_stays_while_its_import_may_still_want_it_and_goes_after(station: StationParts):
    one, two, three = arrived(station, "req-1", "1.jpg", "2.jpg", "3.jpg")
    made = [importing(station, "req-1", path) for path in (one, two, three)]
    incoming.sweep(station.folder, station.database)
    assert all(path.exists() for path in (one, two, three))
    job = station.claim()
    with station.database.write() as tx:
        jobs.finish(tx, job, {})
        jobs.cancel(tx, made[1])
    failing = station.claim()
    with station.database.write() as tx:
        jobs.fail(tx, failing, JobError("broken", "It is broken", permanent=True), None)
    incoming.sweep(station.folder, station.database)
    assert not one.exists() and not two.exists()
    assert three.exists(), "Retry may still want it"
    assert station.job(made[2]).state is JobState.FAILED
    with station.database.write() as tx:
        jobs.retry(tx, made[2])
    with station.database.write() as tx:
        jobs.cancel(tx, made[2])
    incoming.sweep(station.folder, station.database, starting=True)
    assert list(station.folder.incoming.iterdir()) == []


def test_what_a_former_life_left_unfinished_goes_at_the_start_and_not_before(station: StationParts):
    part = incoming.place_for(station.folder, "req-2")
    part.mkdir(parents=True)
    [jobless] = arrived(station, "req-3", "a.jpg")
    assert incoming.sweep(station.folder, station.database) == 0
    assert part.exists() and jobless.exists()
    incoming.sweep(station.folder, station.database, starting=True)
    assert not part.exists() and not jobless.exists()


def test_two_uploads_of_one_request_id_are_kept_apart(station: StationParts):
    [first], [second] = arrived(station, "same", "a.jpg"), arrived(station, "same", "a.jpg")
    cancelled = importing(station, "same", first)
    importing(station, "same", second)
    station.cancel(cancelled)
    incoming.sweep(station.folder, station.database)
    assert not first.exists() and second.exists()


def test_other_jobs_of_the_request_are_none_of_its_business(station: StationParts):
    [file] = arrived(station, "req-5", "a.jpg")
    station.enqueue(params={"paths": 7}, correlation_id="req-5")
    assert incoming.sweep(station.folder, station.database) == 0 and file.exists()
