"""What `trackshift jobs` does to the queue, and what it shows of it."""

import csv
from pathlib import Path

import pytest

from core.clock import utc_text
from core.job import JobKind, JobState
from tests.cli.conftest import Queue


def test_each_filter_of_the_list_lets_through_only_what_it_names(queue: Queue) -> None:
    done = queue.made("Left front", tenant_id="haas")
    queue.worked()
    waits = queue.made("Right rear", JobKind.TRACK, task_id="lap-12")
    assert queue.ids() == [waits.id, done.id]
    assert queue.ids("--state", "completed") == [done.id]
    assert queue.ids("--state", "completed", "--state", "pending") == [waits.id, done.id]
    assert queue.ids("--kind", "track") == [waits.id]
    assert queue.ids("--tenant", "haas") == [done.id]
    assert queue.ids("--camera", "Pit_1") == [waits.id, done.id]
    assert queue.ids("--camera", "Pit_2") == []
    assert queue.ids("--session", "none-such") == []
    assert queue.ids("--text", "rear") == [waits.id]
    assert queue.ids("--text", waits.id) == [waits.id]
    today = utc_text(done.created_at_ns)[:10]
    assert queue.ids("--from", today, "--to", utc_text(waits.created_at_ns)[:10]) == [waits.id, done.id]
    assert queue.ids("--to", "2020-01-01") == []


def test_the_list_goes_on_where_the_page_before_ended(queue: Queue) -> None:
    made = [queue.made(str(number)).id for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        _, page = queue.command("jobs", "list", "--limit", "2", *(["--cursor", cursor] if cursor else []))
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next"]
    assert (seen, cursor) == (made[::-1], None)


@pytest.mark.parametrize(
    "argv",
    [
        ["list", "--from", "yesterday"],
        ["list", "--from", "2026-11-22", "--to", "2026-11-21"],
        ["list", "--state", "running"],
        ["list", "--cursor", "x"],
        ["list", "--text", "a", "--cursor", "12:x"],
        ["retry"],
        ["retry", "x", "--all-failed"],
        ["cancel"],
        ["cancel", "--task-id", ""],
        ["clean", "--older-than", "-1"],
        ["clean", "--older-than", "nan"],
        ["export"],
        ["export", "--out", "/"],
        ["export", "--out", "/dev/null/x.csv"],
        ["submit", "/no/such/file"],
    ],
)
def test_a_wrong_command_line_of_the_queue_ends_with_2_and_says_what_to_do(queue: Queue, argv: list[str]) -> None:
    code, document = queue.command("jobs", *argv)
    assert code == 2, document
    assert document["hint"]


def test_retry_all_failed_refills_every_failed_job(queue: Queue) -> None:
    failed = [queue.made(str(number)).id for number in range(3)]
    for _ in failed:
        queue.worked(broken=True)
    assert queue.command("jobs", "retry", "--all-failed") == (0, {"retried": 3})
    assert {queue.state(id) for id in failed} == {JobState.PENDING}


def test_run_next_goes_before_what_is_more_urgent(queue: Queue) -> None:
    late = queue.made("late", priority=0)
    queue.made("urgent", priority=1000)
    code, document = queue.command("jobs", "next", late.id)
    assert (code, document["id"]) == (0, late.id)
    assert queue.worked().id == late.id
    assert queue.command("jobs", "next", late.id)[0] == 2, "what has ended can't be run next"


def test_a_cancel_by_task_id_that_arrives_before_its_create_still_wins(queue: Queue) -> None:
    code, document = queue.command("jobs", "cancel", "--task-id", "lap-12")
    assert (code, document["job"]) == (0, None)
    assert queue.made(task_id="lap-12").state is JobState.CANCELLED


def test_clean_forgets_what_has_ended_and_nothing_else(queue: Queue) -> None:
    waits = queue.made("waits", priority=0)
    queue.batch("batch", 3)
    for _ in range(3):
        queue.worked()
    assert queue.command("jobs", "clean")[1]["removed"] == 0, "none is a week old"
    code, document = queue.command("jobs", "clean", "--older-than", "0")
    assert (code, document["removed"]) == (0, 1), "the batch, with its children"
    assert queue.ids() == [waits.id]


def test_a_batch_with_one_broken_item_is_completed_and_the_csv_says_one_product_failed(
    queue: Queue, tmp_path: Path
) -> None:
    batch = queue.batch("=Batch()", 3)
    for broken in (False, True, False):
        queue.worked(broken=broken)
    assert queue.state(batch.id) is JobState.COMPLETED
    rows = _exported(queue, tmp_path / "new folder" / "jobs.csv")
    assert len(rows) == 4
    row = next(row for row in rows if row["id"] == batch.id)
    assert (row["state"], row["products_processed"], row["products_failed"]) == ("completed", "2", "1")
    assert (row["is_batch"], row["name"]) == ("yes", "'=Batch()"), "no formula for a spreadsheet"
    broken_row = next(row for row in rows if row["state"] == "failed")
    assert (broken_row["batch"], broken_row["products_failed"]) == (batch.id, "1")
    assert (broken_row["error"], broken_row["message"]) == ("media_unreadable", "b.png is cut short")
    code, document = queue.command("jobs", "watch", batch.id)
    assert (code, document["jobs"][0]["state"]) == (3, "completed"), "done in part"


def test_an_imports_broken_files_are_its_failed_products(queue: Queue, tmp_path: Path) -> None:
    queue.made(params={"paths": ["/a.png", "/b.png", "/c.png"]})
    queue.worked(summary={"imported": 1, "duplicate_count": 1, "failed_count": 1, "failed": [{"path": "/b.png"}]})
    (row,) = _exported(queue, tmp_path / "jobs.csv")
    assert (row["products_processed"], row["products_failed"]) == ("2", "1")


def test_an_export_has_every_page_once_and_no_row_that_the_filter_holds_back(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.exporting._PAGE", 3)
    made = [queue.made(f"job {number}").id for number in range(10)]
    queue.made("other", JobKind.TRACK)
    rows = _exported(queue, tmp_path / "jobs.csv", "--kind", "import")
    assert [row["id"] for row in rows] == made[::-1]
    assert [row["id"] for row in _exported(queue, tmp_path / "jobs.csv", "--text", "job")] == made[::-1]


def test_a_job_after_another_waits_for_it(queue: Queue, tmp_path: Path) -> None:
    first = queue.made("first")
    (tmp_path / "a.png").write_bytes(b"x")
    _, queued = queue.command("import", str(tmp_path / "a.png"), "--camera", "Pit_1", "--after", first.id)
    _, shown = queue.command("jobs", "show", queued["job"])
    assert (shown["after"], shown["state"]) == (first.id, "pending")
    assert shown["held_because"]
    queue.worked()
    assert queue.worked().id == queued["job"]
    assert queue.command("capture", "Pit_1", "--after", "no-such-job")[0] == 1


def _exported(queue: Queue, file: Path, *filters: str) -> list[dict[str, str]]:
    code, document = queue.command("jobs", "export", "--format", "csv", "--out", str(file), *filters)
    assert code == 0, document
    with open(file, encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert document == {"file": str(file), "rows": len(rows)}
    return rows
