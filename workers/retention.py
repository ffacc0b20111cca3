"""Retention: files that the operator deleted go after some days, ended jobs and alerts later; objects never."""

from core import logs
from core.errors import DataFolderForeign
from core.paths import DataFolder
from core.settings import Settings
from core.store import alerts, files, jobs, stations
from core.store.database import Database
from core.store.file_rows import StoredItem

_log = logs.get("retention")
EVERY_S = 600.0
_DAY_NS = 86_400 * 1_000_000_000
_JOBS_AT_ONCE = 500


def run_once(database: Database, folder: DataFolder, settings: Settings, now_ns: int) -> None:
    """Remove what is past its days. Raises DataFolderForeign: a stranger's database decides about no file here."""
    with database.read() as tx:
        uuid = stations.identity(tx)
    if _written_identity(folder) != uuid:
        raise DataFolderForeign(folder=folder.root)
    before_ns = now_ns - settings.retention.deleted_days * _DAY_NS
    with database.read() as tx:
        expired = files.expired_deletions(tx, before_ns)
    for item in expired:
        _remove(database, folder, item, before_ns)
    with database.write() as tx:
        alerts.clean_up(tx, now_ns - settings.jobs.history_days * _DAY_NS)
    while True:
        with database.write() as tx:
            forgotten = jobs.clean_up(tx, now_ns - settings.jobs.history_days * _DAY_NS, _JOBS_AT_ONCE)
        if forgotten < _JOBS_AT_ONCE:
            break


def _remove(database: Database, folder: DataFolder, item: StoredItem, before_ns: int) -> None:
    with database.write() as tx:
        now = files.get(tx, item)
        if now.deleted_at_ns is None or now.deleted_at_ns >= before_ns:
            return  # had back meanwhile
        # First the row, then the file: a row never names what is not there.
        files.mark_file_gone(tx, item)
    folder.absolute(item.path).unlink(missing_ok=True)
    _log.info("a deleted file is gone", path=item.path)


def _written_identity(folder: DataFolder) -> str:
    try:
        return folder.identity_file.read_text("ascii").strip()
    except OSError:
        return ""
