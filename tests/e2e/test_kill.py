"""The worker may die at any instruction: what was committed stands, and all else is done once or told as failed."""

import random
from collections import Counter
from pathlib import Path

import pytest

from core.camera import Camera
from core.job import JobKind
from core.paths import DataFolder
from core.store import cameras, jobs
from core.store.database import open_database
from tests.e2e.kill_load import CAMERA, Load
from tests.e2e.kill_scenario import run_kill_scenario
from tests.real.rtsp_server import missing_gstreamer


@pytest.mark.timeout(300)
@pytest.mark.skipif(missing_gstreamer() is not None, reason="needs GStreamer's RTSP server")
def test_eight_kills_amid_work_cancels_and_retries_lose_double_and_leave_stuck_nothing(tmp_path: Path):
    report = run_kill_scenario(tmp_path, count=8, seed=20_261_122)
    assert report.problems == []
    assert report.kills == 8
    assert report.amid, "no kill fell amid any work"
    assert {"batches", "running jobs cancelled", "retries"} <= report.asked.keys(), report
    assert report.objects == report.frames + report.clips > 50


def test_the_check_after_the_kills_tells_a_broken_item_that_was_taken_for_a_whole_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    database = open_database(folder)
    try:
        with database.write() as tx:
            cameras.add(tx, Camera(id=CAMERA, url="rtsp://127.0.0.1:9/x"))
        load = Load(tmp_path / "in", database, random.Random(0), Counter())
        load.enqueue(0)
        while True:
            with database.write() as tx:
                job = jobs.claim(tx, worker_id="worker-1", kinds_free=dict.fromkeys(JobKind, 1))
                if job is None:
                    break
                jobs.finish(tx, job, {})
        (problem,) = load.problems()
        assert "batch" in problem
    finally:
        database.close()
