"""The worker may die at any instruction: what was committed stands, and all else is done once or told as failed."""

from pathlib import Path

import pytest

from tests.e2e.kill_scenario import run_kill_scenario
from tests.real.rtsp_server import missing_gstreamer


@pytest.mark.timeout(300)
@pytest.mark.skipif(missing_gstreamer() is not None, reason="needs GStreamer's RTSP server")
def test_eight_kills_amid_captures_imports_and_uploads_lose_and_double_nothing(tmp_path: Path):
    report = run_kill_scenario(tmp_path, count=8, seed=20_261_122)
    assert report.problems == []
    assert report.kills == 8
    assert {"capture", "import"} <= report.amid.keys(), report
    assert report.objects == report.frames + report.clips > 50
