"""The calendar of schedules: crontab's own meaning, on the clock of a named zone, through its changes of time."""

from datetime import UTC, datetime

import pytest

from core.errors import UsageError
from core.job import JobKind
from core.schedule import Schedule, ScheduleTrigger, parse_cron
from workers.scheduler import next_run_ns, runs_until


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


def by_cron(line: str, zone: str = "UTC") -> Schedule:
    return Schedule("n", JobKind.CAPTURE, ScheduleTrigger.CRON, cron=line, time_zone=zone)


def runs(schedule: Schedule, after: str, number: int) -> list[str]:
    found, after_ns = [], at(after)
    for _ in range(number):
        next_ns = next_run_ns(schedule, after_ns)
        assert next_ns is not None and next_ns > after_ns
        after_ns = next_ns
        found.append(datetime.fromtimestamp(after_ns // 10**9, UTC).strftime("%a %d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    "line,expected",
    [
        ("30 6 * * *", ["Sat 21 06:30:00", "Sun 22 06:30:00", "Mon 23 06:30:00"]),
        ("0 6 * * 1-5", ["Mon 23 06:00:00", "Tue 24 06:00:00", "Wed 25 06:00:00"]),
        ("0 6 * * 0", ["Sun 22 06:00:00", "Sun 29 06:00:00", "Sun 06 06:00:00"]),
        ("0 6 * * 7", ["Sun 22 06:00:00", "Sun 29 06:00:00", "Sun 06 06:00:00"]),
        ("0 6 * * sat,1", ["Sat 21 06:00:00", "Mon 23 06:00:00", "Sat 28 06:00:00"]),
        ("*/20 5-6 * nov *", ["Sat 21 05:00:00", "Sat 21 05:20:00", "Sat 21 05:40:00"]),
        ("0 0 24 * 0", ["Sun 22 00:00:00", "Tue 24 00:00:00", "Sun 29 00:00:00"]),
    ],
)
def test_a_cron_line_means_what_crontab_says(line, expected):
    assert runs(by_cron(line), "2026-11-21T00:00:00Z", 3) == expected


def test_a_cron_time_is_read_on_the_clock_of_its_zone():
    assert runs(by_cron("0 9 * * *", "Europe/Rome"), "2026-11-21T00:00:00Z", 1) == ["Sat 21 08:00:00"]
    assert runs(by_cron("0 9 * * *", "America/Sao_Paulo"), "2026-11-21T00:00:00Z", 1) == ["Sat 21 12:00:00"]


def test_a_daily_run_comes_once_a_day_where_the_clock_is_set_back_and_where_it_is_set_forward():
    half_past_two = by_cron("30 2 * * *", "Europe/Rome")
    assert runs(half_past_two, "2026-10-24T12:00:00Z", 2) == ["Sun 25 00:30:00", "Mon 26 01:30:00"]
    assert runs(half_past_two, "2027-03-27T12:00:00Z", 2) == ["Sun 28 01:30:00", "Mon 29 00:30:00"]


def test_a_run_each_half_hour_comes_each_half_hour_while_the_clock_is_set_back():
    found = runs(by_cron("*/30 * * * *", "Europe/Rome"), "2026-10-24T23:45:00Z", 5)
    assert [time[7:] for time in found] == ["00:00:00", "00:30:00", "01:00:00", "01:30:00", "02:00:00"]


def test_an_interval_keeps_its_beat_from_when_it_was_made():
    schedule = Schedule(
        "n", JobKind.CAPTURE, ScheduleTrigger.INTERVAL, every_s=90, created_at_ns=at("2026-11-21T12:00:00Z")
    )
    assert runs(schedule, "2026-11-21T12:00:00Z", 2) == ["Sat 21 12:01:30", "Sat 21 12:03:00"]
    assert runs(schedule, "2026-11-21T13:00:10Z", 1) == ["Sat 21 13:01:30"]
    first = at("2026-11-21T12:01:30Z")
    assert runs_until(schedule, first, first) == 1
    assert runs_until(schedule, first, first + 89 * 10**9) == 1
    assert runs_until(schedule, first, first + 90 * 10**9) == 2


def test_the_times_that_passed_are_counted():
    hourly = by_cron("0 * * * *")
    assert runs_until(hourly, at("2026-11-21T01:00:00Z"), at("2026-11-21T06:30:00Z")) == 6


@pytest.mark.parametrize(
    "line,said",
    [
        ("* * * *", "4 fields of 5"),
        ("60 * * * *", "'60' is no minute"),
        ("* 24 * * *", "'24' is no hour"),
        ("* * 0 * *", "day of the month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of the week"),
        ("*/0 * * * *", "minute"),
        ("9-5 * * * *", "minute"),
        ("now * * * *", "minute"),
        ("1,, * * * *", "minute"),
    ],
)
def test_a_cron_line_that_is_none_is_refused_by_its_field(line, said):
    with pytest.raises(UsageError) as refused:
        parse_cron(line)
    assert said in refused.value.title
