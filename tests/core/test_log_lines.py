import json
import logging

import pytest

from core import logs
from core.log_lines import attempts_told, lines_of
from core.paths import DataFolder


@pytest.fixture
def folder(tmp_path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


def told(job_id: str, event: str, second: int, **fields: object) -> str:
    at = f"2026-11-21T12:00:{second:02d}.000000Z"
    return json.dumps({"timestamp": at, "level": "info", "event": event, "job_id": job_id, **fields}) + "\n"


def test_the_lines_of_a_job_are_found_across_rotated_files_in_their_order(folder):
    (folder.logs / "worker.log.2").write_text(told("a", "one", 1) + told("b", "other", 2))
    (folder.logs / "worker.log.1").write_text(told("a", "two", 3))
    (folder.logs / "worker.log").write_text(told("b", "other", 4) + told("a", "three", 5, path="x.jpg"))
    lines = lines_of(folder, "a")
    assert [line.event for line in lines] == ["one", "two", "three"]
    assert lines[-1].fields == {"path": "x.jpg"}
    assert [line.event for line in lines_of(folder, "a", limit=2)] == ["two", "three"]


def test_no_log_yet_and_half_a_line_do_no_harm(folder):
    assert lines_of(folder, "a") == []
    half = told("a", "cut", 2)[:-20]
    (folder.logs / "worker.log").write_text(told("a", "one", 1) + '{"job_id": "a"}\n["a"]\n' + half)
    assert [line.event for line in lines_of(folder, "a")] == ["one"]


def test_what_the_worker_writes_is_found_again_with_its_job_bound_or_named(folder):
    logs.configure(folder, "worker")
    try:
        with logs.bound(job_id="a", correlation_id="r"):
            logs.get("runner").info("capture started", attempt=1, camera_id="Pit_1")
        logs.get("runner").info("a word of another", job_id="b")
    finally:
        logs.shut_down()
        logging.getLogger().setLevel(logging.WARNING)
    (line,) = lines_of(folder, "a")
    assert (line.event, line.attempt, line.level) == ("capture started", 1, "info")
    assert line.fields == {"camera_id": "Pit_1"}


def test_attempts_are_told_apart_with_how_each_ended(folder):
    (folder.logs / "worker.log").write_text(
        told("a", "import started", 1, attempt=1)
        + told("a", "import did not complete: silent", 4, attempt=1)
        + told("a", "not imported: x", 5)
        + told("a", "import started", 6, attempt=2)
    )
    first, second = attempts_told(lines_of(folder, "a"))
    assert (first.number, first.said, first.last_at_ns - first.started_at_ns) == (
        1,
        "import did not complete: silent",
        3 * 10**9,
    )
    assert (second.number, second.said) == (2, "import started")
