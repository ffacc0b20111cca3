"""The capture clock keeps its promises: no earlier time for a later picture, a truth within its uncertainty."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.camera import ClockSource
from tests.fakes.fake_clock import FakeClock
from workers.cameras.packets import VideoFormat
from workers.cameras.timeline import ARRIVAL_U_NS, StationTime, Timeline, Timelines

MS = 1_000_000
VIDEO = VideoFormat("h264", 640, 360, 25.0, Fraction(1, 90_000))
TICKS = 3600
PERIOD_NS = 40 * MS
MONOTONIC_NS, UTC_NS = 1_000_000_000, 1_795_266_245_000_000_000


def a_timeline(clock: FakeClock | None = None) -> Timeline:
    return Timeline(VIDEO, StationTime(clock or FakeClock(UTC_NS, MONOTONIC_NS)))


delays = st.lists(st.integers(0, 480 * MS), min_size=2, max_size=120)
reports = st.one_of(st.none(), st.integers(0, 119))


@given(delays_ns=delays, first_report=reports, camera_off_ns=st.integers(-200 * MS, 200 * MS))
def test_later_pictures_never_get_earlier_times(delays_ns, first_report, camera_off_ns):
    timeline, stamps = a_timeline(), []
    for number, delay_ns in enumerate(delays_ns):
        taken_ns = number * PERIOD_NS
        knows = first_report is not None and number >= first_report
        timeline.observe(
            number * TICKS, MONOTONIC_NS + taken_ns + delay_ns, UTC_NS + taken_ns + camera_off_ns if knows else None
        )
        stamps.append(timeline.at(number * TICKS).at_ns)
        earlier = [timeline.at(before * TICKS).at_ns for before in range(number + 1)]
        assert earlier == sorted(set(earlier)), "and all of them agree, also when asked again"
    assert stamps == sorted(set(stamps))


@given(delays_ns=delays, first_report=reports)
def test_the_truth_lies_within_the_uncertainty_of_a_camera_whose_delay_is_usual(delays_ns, first_report):
    timeline = a_timeline()
    for number, delay_ns in enumerate(delays_ns):
        taken_ns = number * PERIOD_NS
        knows = first_report is not None and number >= first_report
        timeline.observe(number * TICKS, MONOTONIC_NS + taken_ns + delay_ns, UTC_NS + taken_ns if knows else None)
    last = len(delays_ns) - 1
    known = timeline.at(last * TICKS)
    assert known.u_ns > 0
    assert abs(known.at_ns - (UTC_NS + last * PERIOD_NS)) <= known.u_ns + (
        ARRIVAL_U_NS if known.source is ClockSource.ARRIVAL else 0
    )


def test_the_first_report_mends_the_times_of_pictures_before_it():
    timeline = a_timeline()
    for number in range(60):
        timeline.observe(number * TICKS, MONOTONIC_NS + number * PERIOD_NS + 90 * MS)
    before = timeline.at(0)
    assert (before.source, before.at_ns) == (ClockSource.ARRIVAL, UTC_NS + 90 * MS)
    for number in range(60, 90):
        timeline.observe(number * TICKS, MONOTONIC_NS + number * PERIOD_NS + 90 * MS, UTC_NS + number * PERIOD_NS)
    mended = timeline.at(0)
    assert (mended.source, mended.at_ns) == (ClockSource.RTCP, UTC_NS)
    assert mended.u_ns < before.u_ns


@pytest.mark.parametrize("off_ns", [-3600 * 1000 * MS, -5 * 1000 * MS, 400 * MS, 24 * 3600 * 1000 * MS])
def test_a_camera_whose_clock_is_not_set_is_timed_by_arrival(off_ns):
    timeline = a_timeline()
    for number in range(50):
        taken_ns = number * PERIOD_NS
        timeline.observe(number * TICKS, MONOTONIC_NS + taken_ns + 60 * MS, UTC_NS + taken_ns + off_ns)
    known = timeline.at(0)
    assert (known.source, known.at_ns) == (ClockSource.ARRIVAL, UTC_NS + 60 * MS)


def test_packets_that_waited_in_the_network_do_not_move_the_clock():
    timeline = a_timeline()
    for number in range(100):
        held_ns = 400 * MS if 40 <= number < 60 else 30 * MS
        timeline.observe(number * TICKS, MONOTONIC_NS + number * PERIOD_NS + held_ns)
        assert timeline.at(0).at_ns == UTC_NS + 30 * MS


@pytest.mark.allow_warnings
def test_a_step_of_this_machines_clock_is_noticed_told_and_followed(caplog):
    clock = FakeClock(UTC_NS, MONOTONIC_NS)
    timeline = a_timeline(clock)
    for number in range(100):
        timeline.observe(number * TICKS, clock.monotonic_ns() + 20 * MS)
        clock.advance(PERIOD_NS)
        if number == 50:
            clock.step_utc(-3600 * 1000 * MS)
    assert timeline.at(99 * TICKS).at_ns == UTC_NS + 99 * PERIOD_NS + 20 * MS - 3600 * 1000 * MS
    assert sum("clock was set" in record.getMessage() for record in caplog.records) == 1


def test_each_connection_has_a_time_line_of_its_own():
    timelines = Timelines(StationTime(FakeClock(UTC_NS, MONOTONIC_NS)))
    timelines.start(1, VIDEO).observe(0, MONOTONIC_NS)
    timelines.start(2, VIDEO).observe(0, MONOTONIC_NS + 1000 * MS)
    assert timelines.at(2, 0).at_ns - timelines.at(1, 0).at_ns == 1000 * MS
    with pytest.raises(KeyError):
        timelines.at(3, 0)
