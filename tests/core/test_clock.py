from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock, local_text, parse_utc, utc_text
from core.errors import UsageError
from tests.fakes.fake_clock import FakeClock


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_time_survives_being_written_and_read_to_the_microsecond(us):
    assert parse_utc(utc_text(us * 1000)) == us * 1000


def test_a_time_is_written_as_files_have_it():
    assert utc_text(1_795_266_245_123_456_789) == "2026-11-21T13:04:05.123456Z"


@pytest.mark.parametrize("text", ["2026-11-21T13:04:05Z", "2026-11-21 13:04:05", "2026-11-21T14:04:05+01:00"])
def test_zones_are_understood_and_none_means_utc(text):
    assert parse_utc(text) == 1_795_266_245_000_000_000


def test_people_read_the_zone_that_was_asked_for():
    assert local_text(1_795_266_245_000_000_000, timezone(timedelta(hours=1))) == "2026-11-21 14:04:05"
    assert local_text(0, UTC) == "1970-01-01 00:00:00"


def test_what_is_no_time_is_told():
    with pytest.raises(UsageError, match="is not a time"):
        parse_utc("yesterday")


def test_the_fake_clock_moves_only_when_told():
    clock = FakeClock(utc_ns=10, monotonic_ns=5)
    clock.advance(7)
    clock.step_utc(-3)
    assert (clock.utc_ns(), clock.monotonic_ns()) == (14, 12)


def test_the_system_clock_counts_nanoseconds():
    clock = SystemClock()
    assert clock.utc_ns() > 1_700_000_000_000_000_000
    assert clock.monotonic_ns() <= clock.monotonic_ns()
