"""What a deleted run left elsewhere is removed, and nothing but that."""

from pathlib import Path
from typing import Any, cast

from core.job import JobState
from core.settings import Settings
from core.store import jobs, runs
from tests.fakes.fake_computing import FakeComputing
from tests.fakes.fake_provider import FakeProvider
from tests.workers.jobs.analyzing_parts import answering, made, run_of, shard
from tests.workers.station_parts import StationParts
from tests.workers.sync.outbox import no_pace
from workers.jobs import analyzing
from workers.sync.folder_store import FolderStore


def test_the_objects_of_a_deleted_run_go_and_all_others_stay(station: StationParts, tmp_path: Path):
    drive = tmp_path / "usb"
    drive.mkdir()
    station.settings = Settings(storage={"kind": "folder", "folder": str(drive)})  # type: ignore[arg-type]
    run = made(station, 2)
    shard(station, FakeProvider(answering()))
    writer = run_of(station, run).files_job_id
    store = FolderStore(drive, station.folder.root / "stores.json")
    store.ensure()
    mine = [f"results/{writer}/1/findings.{end}" for end in ("csv", "csv.json", "jsonl", "parquet")]
    for key in (*mine, "results/other/1/findings.csv", "frames/a.jpg"):
        store.put(key, b"here", no_pace)
    with station.database.write() as tx:
        deleted = runs.delete_whole(tx, run.id, objects=True)
    context = station.context(station.claim(), cast("Any", FakeComputing(lambda: None)))
    assert context.job.id == deleted.teardown_job_id
    outcome = analyzing.run(context)
    with station.database.write() as tx:
        jobs.finish(tx, context.job, outcome.summary)
    assert outcome.summary["objects_removed"] == 3
    assert [store.stat(key) for key in mine] == [None] * 4
    assert store.stat("results/other/1/findings.csv") and store.stat("frames/a.jpg")
    store.close()
    assert station.job(context.job.id).state is JobState.COMPLETED


def test_a_run_that_lies_nowhere_else_leaves_no_job(station: StationParts):
    run = made(station, 2)
    with station.database.write() as tx:
        assert runs.delete_whole(tx, run.id, objects=True, bigquery=True).teardown_job_id is None
