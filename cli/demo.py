"""`trackshift demo`: the whole station against four simulated cameras, in the window or by itself."""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.answer import Answer, Exit
from cli.station import open_station
from core import settings
from core.camera import Camera
from core.paths import DataFolder
from core.store import cameras, sessions, stations

if TYPE_CHECKING:
    from workers.demo.cameras import DemoCameras


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Make a fresh data folder with four cameras, a session and a folder store; then window or tour."""
    from workers.demo.cameras import start_demo_cameras

    out = Path(arguments.out).absolute() if arguments.out else Path(tempfile.mkdtemp(prefix="trackshift-demo-"))
    out.mkdir(parents=True, exist_ok=True)
    if not arguments.data_was_chosen:
        folder = DataFolder(out / time.strftime("data-%Y%m%d-%H%M%S"))
    store = out / "object-store"
    print(f"Data folder: {folder.root}\nObject store: {store}", file=sys.stderr)
    with start_demo_cameras(out / "cameras") as simulated:
        _prepare(folder, store, simulated)
        if arguments.headless or not _has_display():
            from cli.demo_tour import take_tour

            return take_tour(
                folder, simulated, out=out, store=store, live_s=8.0 if arguments.seconds is None else arguments.seconds
            )
        from cli.demo_analysis import queue_run_aside
        from gui.app import main as open_window

        aside = queue_run_aside(folder, out)
        code = open_window(folder, close_after_s=arguments.seconds)
        aside.join()
    return Answer({"data": str(folder.root)}, f"Everything the demo made is in {out}", Exit(code))


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _prepare(folder: DataFolder, store: Path, simulated: "DemoCameras") -> None:
    from workers.demo.angles import ANGLES

    boxes = {angle.camera_id: angle.pit_box for angle in ANGLES}
    with open_station(folder) as station:
        store.mkdir(parents=True, exist_ok=True)
        settings.save(folder, {"storage.kind": "folder", "storage.folder": str(store)})
        with station.database.write() as tx:
            configured = {camera.id for camera in cameras.every(tx)}
            for camera_id, url in simulated.urls.items():
                camera = Camera(
                    id=camera_id,
                    url=url,
                    name=simulated.names[camera_id],
                    location="Pit box 1",
                    pit_box=boxes.get(camera_id),
                )
                if camera_id in configured:
                    cameras.update(tx, camera)  # the simulated cameras' port is new at every start
                else:
                    cameras.add(tx, camera)
            if sessions.current(tx) is None:
                sessions.create(
                    tx, season=str(datetime.now(UTC).year), event="Demo Grand Prix", name="FP1", time_zone="UTC"
                )
            stations.set_first_run_done(tx)
            stations.bump_settings(tx)
