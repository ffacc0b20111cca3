import pytest

from gui.analysis.finding_rows import histogram
from gui.analysis.words import breakable, cost_text, raw_text, title_of, took_text, value_text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (True, "Yes"),
        (0.123456, "0.123"),
        (12345.6, "12,346"),
        (1234, "1,234"),
        ([], "None"),
        (["jack", "hose"], "jack, hose"),
        ([{"part": "nose", "damage": "crack"}], "Part nose, Damage crack"),
    ],
)
def test_a_value_is_said_as_people_read_it(value, said):
    assert value_text(value) == said


def test_a_column_says_its_unit():
    assert [title_of(name) for name in ("motion_blur", "blur_px", "motion_direction_deg", "clipped_percent", "m")] == [
        *("Motion blur", "Blur (px)", "Motion direction (°)", "Clipped (%)", "M")
    ]


def test_costs_and_times_have_their_units():
    assert [cost_text(usd) for usd in (0, 0.00026, 0.42, 1234.5)] == ["None", "US$ 0.00026", "US$ 0.42", "US$ 1,234.50"]
    assert [took_text(ms) for ms in (12.3, 2934)] == ["12 ms", "2.93 s"]


def test_a_raw_answer_is_laid_out_if_it_is_json_and_left_alone_if_not():
    assert raw_text('{"a":1}') == '{\n  "a": 1\n}'
    assert raw_text("{ no json") == "{ no json"
    assert breakable("short words stay") == "short words stay" and "\u200b" in breakable("x" * 40)


def test_a_histogram_counts_every_number_once_and_few_whole_numbers_by_themselves():
    numbers = sorted([0.0, 1.0, 2.5, 9.99, 10.0, 10.0])
    chart = histogram("Score", numbers)
    assert sum(bar.number for bar in chart.bars) == 6 and chart.bars[-1].number == 3
    assert chart.ticks == ("0", "5", "10") and chart.said == "mean 5.58"
    people = histogram("People", [0, 0, 1, 3], whole=True)
    assert [(bar.label, bar.number) for bar in people.bars] == [("0", 2), ("1", 1), ("2", 0), ("3", 1)]
    same = histogram("Frames", [1, 1, 1], whole=True)
    assert [bar.number for bar in same.bars] == [3]
