"""The demo, headless: what a newcomer runs first must go the whole way by itself."""

import json
from pathlib import Path

import pytest

from tests.cli.command import trackshift
from tests.cli.documented import differences, documented


@pytest.mark.timeout(300)
def test_the_headless_demo_goes_from_four_cameras_to_a_page_of_verified_frames(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = trackshift(
        tmp_path / "data", "--json", "demo", "--headless", "--seconds", "2", "--out", str(out), within_s=280
    )
    assert done.code == 0, done.stderr
    found = differences(documented("demo"), done.document)
    assert not found, "\n".join(found)
    assert done.document["safe_to_leave"] is True
    page = (out / "summary.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 4
    assert "13 of 13 frames answered" in page
    assert all(Path(shot).stat().st_size > 10_000 for shot in done.document["screenshots"])
    dossiers = {path.suffix for path in (out / "object-store").rglob("dossier.*")}
    assert {".html", ".pdf"} <= dossiers
    objects = list((out / "object-store").rglob("*.jpg"))
    assert len(objects) >= 4 + 5 + 4
    assert json.dumps(done.document).count("rtsp://") == 0
