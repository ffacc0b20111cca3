"""schema.py is what the migrations make, and the database itself believes what the code believes."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import create_engine

from core import job, upload
from core.camera import CameraState, ClockSource, Transport
from core.job import BATCH_MOVES, JobKind, JobState
from core.process import Role
from core.run import FINDING_MOVES, FindingState, RunProvider
from core.store import (
    findings,
    frames,
    job_rows,
    job_starts,
    jobs,
    runs,
    schema_analysis,
    schema_around_jobs,
    schema_files,
    schema_parts,
    schema_results,
    schema_stops,
    stops,
    uploads,
)
from core.store.database import Reading, Writing
from core.store.jobs import JobFilter
from core.upload import ItemKind, UploadState


def tables_of(connection: Any) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    plain = {name: re.sub(r"--[^\n]*", "", sql) for name, sql in rows}
    return {name: re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", sql)).strip() for name, sql in plain.items()}


def test_the_migrations_and_the_schema_make_the_same_tables_indices_and_triggers(db, folder):
    engine = create_engine("sqlite://")
    schema_parts.metadata.create_all(engine)
    with engine.connect() as connection, closing(sqlite3.connect(folder.database)) as migrated:
        described = tables_of(connection.connection.dbapi_connection)
        assert tables_of(migrated) == described
    engine.dispose()


def test_every_table_is_strict():
    for module in (
        schema_files.frames,
        schema_around_jobs.alerts,
        schema_results.results,
        schema_stops.stops,
        schema_analysis.runs,
    ):
        assert module.metadata is schema_parts.metadata
    for table in schema_parts.metadata.tables.values():
        assert table.dialect_options["sqlite"]["strict"], table.name


@pytest.mark.parametrize(
    "table,column,words",
    [
        ("jobs", "state", JobState),
        ("jobs", "kind", JobKind),
        ("uploads", "state", UploadState),
        ("uploads", "item_kind", ItemKind),
        ("camera_statuses", "state", CameraState),
        ("cameras", "transport", Transport),
        ("frames", "clock_source", ClockSource),
        ("clips", "clock_source", ClockSource),
        ("processes", "role", Role),
        ("runs", "provider", RunProvider),
        ("findings", "state", FindingState),
    ],
)
def test_a_column_of_words_takes_the_words_of_its_enum_and_no_others(db, folder, table, column, words):
    with closing(sqlite3.connect(folder.database)) as plain:
        (sql,) = plain.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    (listed,) = re.findall(rf"CHECK \({column} IN \((.*?)\)\)", sql)
    assert [word.strip("' ") for word in listed.split(",")] == [word.value for word in words]


def test_the_tables_of_moves_speak_of_every_state_and_of_no_other():
    for moves, states in (
        (job.MOVES, JobState),
        (BATCH_MOVES, JobState),
        (upload.MOVES, UploadState),
        (FINDING_MOVES, FindingState),
    ):
        assert set(moves) == set(states)
        assert all(targets <= set(states) for targets in moves.values())


def test_times_sizes_and_spans_say_their_units():
    odd = [
        f"{table.name}.{column.name}"
        for table in schema_parts.metadata.tables.values()
        for column in table.c
        if re.search(r"(_at|_before|duration|since|_u)$", column.name)
    ]
    assert odd == []


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE frames SET captured_u_ns = 0",
        "UPDATE frames SET sha256 = 'ABC'",
        "UPDATE frames SET meta = '{'",
        "UPDATE frames SET epoch = 1",
        "UPDATE frames SET path = 'frames/../../etc/passwd'",
        "UPDATE frames SET width = 'wide'",
        "UPDATE frames SET camera_id = 'Nobody'",
        "UPDATE jobs SET state = 'completed'",
        "UPDATE jobs SET state = 'processing'",
        "UPDATE jobs SET progress = 101",
        "UPDATE jobs SET state = 'failed', completed_at_ns = 1",
        "UPDATE uploads SET state = 'verified'",
        "UPDATE uploads SET sent_bytes = bytes + 1",
        "UPDATE station SET id = 2",
    ],
)
def test_the_database_itself_refuses(db, keep, folder, wrong):
    keep()
    with db.write() as tx:
        jobs.enqueue(tx, job.NewJob(JobKind.CAPTURE, {}))
    with closing(sqlite3.connect(folder.database)) as plain:
        plain.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            plain.execute(wrong)


class Plans(Writing):
    """Notes how SQLite means to answer every statement that the store's own functions run."""

    def __init__(self, tx: Reading) -> None:
        super().__init__(tx.connection, tx._driver, tx.now_ns)
        self.said: list[tuple[str, str]] = []

    def execute(self, statement, rows=None):
        compiled = statement.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        plan = self.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", _bound(compiled)).all()
        self.said += [(str(compiled), line[3]) for line in plan]
        return super().execute(statement, rows)

    def execute_compiled(self, sql, values):
        plan = self.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(values)).all()
        self.said += [(sql, line[3]) for line in plan]
        return super().execute_compiled(sql, values)


def _bound(compiled):
    processors = compiled._bind_processors
    given = compiled.construct_params()
    return tuple(processors.get(name, lambda value: value)(given[name]) for name in compiled.positiontup)


READS = {
    "jobs": lambda tx: job_rows.page(tx, JobFilter(), "made:5"),
    "failed and cancelled jobs": lambda tx: job_rows.page(tx, JobFilter(states={JobState.FAILED, JobState.CANCELLED})),
    "jobs of a session": lambda tx: job_rows.page(tx, JobFilter(session_id="s", states={JobState.COMPLETED})),
    "jobs of a camera": lambda tx: job_rows.page(tx, JobFilter(camera_id="c")),
    "jobs of a team": lambda tx: job_rows.page(tx, JobFilter(tenant_id="t")),
    "jobs of a day": lambda tx: job_rows.page(tx, JobFilter(from_ns=1, to_ns=2)),
    "jobs of a kind": lambda tx: job_rows.page(tx, JobFilter(kinds={JobKind.REPORT})),
    "jobs of a batch": lambda tx: job_rows.page(tx, JobFilter(batch_id="b")),
    "started jobs": lambda tx: job_starts.page(tx, state=JobState.COMPLETED, from_ns=1, to_ns=2),
    "the panel": lambda tx: jobs.active(tx, 5),
    "changed jobs": lambda tx: jobs.changed(tx, revision=5),
    "captures to pin": lambda tx: jobs.new_captures(tx, 5),
    "the next due job": jobs.next_due_ns,
    "frames": lambda tx: frames.page(tx, frames.FrameFilter(), "5:x"),
    "starred frames": lambda tx: frames.page(tx, frames.FrameFilter(starred=True)),
    "frames of a camera": lambda tx: frames.page(tx, frames.FrameFilter(camera_id="c")),
    "frames of a session and camera": lambda tx: frames.page(tx, frames.FrameFilter(camera_id="c", session_id="s")),
    "frames of a day": lambda tx: frames.page(tx, frames.FrameFilter(from_ns=1, to_ns=2)),
    "a frame by hash": lambda tx: frames.by_hash(tx, "0" * 64),
    "hidden frames": lambda tx: frames.expired_deletions(tx, 5),
    "changed frames": lambda tx: frames.changed(tx, 5),
    "the next due upload": uploads.next_due_ns,
    "why uploads wait": uploads.summary,
    "runs": lambda tx: runs.page(tx, "5:x"),
    "changed runs": lambda tx: runs.changed(tx, 5),
    "a run's findings": lambda tx: findings.page(tx, "r", limit=5),
    "a run's failed findings": lambda tx: findings.page(tx, "r", wanted=findings.FindingFilter(FindingState.FAILED)),
    "a whole run": lambda tx: findings.after(tx, "r", 5),
    "a run's changed findings": lambda tx: findings.changed(tx, "r", 5),
    "what a shard has to do": lambda tx: findings.pending(tx, "j"),
    "stops of a session": lambda tx: stops.for_session(tx, "s"),
    "stops of a clip": lambda tx: stops.for_clip(tx, "c"),
    "a camera's last stop": lambda tx: stops.newest(tx, "c"),
}


@pytest.mark.parametrize("name", READS)
def test_no_page_sorts_or_searches_the_whole_table(db, name):
    with db.read() as tx:
        plans = Plans(tx)
        READS[name](plans)
    _assert_indexed(plans.said)


def test_claims_look_only_where_the_next_one_stands(db, keep):
    keep()
    with db.write() as tx:
        jobs.enqueue(tx, job.NewJob(JobKind.IMPORT, {}))
        plans = Plans(tx)
        assert jobs.claim(plans, worker_id="w", kinds_free=dict.fromkeys(JobKind, 1))
        assert uploads.claim_next(plans, "w")
    _assert_indexed(plans.said)


def _assert_indexed(said):
    """No scan of a table, and no sort of one; one row a kind, of a UNION or of the claim's `part`, may be sorted."""
    few = {"station", "upload_totals", "counters", "cameras", "part", "CONSTANT", "SUBQUERY"}
    for statement, line in said:
        few_sorted = "UNION ALL" in statement or "AS part CROSS JOIN jobs" in statement
        sorts = line.startswith("USE TEMP B-TREE FOR ORDER BY") and not few_sorted
        found = line.split() if line.startswith("SCAN") and "USING" not in line else []
        scans = bool(found) and not few.intersection(found) and not found[1].startswith(("anon_", "(subquery"))
        assert not sorts and not scans, f"{line}\n{statement}"
