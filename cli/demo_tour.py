"""The headless demo: the whole way from four live cameras to verified objects, each step a command as typed."""

import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cli.answer import Answer, Exit
from cli.arguments import build_parser
from cli.demo_page import Step, write_page
from cli.demo_stop import TIMED_BY, time_a_stop
from cli.documents import Document
from cli.main import subcommand
from cli.station import Station, open_station
from cli.waiting import wait_until
from core.camera import CameraState
from core.errors import CameraSilent, KnownError
from core.paths import DataFolder
from core.store import cameras, sessions
from resources import resource

if TYPE_CHECKING:
    from workers.demo.cameras import DemoCameras

_LIVE_WITHIN_S = 60.0
_PRE_S, _POST_S = 5.0, 2.0


def take_tour(folder: DataFolder, simulated: "DemoCameras", *, out: Path, store: Path, live_s: float) -> Answer:
    """Capture, import, send and draw; exit 0 only if every file is verified and the folder is clean."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with open_station(folder) as station:
        ids = _wait_until_live(station, live_s)
    steps: list[Step] = []

    def step(*argv: str, expected: Exit = Exit.DONE) -> Answer:
        steps.append(_run(folder, argv, expected))
        return steps[-1].answer

    frames = step("capture", *ids, "--mode", "single_frame", "--wait")
    step("capture", ids[0], "--mode", "burst", "--count", "5", "--wait")
    step("capture", ids[0], "--mode", "interval", "--fps", "2", "--duration", "2", "--wait")
    clips = step("capture", *ids, "--mode", "clip", "--pre", f"{_PRE_S:g}", "--post", f"{_POST_S:g}", "--wait")
    # One of the files is text by the name of .jpg: it must fail alone, and the import must say so.
    to_import = _files_to_import(out / "to-import", clips)
    step("import", str(to_import), "--camera", ids[0], "--wait", expected=Exit.IN_PART)
    analysis = step(*_analysis(folder), "--wait")
    threading.Event().wait(simulated.seconds_to_stop())  # an empty box would show nothing of the work
    walls = [_draw(folder, out, "wall", theme) for theme in ("dark", "light")]
    stop_id = time_a_stop(folder, simulated, step, steps)
    sync = step("sync", "now")
    screenshots = [*walls, _draw(folder, out, "library", "dark")]
    screenshots.append(_draw(folder, out, "analysis", "dark", run_id=str(analysis.document.get("run_id"))))
    screenshots.append(_draw(folder, out, "stops", "dark"))
    screenshots.append(_draw(folder, out, "cameras", "dark", box_of=TIMED_BY))
    if stop_id is not None:
        screenshots.append(_draw(folder, out, "stops", "light", stop_id=stop_id))
    step("worker", "--stop")
    step("fsck")
    page = write_page(
        out / "summary.html",
        steps=steps,
        frames=frames,
        clips=clips,
        analysis=analysis,
        sync=sync,
        screenshots=screenshots,
        store=store,
    )
    document: Document = {
        "summary": str(page),
        "data": str(folder.root),
        "store": str(store),
        "screenshots": [str(path) for path in screenshots],
        "safe_to_leave": sync.document.get("safe_to_leave", False),
        "steps": [
            {
                "command": one.command,
                "exit": int(one.answer.exit),
                "as_expected": one.as_expected,
                "s": round(one.took_s, 3),
            }
            for one in steps
        ],
    }
    well = all(one.as_expected for one in steps)
    return Answer(document, f"The summary page: {page}", Exit.DONE if well else Exit.FAILED)


def _run(folder: DataFolder, argv: tuple[str, ...], expected: Exit) -> Step:
    command = " ".join(("trackshift", *argv))
    print(f"$ {command}", file=sys.stderr, flush=True)
    started = time.monotonic()
    try:
        answer = subcommand(build_parser().parse_args(argv), folder)
    except KnownError as error:
        answer = Answer(error.as_json(), f"{error.title}\n  {error.hint}", Exit.FAILED)
    print(answer.text, file=sys.stderr, flush=True)
    return Step(command, answer, expected, time.monotonic() - started)


def _wait_until_live(station: Station, live_s: float) -> list[str]:
    """The cameras' ids, once each has been live for `live_s` seconds and its ring reaches back over the pre-roll."""
    deadline = time.monotonic() + _LIVE_WITHIN_S + live_s
    print("Waiting for the cameras…", file=sys.stderr, flush=True)

    def live() -> list[str] | None:
        with station.database.read() as tx:
            ids = [camera.id for camera in cameras.every(tx)]
            statuses = cameras.statuses(tx)
        now_ns = time.time_ns()
        ready = [
            status
            for status in statuses
            if status.state is CameraState.LIVE
            and status.ring_s >= _PRE_S + 1
            and now_ns - status.since_ns >= live_s * 1e9
        ]
        if len(ready) == len(ids):
            return ids
        if time.monotonic() > deadline:
            raise CameraSilent(camera="A simulated camera", seconds=_LIVE_WITHIN_S)
        return None

    return wait_until(station, live)


def _files_to_import(to: Path, clips: Answer) -> Path:
    """A folder as somebody would hand it over: a video, a clip that we have already, and a text file named .jpg."""
    to.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(resource("demo/Pit_1_overhead.mp4"), to / "from the phone.mp4")
    made = clips.document["clips"]
    if isinstance(made, list) and made:
        shutil.copyfile(made[0]["path"], to / "seen before.mp4")
    (to / "notes.jpg").write_text("Front left was slow.\n", encoding="utf-8")
    return to


def _analysis(folder: DataFolder) -> tuple[str, ...]:
    """Every frame that was captured so far, each by itself, on this machine."""
    with open_station(folder) as station, station.database.read() as tx:
        session = sessions.current(tx)
    asked = ("--session", session.id) if session is not None else ("--camera", "Pit_1_front")
    return "analyze", "--pack", "frame_quality", *asked, "--by", "frame", "--provider", "local"


def _draw(
    folder: DataFolder,
    out: Path,
    page: str,
    theme: str,
    *,
    run_id: str | None = None,
    stop_id: str | None = None,
    box_of: str | None = None,
) -> Path:
    from gui.screenshot import grab_window

    to = out / "screenshots"
    to.mkdir(parents=True, exist_ok=True)
    name = "review" if stop_id else "pit-box" if box_of else page
    to_file = to / f"{name}-{theme}.png"
    return grab_window(folder, to_file, page=page, theme=theme, run_id=run_id, stop_id=stop_id, box_of=box_of)
