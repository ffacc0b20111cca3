"""Runs on the command line: asked for, estimated, held, tried again, exported and deleted."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.job import JobKind, JobState
from core.run import Run
from core.store import findings, jobs, runs
from core.store.findings import FindingEnd
from tests.cli.conftest import Queue
from tests.cli.documented import differences, documented

ANSWER: dict[str, object] = {"best_frame": "a.jpg", "frames": 1, "quality": 80.5}
ANSWER |= {"sharpness": 90.0, "motion": 70.0, "exposure": 60.0, "noise": 99.0, "people": None, "notes": ["ä"]}


@pytest.fixture
def frames(tmp_path: Path) -> list[str]:
    made = []
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"a picture")
        made.append(str(tmp_path / name))
    return made


def asked(queue: Queue, frames: list[str], *more: str) -> str:
    code, document = queue.command(
        "analyze", "--pack", "frame_quality", "--frames", *frames, "--provider", "local", *more
    )
    assert code == 0, document
    assert not differences(documented("analyze"), document)
    return str(document["run_id"])


def worked(queue: Queue, run_id: str, *failed: int) -> None:
    """Its next shard, ended at once; these assets failed."""
    error = {"slug": "media_unreadable", "message": "It is cut short", "hint": "Copy it again."}
    with queue.database.write() as tx:
        job = jobs.claim(tx, worker_id="worker-1", kinds_free=dict.fromkeys(JobKind, 1))
        assert job is not None
        waiting = [finding.number for finding in findings.pending(tx, job.id)]
        good = [FindingEnd(number, values=ANSWER, model="local") for number in waiting if number not in failed]
        bad = [FindingEnd(number, error=error) for number in waiting if number in failed]
        findings.record(tx, job, run_id, [*good, *bad])
        jobs.finish(tx, job, {})


def shown(queue: Queue, run_id: str) -> dict[str, Any]:
    code, document = queue.command("runs", "show", run_id)
    assert code == 0
    return document


def get(queue: Queue, run_id: str) -> Run:
    with queue.database.read() as tx:
        return runs.get(tx, run_id)


def test_a_run_is_queued_listed_shown_and_exported_with_a_row_an_asset(queue: Queue, frames, tmp_path):
    run_id = asked(queue, frames, "--name", "Lap 12", "--task-id", "mine")
    assert asked(queue, frames, "--task-id", "mine") == run_id
    worked(queue, run_id, 1)
    code, listed = queue.command("runs", "list")
    assert code == 0 and not differences(documented("runs list"), listed)
    document = shown(queue, run_id)
    assert set(document) == set(listed["runs"][0]) | {"failures", "files"}
    assert (document["state"], document["completed"], document["failed"]) == ("completed", 2, 1)
    assert document["failures"] == [
        {"asset_id": "b", "slug": "media_unreadable", "message": "It is cut short", "hint": "Copy it again."}
    ]
    out = tmp_path / "f.csv"
    code, told = queue.command("runs", "export", run_id, "--format", "csv", "--out", str(out))
    assert code == 0 and told["rows"] == 3 and not differences(documented("runs export"), told)
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert list(rows[0])[:8] == ["asset_id", "state", "error", "run_id", "model", "best_frame", "frames", "quality"]
    assert [(row["asset_id"], row["state"], row["error"], row["quality"]) for row in rows] == [
        ("a", "completed", "", "80.5"),
        ("b", "failed", "It is cut short", ""),
        ("c", "completed", "", "80.5"),
    ]
    code, told = queue.command("runs", "export", run_id, "--format", "jsonl", "--out", str(tmp_path / "f.jsonl"))
    assert json.loads((tmp_path / "f.jsonl").read_text("utf-8").splitlines()[0])["notes"] == ["ä"]


def test_stop_holds_every_shard_resume_frees_them_and_retry_asks_for_the_failed_ones(queue: Queue, frames):
    run_id = asked(queue, frames)
    code, stopped = queue.command("runs", "stop", run_id)
    assert (code, stopped["held_because"]) == (0, "Stopped by the operator")
    with queue.database.write() as tx:
        assert jobs.claim(tx, worker_id="w", kinds_free=dict.fromkeys(JobKind, 1)) is None
    code, resumed = queue.command("runs", "resume", run_id, "--budget", "2.5")
    assert (code, resumed["held_because"], resumed["budget"]) == (0, None, 2.5)
    code, told = queue.command("runs", "retry", run_id)
    assert (code, told["error"]) == (2, "illegal_move")
    worked(queue, run_id, 0, 2)
    code, again = queue.command("runs", "retry", run_id)
    assert (code, again["state"], again["failed"]) == (0, "pending", 0)
    worked(queue, run_id)
    assert (get(queue, run_id).completed, get(queue, run_id).state) == (3, JobState.COMPLETED)


def test_a_deleted_run_is_gone_and_what_lies_elsewhere_has_a_job(queue: Queue, frames):
    plain, elsewhere = asked(queue, frames), asked(queue, frames)
    code, told = queue.command("runs", "delete", plain)
    assert code == 0 and not differences(documented("runs delete"), told)
    with queue.database.write() as tx:
        runs.remember(tx, elsewhere, "bigquery", "trackshift.findings_frame_quality")
    code, told = queue.command("runs", "delete", elsewhere, "--objects", "--bigquery")
    assert code == 0
    job = queue.get(told["teardown_job"])
    assert (job.state, job.params["run_id"], job.params["bigquery"]) == (JobState.PENDING, elsewhere, True)
    assert queue.command("runs", "show", plain)[0] == 1
    code, listed = queue.command("runs", "list")
    assert listed["runs"] == []


def test_an_estimate_sends_and_queues_nothing(queue: Queue, frames):
    code, local = queue.command(
        "analyze", "--pack", "frame_quality", "--frames", *frames, "--provider", "local", "--estimate"
    )
    assert code == 0 and (local["assets"], local["frames"], local["cost"]) == (3, 3, 0.0)
    assert not differences(documented("analyze --estimate"), local)
    code, cloud = queue.command("analyze", "--pack", "tyre_condition", "--frames", *frames, "--estimate")
    assert code == 0 and 0 < cloud["cost"] < cloud["cost_at_most"]
    assert not differences(documented("analyze --estimate"), cloud)
    assert queue.command("runs", "list")[1]["runs"] == [] and queue.ids() == []


def test_what_can_not_be_asked_is_told_and_queues_nothing(queue: Queue, frames, tmp_path):
    (tmp_path / "bad.csv").write_text("asset_id,location,frames\ncar-1,,a.jpg\ncar-2,,\n")
    for arguments, told in (
        (["--pack", "tyre_condition", "--frames", *frames, "--provider", "local"], "no analysis on this machine"),
        (["--pack", "frame_quality"], "Nothing is named"),
        (["--pack", "frame_quality", "--frames", frames[0], "--camera", "Pit_1"], "exactly one of"),
        (["--pack", "frame_quality", "--assets", str(tmp_path / "bad.csv")], "Line 3 of bad.csv"),
        (["--pack", "frame_quality", "--camera", "Pit_1"], "no asset to analyse"),
        (["--pack", "frame_quality", "--frames", frames[0], "--by", "car"], "by groups the library"),
    ):
        code, document = queue.command("analyze", *arguments)
        assert code == 2 and told in document["message"], document
    code, document = queue.command("analyze", "--pack", "nothing", "--frames", frames[0])
    assert (code, document["error"]) == (1, "not_found")
    assert queue.ids() == []


def test_packs_are_listed_and_a_broken_one_is_named_with_its_line(queue: Queue, tmp_path):
    queue.folder.packs.mkdir()
    (queue.folder.packs / "mine.toml").write_text('name = "mine"\nversion = \n')
    code, listed = queue.command("packs", "list")
    assert code == 0 and not differences(documented("packs list"), listed)
    assert len(listed["packs"]) == 6 and listed["broken"][0]["line"] == 2
    code, checked = queue.command("packs", "check")
    assert code == 1 and not differences(documented("packs check"), checked)
    good = Path(__file__).parents[2] / "resources" / "packs" / "utility_pole.yaml"
    code, checked = queue.command("packs", "check", str(good))
    assert (code, checked) == (0, {"good": ["utility_pole"], "broken": []})
