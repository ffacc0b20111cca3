"""The mixed load of the kill: captures, imports and batches with one broken item, cancels and retries in between."""

import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from core.capture import CaptureMode, CaptureParams, ImportParams
from core.job import Job, JobKind, JobState, NewJob
from core.store import clips, frames, jobs
from core.store.database import Database, Reading

CAMERA = "Haas_Pit_1"
_FILES_A_ROUND = 12
_FILES_A_BATCH = 3
"""And one more that is broken."""


class Load:
    """What was asked of the station, and whether it became what it has to."""

    def __init__(self, inbox: Path, database: Database, rng: random.Random, asked: Counter[str]) -> None:
        self._inbox, self._database, self._rng, self._asked = inbox, database, rng, asked
        self._cancelled: dict[str, int] = {}
        """How much each cancelled job had made when it was cancelled: it makes no more."""
        self._batches: list[str] = []

    def enqueue(self, number: int) -> None:
        """The jobs of one round."""
        self._enqueue_single(number)
        self._enqueue_batch(number)

    def steer(self) -> None:
        """Cancel some and try some again, as the operator would."""
        self._cancel_some()
        self._retry_some()

    def retry_all(self) -> None:
        """All that failed, once more: what is broken for good fails again, and nothing else changes."""
        with self._database.write() as tx:
            self._asked["retries"] += jobs.retry_all_failed(tx)

    def problems(self) -> list[str]:
        """Once all have ended."""
        return self._of_cancelled() + self._of_batches()

    def _enqueue_single(self, number: int) -> None:
        inbox = self._inbox / str(number)
        inbox.mkdir(parents=True)
        for one in range(_FILES_A_ROUND):
            pixels = np.random.default_rng(1000 * number + one).integers(0, 255, (240, 320, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(inbox / f"{one}.png")
        now_ns = time.time_ns()
        captures = [
            CaptureParams(camera_id=CAMERA, mode=CaptureMode.SINGLE_FRAME, at_ns=now_ns),
            CaptureParams(camera_id=CAMERA, mode=CaptureMode.BURST, at_ns=now_ns, count=8),
            CaptureParams(camera_id=CAMERA, mode=CaptureMode.INTERVAL, at_ns=now_ns, fps=10, duration_s=2),
            CaptureParams(camera_id=CAMERA, mode=CaptureMode.CLIP, at_ns=now_ns, pre_s=1, post_s=1),
        ]
        imported = ImportParams(camera_id=CAMERA, paths=(str(inbox),))
        with self._database.write() as tx:
            for params in captures:
                asked = params.model_dump(mode="json")
                jobs.enqueue(tx, NewJob(kind=JobKind.CAPTURE, params=asked, camera_id=CAMERA))
            asked = imported.model_dump(mode="json")
            jobs.enqueue(tx, NewJob(kind=JobKind.IMPORT, params=asked, camera_id=CAMERA, tries=20))

    def _enqueue_batch(self, number: int) -> None:
        inbox = self._inbox / f"batch-{number}"
        inbox.mkdir()
        paths = [inbox / f"{one}.png" for one in range(_FILES_A_BATCH + 1)]
        for one, path in enumerate(paths):
            pixels = np.random.default_rng(1_000_000 + 1000 * number + one).integers(0, 255, (120, 160), dtype=np.uint8)
            Image.fromarray(pixels).save(path)
        broken = paths[number % len(paths)]
        broken.write_bytes(broken.read_bytes()[:900])

        def asked(*of_these: Path) -> NewJob:
            params = ImportParams(camera_id=CAMERA, paths=tuple(map(str, of_these))).model_dump(mode="json")
            return NewJob(kind=JobKind.IMPORT, params=params, camera_id=CAMERA, tries=20)

        with self._database.write() as tx:
            self._batches.append(jobs.enqueue_batch(tx, asked(*paths), [asked(path) for path in paths]).id)
        self._asked["batches"] += 1

    def _cancel_some(self) -> None:
        """One that runs and one that waits; now and then a whole batch."""
        with self._database.read() as tx:
            running = _running(tx)
            waiting = jobs.page(tx, jobs.JobFilter(states={JobState.PENDING}), None, 100).items
        for which, found in (("running", running), ("waiting", waiting)):
            never_yet = not self._asked[f"{which} jobs cancelled"]
            if found and (never_yet or self._rng.random() < 0.7):
                self._cancel(self._rng.choice(found), which)

    def _cancel(self, job: Job, which: str) -> None:
        with self._database.write() as tx:
            if not jobs.cancel(tx, job.id):
                return
            of_it = [child.id for child in jobs.children(tx, job.id) if child.state is JobState.CANCELLED]
            for id in (job.id, *of_it):
                self._cancelled[id] = len(frames.for_job(tx, id)) + len(clips.for_job(tx, id))
        self._asked[f"{which} jobs cancelled"] += 1

    def _retry_some(self) -> None:
        """One that failed, now and then all; what fails for good fails again."""
        if self._rng.random() < 0.1:
            self.retry_all()
            return
        with self._database.write() as tx:
            failed = jobs.page(tx, jobs.JobFilter(states={JobState.FAILED}), None, 100).items
            alone = [job.id for job in failed if job.batch_id is None and not job.is_batch]
            if alone:
                jobs.retry(tx, self._rng.choice(alone))
                self._asked["retries"] += 1

    def _of_cancelled(self) -> list[str]:
        """What was cancelled stays so, and has published nothing after it."""
        found: list[str] = []
        with self._database.read() as tx:
            for id, made in self._cancelled.items():
                state = jobs.get(tx, id).state
                if state is not JobState.CANCELLED:
                    found.append(f"cancelled {id} became {state}")
                if (now := len(frames.for_job(tx, id)) + len(clips.for_job(tx, id))) != made:
                    found.append(f"cancelled {id} had made {made}, and then made {now}")
        return found

    def _of_batches(self) -> list[str]:
        """A batch with one broken item is completed, but for that one; cancelled ones aside."""
        found: list[str] = []
        with self._database.read() as tx:
            for id in self._batches:
                states = Counter(child.state for child in jobs.children(tx, id))
                state = jobs.get(tx, id).state
                if states[JobState.CANCELLED]:
                    continue
                wanted = {JobState.COMPLETED: _FILES_A_BATCH, JobState.FAILED: 1}
                if state is not JobState.COMPLETED or states != wanted:
                    found.append(f"batch {id} is {state} with {dict(states)}")
        return found


def wanted_files(job: Job) -> int | None:
    """How many files a completed job has made, where that is sure."""
    if job.is_batch:
        return 0
    if job.batch_id is not None:
        return 1
    if job.kind is JobKind.IMPORT:
        return _FILES_A_ROUND
    return 1 if job.params["mode"] in (CaptureMode.SINGLE_FRAME, CaptureMode.CLIP) else None


def _running(tx: Reading) -> list[Job]:
    return jobs.page(tx, jobs.JobFilter(states={JobState.PROCESSING}), None, 100).items
