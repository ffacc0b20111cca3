"""Health: one check a part of the station, each with its verdict, its time in ms and what to do."""

import ctypes
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.camera import CameraState
from core.clock import utc_text
from core.credentials import Credentials
from core.errors import KnownError
from core.media import ffmpeg
from core.paths import DataFolder
from core.process import Role
from core.settings import Settings, load
from core.store import cameras, processes
from core.store.database import Database, open_database
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


def check_station(folder: DataFolder) -> list[Check]:
    """Check every part; one that fails is told and the rest go on as far as they can without it."""
    return list(_checks(folder))


def _checks(folder: DataFolder) -> Iterator[Check]:
    yield _timed("data folder", lambda: _data_folder(folder))
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
    yield _timed("disk", lambda: _disk(folder, settings))
    yield _timed("media", _media)
    yield _timed("clock", _clock)
    credentials = Credentials(folder)
    yield _timed("credentials", lambda: Check("", Verdict.OK, f"kept in: {credentials.kept_in}"))
    try:
        database = open_database(folder)
    except KnownError as error:
        yield Check("database", Verdict.FAIL, error.title, error.hint)
        return
    try:
        yield _timed("database", lambda: _database(database))
        yield _timed("worker", lambda: _worker(database))
        yield _timed("cameras", lambda: _cameras(database))
    finally:
        database.close()
    yield _timed("storage", lambda: _storage(settings, credentials))


def _timed(name: str, check: Callable[[], Check]) -> Check:
    started = time.perf_counter()
    try:
        found = check()
    except KnownError as error:
        found = Check(name, Verdict.FAIL, error.title, error.hint)
    return Check(name, found.verdict, found.message, found.hint, round((time.perf_counter() - started) * 1e3, 1))


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
