"""`trackshift import`: enqueues the taking in of files and folders, and waits for it if asked."""

import argparse
from pathlib import Path

from cli.answer import Answer
from cli.queueing import answer_for, metadata_of, new_job
from cli.station import open_station
from core.capture import ImportParams
from core.errors import UsageError
from core.job import JobKind
from core.paths import DataFolder
from core.store import jobs


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """One job for all paths; a broken file fails alone, the others are kept."""
    paths = tuple(str(Path(path).expanduser().absolute()) for path in arguments.paths)
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise UsageError(f"There is no file {missing[0]}", hint="Check the path; nothing was queued.")
    params = ImportParams(camera_id=arguments.camera, paths=paths, metadata=metadata_of(arguments.meta))
    with open_station(folder) as station:
        with station.database.write() as tx:
            asked = params.model_dump(mode="json")
            job = jobs.enqueue(tx, new_job(station, arguments, JobKind.IMPORT, asked, camera_id=arguments.camera))
        return answer_for(station, job.id, wait=arguments.wait)
