"""The demo's run of the analysis: stills of the footage, their quality measured on this machine."""

import threading
from pathlib import Path

from core.packs import find_pack, folders_of
from core.paths import DataFolder
from core.run import NewRun, RunProvider
from core.store import runs
from core.store.database import open_database

PACK = "frame_quality"
_TASK_ID = "demo-frame-quality"


def queue_run(folder: DataFolder, out: Path) -> None:
    """Queue it once a data folder; the worker does it while the window opens."""
    from workers.demo.cameras import footage
    from workers.demo.stills import take_stills

    assets = take_stills(footage(out / "cameras"), out / "stills")
    pack = find_pack(folders_of(folder), PACK)
    database = open_database(folder)
    try:
        with database.write() as tx:
            new = NewRun(pack.as_json(), RunProvider.LOCAL, "Frames of the demo", task_id=_TASK_ID)
            runs.make(tx, new, assets)
    finally:
        database.close()


def queue_run_aside(folder: DataFolder, out: Path) -> threading.Thread:
    """The same while the window opens: decoding takes a second or two."""
    thread = threading.Thread(target=queue_run, args=(folder, out), name="demo-analysis")
    thread.start()
    return thread
