import json
from pathlib import Path

import pytest

import benchmarks.__main__ as runner
from benchmarks import presses
from benchmarks.claim import Claim, NotMeasurable, paired_ratio, percentile
from tests.real.rtsp_server import Mount

SHAPE = ["name", "ours", "peer", "ratio", "want", "met", "how"]
PERFORMANCE = Path(runner.__file__).parent.parent / "docs" / "performance.md"


@pytest.fixture
def three_claims(monkeypatch):
    """One that is met, one that is not, one that can't be measured here."""

    def missing():
        raise NotMeasurable("no such server here")

    made = {
        "good": lambda: [Claim("good", 1.0, 2.0, 0.5, "≤ 1", True, "as told")],
        "bad": lambda: [Claim("bad", 3.0, None, None, "≤ 1", False, "as told")],
        "missing": missing,
    }
    monkeypatch.setattr(runner, "CLAIMS", {name: ("tests.benchmarks.test_benchmarks", name) for name in made})
    for name, measure in made.items():
        monkeypatch.setitem(globals(), name, measure)


def test_json_is_one_array_of_the_agreed_shape_and_nothing_else(three_claims, capsys):
    assert runner.main(["good", "missing", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [list(claim) for claim in told] == [SHAPE, SHAPE]
    assert [claim["met"] for claim in told] == [True, None]
    assert told[1]["how"] == "no such server here"


def test_a_claim_that_is_not_met_fails_the_run(three_claims, capsys):
    assert runner.main([]) == 1
    assert "bad: NOT MET" in capsys.readouterr().out


def test_a_name_that_is_none_is_a_usage_error(three_claims, capsys):
    with pytest.raises(SystemExit) as left:
        runner.main(["faster"])
    assert left.value.code == 2


def test_every_claim_has_its_row_in_the_performance_page():
    page = PERFORMANCE.read_text("utf-8")
    assert [name for name in runner.CLAIMS if f"| {name} |" not in page] == []


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([1.0, 2.0, 3.0, 10.0], 95) == 10.0
    assert paired_ratio([1.0, 4.0, 9.0], [1.0, 2.0, 3.0]) == 2.0


def test_a_press_on_a_real_camera_is_timed_from_key_to_file(make_rtsp_server, monkeypatch):
    monkeypatch.setattr(presses, "PRESSES", 2)
    made = presses.presses(make_rtsp_server([Mount("/pit")]))
    assert all(0 < press.start_ms < press.file_ms for press in made)
