"""Nothing of Google's is imported before it is needed: not by command, worker, demo or the local analysis.

The window can't: it never imports the workers, and an import contract keeps Google's clients in workers.analysis.
"""

import os
import subprocess
import sys

import pytest

_SCRIPT = """
import os
import sys
before = set(sys.modules)  # an empty package may be there from the start: its distribution's .pth makes it
from pathlib import Path
from cli.main import main
root = Path(sys.argv[1])
frame = root / "a.jpg"
import cv2, numpy
cv2.imwrite(str(frame), numpy.full((64, 64, 3), 90, numpy.uint8))
data = ["--data", str(root / "data"), "--json"]
assert main([*data, "analyze", "--pack", "frame_quality", "--frames", str(frame), "--provider", "auto"]) == 0
import cli.demo, workers.app, workers.demo.cameras
from core.job import JobKind, JobState
from core.store import findings, jobs, runs
from tests.fakes.fake_computing import FakeComputing
from tests.workers.station_parts import StationParts
from core.clock import SystemClock
from core.paths import DataFolder
from core.settings import Settings, load
from core.store.database import open_database
from workers.jobs import analyzing

class Inline(FakeComputing):
    max_children = 1
    def run(self, function, *args, cancel, timeout_s=None, waiting=None):
        if function.__name__ == "write_files":
            return [Path(path).write_text("x") for path in args[2].values()]
        return function(*args)

folder = DataFolder(root / "data")
station = StationParts(folder, open_database(folder), SystemClock(), Settings())
analyzing.run(station.context(station.claim(), Inline(lambda: None)))
# As the demo does it: Gemini is set up, and nobody asks it.
os.environ |= {"GEMINI__PROJECT": "made-up", "GEMINI__BASE_URL": "http://127.0.0.1:9", "GEMINI__ACCESS_TOKEN": "x"}
assert main([*data, "analyze", "--pack", "frame_quality", "--frames", str(frame), "--provider", "local"]) == 0
station.settings = load(folder)
analyzing.run(station.context(station.claim(), Inline(lambda: None)))
with station.database.read() as tx:
    assert [run.completed for run in runs.page(tx).items] == [1, 1]
station.database.close()
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in ("google", "vertexai")))
"""


@pytest.mark.timeout(180)
def test_local_runs_from_the_command_to_their_files_import_no_google_module_though_gemini_be_set_up(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[]"
