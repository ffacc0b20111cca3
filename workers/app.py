"""The worker: the one place where its parts are made, joined, run and ended."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType

from core import logs
from core.clock import SystemClock
from core.credentials import Credentials
from core.errors import KnownError
from core.job import JobState
from core.paths import DataFolder
from core.process import BEAT_S
from core.settings import Settings, load
from core.store import cameras, job_holding, jobs, stations
from core.store.changes import Changes
from core.store.database import Database, open_database
from workers import alerts, retention, watch_folder
from workers.alerts import Alerts
from workers.api import incoming
from workers.api.server import ApiServer
from workers.cameras.feeds import Feeds
from workers.cancellation import Reason
from workers.computing import Computing
from workers.dispatcher import Dispatcher
from workers.instance import WorkerLock
from workers.jobs.kinds import KINDS, SHARDS_AT_ONCE
from workers.live_timing import LiveTiming
from workers.presence import Presence
from workers.recovery import recover
from workers.runner import Parts, Runner
from workers.scheduler import Scheduler
from workers.schedules import Schedules
from workers.status_rows import StatusRows
from workers.supervision import report, reporting, supervise
from workers.sync.uploader import Uploader
from workers.watch_folder import WatchFolder
from workers.webhook import Webhook

_log = logs.get("worker")
_POLL_S = 0.02
_CAMERAS_S = 0.25
# A press must be pinned before the ring forgets it.
_WATCH_AGAIN_S = 1.0
_IDLE_LOOK_S = 0.25
_NEEDED_LOOK_S = 1.0
# A switch of threads every 5 ms, Python's default, delays a feed's packet behind a busy thread.
_SWITCH_S = 0.0005
_GRACE_S = 2.0
_DRAIN_S = 8.0
# Threads are made as they are needed; the dispatcher never asks for more than the settings allow.
_WORK_THREADS = 32
_CAPTURE_THREADS = 64


class Mode(StrEnum):
    FOREVER = "forever"
    WHILE_NEEDED = "while_needed"
    """Leave after a minute in which nobody and nothing needed the worker."""
    UNTIL_IDLE = "until_idle"
    """Leave as soon as no job is open and no upload can go on."""


def run_worker(folder: DataFolder, *, mode: Mode = Mode.FOREVER, idle_s: float = 60.0) -> int:
    """Be the folder's worker until asked to stop (by row or signal), or not needed any more; returns the exit code.

    0 at once if another worker has the lock. Raises DataFolderError, SettingsError, DiskFull.
    """
    folder.create()
    lock = WorkerLock(folder)
    if not lock.take():
        return 0
    drained = True
    try:
        settings = load(folder)
        logs.configure(folder, "worker", settings.log.level)
        sys.setswitchinterval(_SWITCH_S)
        worker = Worker(folder, settings)
        with _ending_by_signal(worker.stop):
            drained = worker.run(mode, idle_s)
    except KnownError as failed:
        report("the worker ends", failed)  # nobody may be reading what a detached one prints
        raise
    finally:
        lock.release()
        logs.shut_down()
    if not drained:
        # A thread hangs in the operating system (a dead network drive) and would keep the process for ever.
        os._exit(0)
    return 0


class Worker:
    """One life of the worker, with the lock held. `stop` may be called from anywhere, at any time."""

    def __init__(self, folder: DataFolder, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = SystemClock()
        self._stopping = threading.Event()
        self._cameras_due = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self, mode: Mode, idle_s: float) -> bool:
        """Until stopped or not needed. False if something could not be ended and still hangs."""
        database = open_database(self._folder, clock=self._clock, checkpoints=True)
        try:
            self._join_parts(database)
            self._start_all()
            self._wait(mode, idle_s)
            return self._end_all()
        finally:
            database.close()

    def _join_parts(self, database: Database) -> None:
        self._database = database
        self._presence = Presence(database, self._clock)
        credentials = Credentials(self._folder)
        self._compute = Computing(self._settings.jobs.concurrency)
        self._feeds = Feeds(self._folder, self._settings, credentials, self._clock)
        self._scheduler = Scheduler(
            work_threads=_WORK_THREADS, capture_threads=_CAPTURE_THREADS, analysis_threads=SHARDS_AT_ONCE
        )
        self._live_compute = Computing(1)
        self._live = LiveTiming(database, self._feeds, self._live_compute)
        parts = Parts(database, self._folder, self._compute, self._feeds, self._clock)
        self._runner = Runner(parts, KINDS, self._settings, freed=lambda: self._dispatcher.wake())
        self._dispatcher = Dispatcher(
            database,
            self._runner,
            submit=lambda run, pool, name: self._scheduler.submit(run, pool=pool, name=name),
            pin=self._feeds.pin_for,
            unpin=self._feeds.unpin_for,
            clock=self._clock,
            worker_id=self._presence.id,
        )
        self._uploader = Uploader(database, self._folder, self._settings, credentials, self._clock, self._presence.id)
        self._status_rows = StatusRows(database, self._feeds)
        self._schedules = Schedules(database, self._settings, self._clock)
        self._api = ApiServer(self._folder, database, credentials, self._settings, self._clock)
        self._webhook = Webhook(self._folder, database, self._settings, self._clock)
        self._alerts = Alerts(database, self._folder, self._settings, self._feeds.statuses, self._clock)

    def _start_all(self) -> None:
        with self._database.read() as tx:
            self._settings_revision = stations.settings_revision(tx)
            self._cameras_revision = cameras.revision(tx)
        recover(self._database, self._folder, self._presence.id)
        incoming.sweep(self._folder, self._database, starting=True)
        self._presence.beat()
        _log.info("the worker started", pid=os.getpid())
        self._cameras_due.set()
        self._scheduler.start()
        self._scheduler.every(BEAT_S, reporting("presence", self._presence.beat), name="presence")
        self._scheduler.every(retention.EVERY_S, reporting("retention", self._retain), name="retention")
        self._scheduler.every(alerts.EVERY_S, reporting("alerts", self._alerts.step), name="alerts")
        self._scheduler.every(incoming.EVERY_S, reporting("incoming", self._sweep_incoming), name="incoming")
        watched = WatchFolder(self._database)
        self._scheduler.every(
            watch_folder.EVERY_S, reporting("watch folder", lambda: watched.poll(self._settings)), name="watch folder"
        )
        self._watching = supervise("watch", self._watch, self._stopping, cap_s=_WATCH_AGAIN_S)
        self._threads = [
            self._watching,
            supervise("cameras", self._keep_cameras, self._stopping),
            supervise("live timing", lambda: self._live.run(self._stopping), self._stopping),
            supervise("uploader", lambda: self._uploader.run(self._stopping), self._stopping),
            supervise("webhook", lambda: self._webhook.run(self._stopping), self._stopping),
            supervise("api", lambda: self._api.run(self._stopping), self._stopping),
        ]

    def _retain(self) -> None:
        retention.run_once(self._database, self._folder, self._settings, self._clock.utc_ns())

    def _sweep_incoming(self) -> None:
        incoming.sweep(self._folder, self._database)

    def _watch(self) -> None:
        """Ask for changes at 50 Hz; the queue first, then wishes that can wait."""
        changes = Changes(self._folder)
        try:
            while not self._stopping.is_set():
                changed = changes.changed()
                if changed or self._dispatcher.due():
                    self._dispatcher.step()
                if self._schedules.due(changed=changed):
                    self._schedules.step()
                if changed:
                    self._see_wishes()
                    self._uploader.wake()
                self._runner.stop_overdue()
                self._dispatcher.wait(_POLL_S)
        finally:
            changes.close()

    def _see_wishes(self) -> None:
        with self._database.read() as tx:
            settings_revision, cameras_revision = stations.settings_revision(tx), cameras.revision(tx)
        if self._presence.stop_asked():
            self.stop()
        if settings_revision != self._settings_revision:
            self._settings_revision = settings_revision
            self._take_settings()
        if cameras_revision != self._cameras_revision:
            self._cameras_revision = cameras_revision
            self._cameras_due.set()

    def _take_settings(self) -> None:
        try:
            self._settings = load(self._folder)
        except KnownError as unreadable:
            report("the former settings stay in force", unreadable)
            return
        logs.configure(self._folder, "worker", self._settings.log.level)
        self._runner.settings = self._schedules.settings = self._alerts.settings = self._settings
        self._api.settings = self._webhook.settings = self._settings
        self._uploader.change(self._settings)
        self._cameras_due.set()

    def _keep_cameras(self) -> None:
        """Off the watching thread: ending a feed may take a second."""
        while True:
            if self._cameras_due.is_set():
                self._sync_cameras()
            self._status_rows.write(self._clock.monotonic_ns())
            if self._stopping.wait(_CAMERAS_S):
                return

    def _sync_cameras(self) -> None:
        self._cameras_due.clear()
        synced = False
        try:
            with self._database.read() as tx:
                configured = cameras.every(tx)
            self._feeds.sync_with(configured, self._settings)
            synced = True
        finally:
            if not synced:
                self._cameras_due.set()  # this thread is started again, and tries again

    def _wait(self, mode: Mode, idle_s: float) -> None:
        idle_since_ns = self._clock.monotonic_ns()
        # Each look asks the database: a wall that is watched all day should not pay for four a second.
        pause_s = _IDLE_LOOK_S if mode is Mode.UNTIL_IDLE else min(_NEEDED_LOOK_S, idle_s / 4)
        while not self._stopping.wait(pause_s):
            if mode is Mode.FOREVER:
                continue
            now_ns = self._clock.monotonic_ns()
            try:
                needed = self._has_work() or (mode is Mode.WHILE_NEEDED and self._is_wanted())
            except KnownError:
                needed = True  # a database too busy to say is in use
            if needed:
                idle_since_ns = now_ns
            if not needed and (mode is Mode.UNTIL_IDLE or now_ns - idle_since_ns >= idle_s * 1e9):
                _log.info("the worker is not needed any more")
                return

    def _has_work(self) -> bool:
        with self._database.read() as tx:
            number = jobs.counts(tx)
            waits = number[JobState.PENDING] and job_holding.can_start(tx)
            return bool(waits or number[JobState.PROCESSING] or self._uploader.can_go_on(tx))

    def _is_wanted(self) -> bool:
        watches = bool(self._settings.imports.watch_folder) or self._schedules.any()
        return watches or self._settings.api.enabled or self._presence.somebody_needs_us()

    def _end_all(self) -> bool:
        """What is nearly done may end; the rest goes back to the queue, with no try spent."""
        self.stop()
        self._live.stop()
        self._watching.join(_DRAIN_S)  # it may be claiming a job just now, which ends like the others
        drained = self._drained(_GRACE_S)
        for job_id in self._runner.running():
            self._runner.cancel(job_id, Reason.STOPPING)
        drained = drained or self._drained(_DRAIN_S)
        for thread in self._threads:
            thread.join(_DRAIN_S)
        drained = drained and not any(thread.is_alive() for thread in self._threads)
        self._feeds.stop()
        self._compute.close()
        self._live_compute.close()
        self._scheduler.stop(wait=drained)
        reporting("the cameras' last rows", self._status_rows.write_ended)()
        if drained:  # else the row stays, and tells the next worker's recovery what this one may have left half-made
            reporting("leaving", self._presence.leave)()
        _log.info("the worker left", drained=drained)
        return drained

    def _drained(self, seconds: float) -> bool:
        never = threading.Event()
        deadline_ns = self._clock.monotonic_ns() + int(seconds * 1e9)
        while self._runner.running():
            if self._clock.monotonic_ns() > deadline_ns:
                return False
            never.wait(_POLL_S)
        return True


@contextmanager
def _ending_by_signal(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT end the worker in good order. Only a main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        stop()

    former = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
