"""Schedules by the command: added with their calendar, switched, run by hand and removed."""

import pytest

from core.store import schedules, sessions
from tests.cli.conftest import Queue


def test_a_schedule_is_added_listed_switched_run_and_removed(queue: Queue) -> None:
    code, added = queue.command("schedules", "add", "Pit lane", "--camera", "Pit_1", "--every", "60", "--params", "{}")
    assert (code, added["trigger"], added["every_s"], added["params"]["mode"]) == (0, "interval", 60, "single_frame")
    id = added["id"]
    assert [one["id"] for one in queue.command("schedules", "list")[1]["schedules"]] == [id]
    assert queue.command("schedules", "disable", id)[1]["enabled"] is False
    assert queue.command("schedules", "enable", id)[1]["enabled"] is True
    queue.command("schedules", "run", id)
    with queue.database.read() as tx:
        assert [due.id for due in schedules.due(tx, 0)] == [id]
    assert queue.command("schedules", "remove", id) == (0, {"removed": id})
    assert queue.command("schedules", "list")[1] == {"schedules": []}
    assert queue.command("schedules", "run", id)[0] == 1


def test_a_cron_line_is_read_on_the_sessions_clock_unless_told_otherwise(queue: Queue) -> None:
    line = ["--camera", "Pit_1", "--cron", "30 6 * * mon-fri"]
    assert queue.command("schedules", "add", "a", *line)[1]["time_zone"] == "UTC"
    with queue.database.write() as tx:
        sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
    assert queue.command("schedules", "add", "b", *line)[1]["time_zone"] == "Europe/Rome"
    assert queue.command("schedules", "add", "c", *line, "--time-zone", "Asia/Tokyo")[1]["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--every", "60", "--cron", "* * * * *"],
        ["--every", "0"],
        ["--every", "nan"],
        ["--cron", "61 * * * *"],
        ["--cron", "* * *"],
        ["--cron", "* * * * *", "--time-zone", "Mars/Base"],
        ["--every", "60", "--params", "{"],
        ["--every", "60", "--params", "[1]"],
        ["--every", "60", "--params", '{"mode": "explode"}'],
        ["--every", "60", "--kind", "import"],
    ],
)
def test_a_schedule_that_can_not_be_is_refused_with_words(queue: Queue, argv: list[str]) -> None:
    code, document = queue.command("schedules", "add", "Pit lane", "--camera", "Pit_1", *argv)
    assert code == 2, document
    assert document["hint"]
    assert queue.command("schedules", "list")[1] == {"schedules": []}
