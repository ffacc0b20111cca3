"""Health: one check a part of the station, each with its verdict, its time in ms and what to do."""

import ctypes
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from core.camera import CameraState
from core.clock import utc_text
from core.credentials import Credentials
from core.errors import KnownError
from core.media import ffmpeg
from core.paths import DataFolder
from core.process import Role
from core.run import AnalysisUnreachable
from core.settings import Settings, load
from core.store import cameras, processes, stations
from core.store.database import Database, open_database
from workers.analysis.gemini_test import ask_gemini
from workers.supervision import failure_of, report
from workers.sync.uploader import test_store

_WAL_RESET_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""A race that can corrupt a WAL database with two connections is fixed from these on, each in its own series."""
_TIME_ERROR = 5
"""adjtimex(2): the kernel's clock is not synchronised."""


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    verdict: Verdict
    message: str
    hint: str = ""
    ms: float = 0.0


PARTS_DEADLINE_S = 3.0
"""Of each part that is asked while the station works."""
_STORAGE_FRESH_S = 10.0
_FRESH_S = 1.0
_GEMINI_DEADLINE_S = 60.0


def check_station(folder: DataFolder) -> list[Check]:
    """Check every part by its deadline; one that fails is told, and the rest go on as far as they can without it."""
    return list(_checks(folder))


def check_gemini(folder: DataFolder) -> list[Check]:
    """Settings and Gemini alone, for the settings page: the whole station takes longer than people wait."""
    try:
        settings = load(folder)
    except KnownError as error:
        return [Check("settings", Verdict.FAIL, error.title, error.hint)]
    return [_once("gemini", lambda: _gemini(settings, Credentials(folder)), _GEMINI_DEADLINE_S)]


def _checks(folder: DataFolder) -> Iterator[Check]:
    yield _once("data folder", lambda: _data_folder(folder))
    try:
        settings = load(folder)
    except KnownError as error:
        yield Check("settings", Verdict.FAIL, error.title, error.hint)
        return
    retired = ", ".join(settings.retired)
    yield Check(
        "settings",
        Verdict.WARN if retired else Verdict.OK,
        f"retired names without effect: {retired}" if retired else "read",
    )
    yield _once("media", _media, 30.0)
    yield _once("clock", _clock)
    credentials = Credentials(folder)
    yield _once("gemini", lambda: _gemini(settings, credentials), _GEMINI_DEADLINE_S)
    yield _once("credentials", lambda: Check("", Verdict.OK, f"kept in: {credentials.kept_in}"), 30.0)
    try:
        database = open_database(folder)
    except KnownError as error:
        yield Check("database", Verdict.FAIL, error.title, error.hint)
        return
    try:
        yield _once("integrity", lambda: _integrity(database), 600.0)
        yield from Health(folder, database, credentials, lambda: settings, 2 * settings.storage.timeout_s + 5).check()
    finally:
        database.close()


class Health:
    """The parts that a working station stands on, asked all at once, each with its deadline. From any thread.

    A part that does not answer costs one waiting thread, however often it is asked.
    """

    def __init__(
        self,
        folder: DataFolder,
        database: Database,
        credentials: Credentials,
        settings: Callable[[], Settings],
        storage_deadline_s: float = PARTS_DEADLINE_S,
    ) -> None:
        self._lock = threading.Lock()
        self._parts = [
            _Part("database", lambda: _database(database), PARTS_DEADLINE_S, _FRESH_S),
            _Part("storage", lambda: _storage(settings(), credentials), storage_deadline_s, _STORAGE_FRESH_S),
            _Part("cameras", lambda: _cameras(database), PARTS_DEADLINE_S, _FRESH_S),
            _Part("disk", lambda: _disk(folder, settings()), PARTS_DEADLINE_S, _FRESH_S),
            _Part("worker", lambda: _worker(database), PARTS_DEADLINE_S, _FRESH_S),
        ]

    def check(self) -> list[Check]:
        """An answer serves all who ask within a second; the store, which is written to, is asked every 10 s."""
        with self._lock:
            for part in self._parts:
                part.begin()
            return [part.answer() for part in self._parts]


class _Part:
    """One check on a thread of its own."""

    def __init__(self, name: str, check: Callable[[], Check], deadline_s: float, fresh_s: float = 0.0) -> None:
        self._name = name
        self._check = check
        self._deadline_s = deadline_s
        self._fresh_s = fresh_s
        self._began_s = 0.0
        self._thread: threading.Thread | None = None
        self._found: Check | None = None
        self._found_s = 0.0

    def begin(self) -> None:
        """Ask, unless it is being asked, or answered a moment ago."""
        asked = self._thread is not None and self._thread.is_alive()
        if asked or (self._found is not None and time.monotonic() - self._found_s < self._fresh_s):
            return
        self._began_s, self._found = time.monotonic(), None
        self._thread = threading.Thread(target=self._ask, name=f"health-{self._name}", daemon=True)
        self._thread.start()

    def answer(self) -> Check:
        """Within the deadline from when it was asked."""
        if self._thread is not None:
            self._thread.join(max(self._began_s + self._deadline_s - time.monotonic(), 0))
        if self._found is None:
            silent_s = time.monotonic() - self._began_s
            message = f"no answer within {silent_s:.1f} s"
            return Check(self._name, Verdict.FAIL, message, "It is asked again by itself.", round(silent_s * 1e3, 1))
        return self._found

    def _ask(self) -> None:
        found: list[Check] = []
        failed = failure_of(lambda: found.append(self._check()))
        if isinstance(failed, KnownError):
            found = [Check("", Verdict.FAIL, failed.title, failed.hint)]
        elif failed is not None:
            report(f"the check of {self._name}", failed)
            found = [Check("", Verdict.FAIL, "a bug of ours stopped the check; its details are in the log")]
        now_s = time.monotonic()
        self._found_s = now_s
        self._found = replace(found[0], name=self._name, ms=round((now_s - self._began_s) * 1e3, 1))


def _once(name: str, check: Callable[[], Check], deadline_s: float = 5.0) -> Check:
    part = _Part(name, check, deadline_s)
    part.begin()
    return part.answer()


def _data_folder(folder: DataFolder) -> Check:
    folder.create()
    return Check("", Verdict.OK, str(folder.root))


def _disk(folder: DataFolder, settings: Settings) -> Check:
    free_bytes = shutil.disk_usage(folder.root).free
    enough = free_bytes > settings.retention.min_free_bytes
    return Check(
        "",
        Verdict.OK if enough else Verdict.FAIL,
        f"{free_bytes / 1e9:.1f} GB free",
        "" if enough else "Free some space: new clips are refused until then. What was captured is safe.",
    )


def _media() -> Check:
    missing = ffmpeg.missing_decoders()
    if missing:
        return Check("", Verdict.FAIL, f"this FFmpeg can't decode {', '.join(missing)}", "Install the station again.")
    return Check("", Verdict.OK, f"FFmpeg {ffmpeg.version()}, H.264, H.265 and MJPEG")


def _clock() -> Check:
    now = utc_text(time.time_ns())
    if not sys.platform.startswith("linux"):
        return Check("", Verdict.OK, f"{now}; whether it is synchronised can't be asked on this system")
    timex = ctypes.create_string_buffer(512)  # struct timex, modes 0: only read
    if ctypes.CDLL(None).adjtimex(timex) == _TIME_ERROR:
        return Check(
            "",
            Verdict.WARN,
            f"{now}; not synchronised",
            "Set the computer's clock before the session: captured times without a camera clock follow it.",
        )
    return Check("", Verdict.OK, f"{now}; synchronised")


def _database(database: Database) -> Check:
    with database.read() as tx:
        stations.revision(tx)
    with database.write():
        pass  # nobody else holds it
    return Check("", Verdict.OK, "reads, and can be written")


def _integrity(database: Database) -> Check:
    problems = database.integrity_check()
    if problems:
        return Check(
            "",
            Verdict.FAIL,
            f"damaged: {problems[0]}",
            "Stop the station and put back a snapshot (station.db.before-*).",
        )
    version = sqlite3.sqlite_version_info
    sound = version >= _WAL_RESET_FIXED[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in _WAL_RESET_FIXED
    )
    if not sound:
        return Check(
            "",
            Verdict.WARN,
            f"whole; SQLite {sqlite3.sqlite_version} has a known WAL-reset race",
            "Only one connection of the station checkpoints, which avoids it; SQLite 3.51.3 or later ends it.",
        )
    return Check("", Verdict.OK, f"whole; SQLite {sqlite3.sqlite_version}")


def _worker(database: Database) -> Check:
    with database.read() as tx:
        present = processes.present(tx, Role.WORKER)
    return Check(
        "", Verdict.OK, f"running, process {present[0].pid}" if present else "not running; started when needed"
    )


def _cameras(database: Database) -> Check:
    with database.read() as tx:
        configured = cameras.every(tx)
        running = bool(processes.present(tx, Role.WORKER))
        statuses = {status.camera_id: status for status in cameras.statuses(tx)}
    if not configured:
        return Check("", Verdict.OK, "none configured")
    if not running:
        return Check("", Verdict.OK, f"{len(configured)} configured; states are known while the worker runs")
    lost = [
        f"{camera.label}: {statuses[camera.id].reason}"
        for camera in configured
        if camera.id in statuses and statuses[camera.id].state is not CameraState.LIVE
    ]
    if lost:
        return Check("", Verdict.WARN, "; ".join(lost), "The station goes on trying; see Cameras ▸ Test.")
    return Check("", Verdict.OK, f"{len(configured)} live")


def _storage(settings: Settings, credentials: Credentials) -> Check:
    report = test_store(settings, credentials)
    return Check("", Verdict.WARN if report.warnings else Verdict.OK, report.message, " ".join(report.warnings))


def _gemini(settings: Settings, credentials: Credentials) -> Check:
    """A network that is away is no fault of the station's."""
    try:
        report = ask_gemini(settings, credentials)
    except AnalysisUnreachable as away:
        return Check("", Verdict.WARN, away.title, away.hint)
    return Check("", Verdict.WARN if report.warnings else Verdict.OK, report.message, " ".join(report.warnings))
