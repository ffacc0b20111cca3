"""What a dead worker left is put right: no job stays under way, no file half, none without a row."""

import os
from pathlib import Path

from core.ids import new_id
from core.job import JobState
from core.process import ProcessBeat, Role
from core.store import processes, uploads
from core.upload import UploadState
from tests.workers.station_parts import WORKER, StationParts
from workers.adoption import adopt
from workers.recovery import recover

_HOUR_NS = 3600 * 1_000_000_000


def worker_died(station: StationParts, worker_id: str = WORKER, lived_s: int = 60, ago_s: int = 0) -> None:
    now_ns = station.clock.utc_ns() - ago_s * 1_000_000_000
    with station.database.write() as tx:
        processes.beat(
            tx,
            ProcessBeat(
                id=worker_id,
                role=Role.WORKER,
                pid=1,
                started_at_ns=now_ns - lived_s * 1_000_000_000,
                beat_at_ns=now_ns,
                version="1",
            ),
        )


def test_jobs_and_uploads_of_the_dead_are_open_again(station: StationParts):
    station.captured()
    station.enqueue()
    job = station.claim()
    with station.database.write() as tx:
        uploads.claim_next(tx, WORKER)
    worker_died(station)
    recovered = recover(station.database, station.folder, "worker-2")
    assert (recovered.jobs, recovered.uploads) == (1, 1)
    assert (station.job(job.id).state, station.job(job.id).tries_left) == (JobState.PENDING, 2)
    with station.database.read() as tx:
        assert [upload.state for upload in uploads.every(tx)] == [UploadState.WAITING]
        assert processes.every(tx, Role.WORKER) == []


def test_a_job_that_killed_its_worker_three_times_fails(station: StationParts):
    job = station.enqueue()
    for number in range(3):
        station.claim(f"worker-{number}")
        recover(station.database, station.folder, f"worker-{number + 1}")
    failed = station.job(job.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None and failed.error.slug == "worker_died"


def test_half_written_and_uncommitted_files_go_and_committed_ones_stay(station: StationParts):
    kept = station.captured()
    orphan = station.captured(row=False)
    half = f"{kept}.part"
    station.folder.absolute(half).write_bytes(b"half")
    worker_died(station)
    recovered = recover(station.database, station.folder, "worker-2")
    assert set(recovered.files) == {orphan, half}
    assert station.media_files() == [kept]


def test_a_night_after_the_crash_the_window_that_opens_first_hides_no_debris(station: StationParts):
    orphan = station.captured(row=False)
    night_ns = station.clock.utc_ns() - 12 * _HOUR_NS
    os.utime(station.folder.absolute(orphan), ns=(night_ns, night_ns))
    worker_died(station, ago_s=12 * 3600)
    now_ns = station.clock.utc_ns()
    with station.database.write() as tx:
        processes.beat(tx, ProcessBeat("window", Role.GUI, 1, now_ns, now_ns, "1"))
    assert recover(station.database, station.folder, "worker-2").files == (orphan,)
    assert station.media_files() == []


def test_files_from_outside_the_dead_workers_life_are_not_its_debris(station: StationParts):
    """As where an older database was put back: its rows know nothing of the newer files."""
    newer, older = station.captured(row=False), station.captured(row=False)
    past_ns = station.clock.utc_ns() - 5 * _HOUR_NS
    os.utime(station.folder.absolute(older), ns=(past_ns, past_ns))
    worker_died(station, ago_s=3600)
    assert recover(station.database, station.folder, "worker-2").files == ()
    assert set(station.media_files()) == {newer, older}


def test_without_a_dead_worker_no_file_is_touched(station: StationParts):
    orphan = station.captured(row=False)
    worker_died(station, "worker-2")
    assert recover(station.database, station.folder, "worker-2").files == ()
    assert station.media_files() == [orphan]


def test_old_days_are_not_walked(station: StationParts, tmp_path: Path):
    path = station.captured(row=False, at_ns=station.clock.utc_ns() - 48 * _HOUR_NS)
    day = station.folder.absolute(path).parent
    long_ago_ns = station.clock.utc_ns() - 40 * _HOUR_NS
    os.utime(day, ns=(long_ago_ns, long_ago_ns))
    worker_died(station)
    assert recover(station.database, station.folder, new_id()).files == ()


def test_what_an_attempt_was_making_goes_and_a_published_result_stays(station: StationParts):
    made = [
        station.folder.absolute(f"results/job/{name}") for name in ("1/tracks.txt", "2.part/tracks.txt", "2/a.json")
    ]
    for path in made:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"1,1,0,0,5,5")
    adopt(station.folder, station.database, "results/job/1/tracks.txt")
    worker_died(station)
    recovered = recover(station.database, station.folder, "worker-2")
    assert set(recovered.files) == {"results/job/2.part/tracks.txt", "results/job/2/a.json"}
    assert [path.exists() for path in made] == [True, False, False]
    assert [path.name for path in made[0].parent.parent.iterdir()] == ["1"]
