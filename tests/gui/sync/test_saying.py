from dataclasses import replace

import pytest

from core.upload import SyncSummary
from gui.sync.pace import Pace, eta_text
from gui.sync.saying import saying

NOTHING = SyncSummary(0, 0, 0, 0, 0, 0, 0, False)
OPEN = replace(NOTHING, waiting=214, open_bytes=1_670_000)


@pytest.mark.parametrize(
    ("summary", "present", "title", "text", "level"),
    [
        (NOTHING, True, "Nothing to send yet", "", ""),
        (
            replace(NOTHING, verified=3, verified_bytes=2_000_000),
            True,
            "Safe to leave",
            "3 files, 2 MB, verified",
            "ok",
        ),
        (replace(NOTHING, verified=3, held=1), True, "Safe to leave", "1 file deleted and not sent", "ok"),
        (
            replace(OPEN, reason="No network"),
            True,
            "214 files wait, nothing is lost",
            "No network",
            "",
        ),
        (OPEN, False, "Waiting", "214 files, 1.67 MB, wait for the worker. Nothing is lost.", ""),
        (replace(OPEN, paused=True), True, "Paused", "until you press Resume", "warn"),
        (
            replace(OPEN, waiting=213, blocked=1, reason="The keys were refused"),
            True,
            "1 file blocked",
            "213 files wait",
            "bad",
        ),
        (replace(OPEN, waiting=213, sending=1), True, "Sending", "214 files, 1.67 MB to go", "info"),
    ],
)
def test_the_sync_bar_says_how_it_stands(summary, present, title, text, level):
    said = saying(summary, None, worker_present=present)
    assert said.title == title and text in said.text and said.level == level


def test_only_verified_files_make_it_safe_to_leave():
    done = replace(NOTHING, verified=9)
    for summary in (replace(done, waiting=1), replace(done, sending=1), replace(done, blocked=1)):
        said = saying(summary, None, worker_present=True)
        assert said.title != "Safe to leave" and said.level != "ok"


def test_speed_and_time_left_are_said_when_they_are_known():
    said = saying(replace(OPEN, sending=1, open_bytes=600_000_000), 2_000_000.0, worker_present=True)
    assert "2 MB/s" in said.text and "about 5 min" in said.text


def test_a_pace_is_known_only_after_something_moved_for_a_while():
    pace = Pace()
    pace.add(0, 100)
    assert pace.bytes_a_second() is None
    pace.add(1, 200)
    assert pace.bytes_a_second() is None
    pace.add(4, 500)
    assert pace.bytes_a_second() == 100.0
    for second in range(5, 60):
        pace.add(second, 500)
    assert pace.bytes_a_second() is None


def test_time_left_is_told_no_finer_than_the_guess_deserves():
    assert [eta_text(size, 1.0) for size in (30, 240, 9000)] == ["under a minute", "about 4 min", "about 2.5 h"]
