"""A time is never said finer than its doubt, and the doubt is rounded up, never down."""

import csv
from datetime import UTC
from pathlib import Path

import pytest

from core.stop import Mark, Moment, Span, Stop
from core.stop_table import COLUMNS, write_csv
from core.stop_words import about_text, between, clock_text, offset_text, span_text, whose

S, MS = 1_000_000_000, 1_000_000
STOP = Stop(
    id="s1",
    camera_id="Pit_1",
    session_id="fp1",
    job_id=None,
    clip_id="c1",
    zero_at_ns=100 * S,
    frame_ns=20 * MS,
    machine={Moment.STATIONARY: Mark(102 * S, 6 * MS), Moment.RELEASED: Mark(104 * S + 400 * MS, 8 * MS)},
    machine_span=Span(2400 * MS, 9 * MS),
    complete=False,
    notes=("It began before the clip.",),
    hand={Moment.RELEASED: Mark(104 * S + 420 * MS, 20 * MS)},
    remark="=slow",
)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Span(2_431_400_000, 6_200_000), "2.431 s ± 0.007 s"),
        (Span(2_431_400_000, 20_000_000), "2.43 s ± 0.02 s"),
        (Span(2_431_400_000, 150_000_000), "2.43 s ± 0.15 s"),
        (Span(2_431_400_000, 300_000), "2.4314 s ± 0.0003 s"),
        (Span(2_431_400_000, 1), "2.4314 s ± 0.0001 s"),
        (None, "not known"),
    ],
)
def test_a_span_is_said_with_its_doubt(span, said):
    assert span_text(span) == said


def test_instants_are_said_against_another_with_their_sign():
    assert offset_text(3 * S, 1 * S, 20 * MS) == "+2.00 s ± 0.02 s"
    assert offset_text(1 * S, 3 * S, 20 * MS) == "−2.00 s ± 0.02 s"
    assert clock_text(3_661 * S + 5 * MS, UTC) == "01:01:01.005"
    assert about_text(3_661 * S + 5 * MS, UTC) == "about 01:01:01"


def test_the_operators_instant_counts_and_the_machines_is_kept():
    assert STOP.span == Span(2420 * MS, round((6**2 + 20**2) ** 0.5 * MS))
    assert between(STOP, Moment.STATIONARY, Moment.RELEASED) == STOP.span
    assert between(STOP, Moment.ARRIVED, Moment.STATIONARY) is None
    assert whose(STOP) == "Operator"
    assert (STOP.from_ns, STOP.to_ns) == (102 * S, 104 * S + 420 * MS)


def test_the_csv_has_both_words_and_no_formula(tmp_path: Path):
    target = tmp_path / "stops.csv"
    assert write_csv(target, [STOP], {"fp1": "2026 · FP1"}) == 1
    with open(target, newline="", encoding="utf-8") as file:
        (row,) = list(csv.DictReader(file))
    assert list(row) == list(COLUMNS)
    assert (row["standing_s"], row["machine_standing_s"], row["by"]) == ("2.420000", "2.400000", "hand")
    assert row["machine_standing_u_s"] == "0.009000" and row["machine_arrived_utc"] == ""
    assert row["hand_released_utc"].endswith("00:01:44.420000Z")
    assert row["remark"] == "'=slow"
