"""The result files of jobs: verbs beyond these are described in file_rows.py."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import insert, select

from core.result import ResultFile
from core.store import uploads
from core.store.database import Reading, Writing
from core.store.file_rows import FileRows, names_of
from core.store.schema_files import VISIBLE
from core.store.schema_results import results
from core.upload import ItemKind

_NAMES = names_of(ResultFile)
_rows = FileRows(ItemKind.RESULT, results, ResultFile, _NAMES)


def add(tx: Writing, file: ResultFile, *, station_id: str) -> ResultFile:
    """The row of a whole, durable file, and its upload's row. A job has one file of a name."""
    file = replace(file, created_at_ns=tx.now_ns, revision=tx.revision())
    tx.execute(insert(results).values({name: getattr(file, name) for name in _NAMES}))
    uploads.add(tx, ItemKind.RESULT, file, station_id=station_id)
    return file


def for_job(tx: Reading, job_id: str) -> list[ResultFile]:
    """What a job made and nobody hid, by name."""
    query = select(*(results.c[name] for name in _NAMES)).where(results.c.job_id == job_id, VISIBLE)
    return [ResultFile(**row) for row in tx.rows(query.order_by(results.c.name))]


def for_jobs(tx: Reading, job_ids: Collection[str], limit: int) -> list[ResultFile]:
    """What several jobs made and nobody hid, newest first."""
    query = select(*(results.c[name] for name in _NAMES)).where(results.c.job_id.in_(job_ids), VISIBLE)
    return [ResultFile(**row) for row in tx.rows(query.order_by(results.c.id.desc()).limit(limit))]


get = _rows.get
by_path = _rows.by_path
changed = _rows.changed
star = _rows.star
delete = _rows.delete
undelete = _rows.undelete
expired_deletions = _rows.expired_deletions
mark_file_gone = _rows.mark_file_gone
mark_file_back = _rows.mark_file_back
every_path = _rows.every_path
