"""The tables, as SQLAlchemy knows them; the scripts in migrations/ make them, and a test holds the two equal.

Frames, clips and uploads are in schema_files.py; schedules, alerts and the words of jobs in schema_around_jobs.py.
Times end in _ns and are UTC nanoseconds. Every watched table carries `revision`, drawn from the one counter in
`counters` within the transaction that changed the row, so that a reader asks for `revision > ?`.
"""

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    TextClause,
    select,
    text,
)

from core.camera import CameraState, Transport
from core.job import JobKind, JobState
from core.process import Role
from core.store.column_types import Flag, JsonText, Word
from core.store.schema_parts import (
    counts_from,
    flag,
    metadata,
    one_of,
    revision_column,
    trigger,
    valid_json,
)

station = Table(
    "station",
    metadata,
    Column("id", Integer, primary_key=True, comment="always 1: one station a database"),
    Column("uuid", Text, nullable=False, comment="also in the file station.id: database and folder belong together"),
    Column("created_at_ns", Integer, nullable=False),
    Column("settings_revision", Integer, nullable=False, comment="when settings.toml last changed"),
    Column("wake_revision", Integer, nullable=False, comment="when the operator last asked to sync now"),
    Column("wake_served_revision", Integer, nullable=False, comment="the newest such wish that was wholly served"),
    Column("sync_paused", Flag, nullable=False),
    Column("first_run_done", Flag, nullable=False),
    CheckConstraint("id = 1"),
    flag("sync_paused"),
    flag("first_run_done"),
    sqlite_strict=True,
)

# All numbers that many a transaction moves, so that it writes one page for them: the revision; up to which job they
# are filed, which is when job_words gets their words and the counters what ended; how many of those jobs of a kind
# ended in a state (batches are not counted); and the sum of what the clock was set back between one job and the next.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True, comment="revision, jobs, filed_to or clock_back_ns"),
    Column("kind", Text, primary_key=True, comment="of jobs; else empty"),
    Column("state", Text, primary_key=True, comment="of jobs; else empty"),
    Column("number", Integer, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


def counted(name: str) -> Select[tuple[int]]:
    return select(counters.c.number).where(counters.c.name == name)


cameras = Table(
    "cameras",
    metadata,
    Column("id", Text(collation="NOCASE"), primary_key=True, comment="names folders; case does not tell two apart"),
    Column("url", Text, nullable=False, comment="never holds a user or password"),
    Column("name", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("transport", Word(Transport), nullable=False),
    Column("substream_url", Text, comment="a second, preview-only stream"),
    Column("ca_file", Text, comment="for rtsps with a certificate authority of one's own"),
    Column("fps", REAL, comment="pictures a second, where the operator says so"),
    Column("calibration", JsonText),
    Column("pit_box", JsonText, comment="polygon, corners as fractions 0-1 of width and height"),
    Column("enabled", Flag, nullable=False),
    Column("deleted_at_ns", Integer, comment="removed by the operator; frames still name it"),
    revision_column(),
    CheckConstraint("length(id) BETWEEN 1 AND 100 AND id GLOB '[A-Za-z0-9]*' AND NOT id GLOB '*[^A-Za-z0-9_-]*'"),
    one_of("transport", Transport),
    CheckConstraint("fps > 0"),
    *valid_json("calibration", "pit_box"),
    flag("enabled"),
    Index("cameras_revision", "revision"),
    sqlite_strict=True,
)

camera_statuses = Table(
    "camera_statuses",
    metadata,
    Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id"), primary_key=True),
    Column("state", Word(CameraState), nullable=False),
    Column("reason", Text, nullable=False, comment="in the operator's words"),
    Column("hint", Text, nullable=False, comment="what to do"),
    Column("since_ns", Integer, nullable=False, comment="in this state since"),
    Column("epoch", Integer, nullable=False, comment="counts connections"),
    Column("fps", REAL, nullable=False, comment="as measured"),
    Column("last_packet_ns", Integer),
    Column("ring_s", REAL, nullable=False, comment="seconds held before now"),
    Column("captured_u_ns", Integer, comment="95 % half-width of the capture clock now"),
    Column("found", JsonText, comment="codec, width, height, fps, keyframe interval, clock source"),
    revision_column(),
    one_of("state", CameraState),
    *counts_from(0, "epoch", "fps", "ring_s"),
    CheckConstraint("captured_u_ns > 0"),
    *valid_json("found"),
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("season", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("name", Text, nullable=False, comment="FP1 ... R"),
    Column("time_zone", Text, nullable=False, comment="IANA name; times are shown in it"),
    Column("created_at_ns", Integer, nullable=False),
    Column("closed_at_ns", Integer),
    Column("current", Flag, nullable=False, comment="new work belongs to it"),
    revision_column(),
    flag("current"),
    CheckConstraint("current = 0 OR closed_at_ns IS NULL"),
    sqlite_strict=True,
)
Index("sessions_current", sessions.c.current, unique=True, sqlite_where=text("current = 1"))

# Each index costs a page of the log in every commit that touches it, so there are few, and most are partial: a query
# gets one only if it says the very same words. Behind its columns stands the row's number: newest is ORDER BY number.
IS_READY = "(is_batch = 0 AND not_before_ns IS NULL AND held_because IS NULL AND waits_for IS NULL)"
"""1: a pending job may start now. An index on an expression serves the very same words."""
IS_TOP = "(batch_id IS NULL)"
DUE = text("not_before_ns IS NOT NULL")
# The unary plus keeps SQLite, which knows nothing of how many rows there are, from another index.
NEW_CAPTURES = text("+kind = 'capture' AND is_batch = 0 AND +state = 'pending'")
TOP_LEVEL = text("batch_id IS NULL")
BATCHES = text("is_batch = 1")
STARTED = text("started_at_ns IS NOT NULL")
NEVER_STARTED = text("started_at_ns IS NULL AND completed_at_ns IS NOT NULL")
OF_A_REQUEST = text("correlation_id <> id")
_OPEN = "state = 'pending' OR state = 'processing'"
_ENDED = "state = 'completed' OR state = 'failed' OR state = 'cancelled'"

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, comment="a rowid that VACUUM keeps: job_words names rows by it"),
    Column("id", Text, nullable=False, unique=True, comment="sorts by the time it was made"),
    Column("kind", Word(JobKind), nullable=False),
    Column("state", Word(JobState), nullable=False),
    Column("params", JsonText, nullable=False),
    Column("name", Text, nullable=False, comment="the caller's custom name"),
    Column(
        "priority", Integer, nullable=False, comment="higher first: person 100, re-run 50, schedule 5; run next > 1000"
    ),
    Column("attempt", Integer, nullable=False, comment="only grows; the newest alone may end the job"),
    Column("tries", Integer, nullable=False, comment="what Retry refills tries_left to"),
    Column("tries_left", Integer, nullable=False, comment="spent by errors and a worker's death, never by waiting"),
    Column("created_at_ns", Integer, nullable=False),
    Column("last_updated_ns", Integer, nullable=False),
    Column("progress", REAL, nullable=False, comment="per cent"),
    Column("stage", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("task_id", Text, comment="the caller's own id"),
    Column("tenant_id", Text, comment="the team: a label and a filter"),
    Column("operator", Text),
    Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id")),
    Column("session_id", Text, ForeignKey("sessions.id")),
    Column("batch_id", Text, ForeignKey("jobs.id", ondelete="CASCADE")),
    Column("is_batch", Flag, nullable=False, comment="never claimed: its children's states move it"),
    Column("worker_id", Text, comment="who has or had the newest attempt"),
    Column("not_before_ns", Integer, comment="waits until then; null: ready"),
    Column("held_because", Text, comment="why it waits, in the operator's words"),
    Column("after_id", Text, comment="starts when that job completed; no foreign key: it may be cleaned up before"),
    Column("waits_for", Text, comment="after_id while that job is open; a trigger clears it"),
    Column(
        "correlation_id", Text, nullable=False, comment="of the request it came with; else the batch's, or its own id"
    ),
    Column("error", JsonText, comment="of the last attempt that failed"),
    Column("summary", JsonText, nullable=False, comment="what it made"),
    Column("started_at_ns", Integer, comment="first attempt"),
    Column("completed_at_ns", Integer, comment="when it ended, however it did"),
    revision_column(),
    one_of("kind", JobKind),
    one_of("state", JobState),
    *valid_json("params", "error", "summary"),
    *counts_from(0, "priority", "attempt", "tries_left"),
    CheckConstraint("tries >= 1"),
    CheckConstraint("progress BETWEEN 0 AND 100"),
    flag("is_batch"),
    CheckConstraint("is_batch = 0 OR batch_id IS NULL"),
    CheckConstraint("state <> 'processing' OR is_batch = 1 OR (worker_id IS NOT NULL AND attempt > 0)"),
    CheckConstraint("state = 'pending' OR (not_before_ns IS NULL AND held_because IS NULL AND waits_for IS NULL)"),
    CheckConstraint("waits_for IS NULL OR waits_for = after_id"),
    CheckConstraint("is_batch = 0 OR after_id IS NULL"),
    CheckConstraint("(state IN ('completed', 'failed', 'cancelled')) = (completed_at_ns IS NOT NULL)"),
    CheckConstraint("state <> 'failed' OR is_batch = 1 OR error IS NOT NULL"),
    Index("jobs_revision", "revision"),
    sqlite_strict=True,
)
Index("jobs_task", jobs.c.task_id, unique=True, sqlite_where=text("task_id IS NOT NULL"))
# All that is open, in the order in which it starts: small while little waits, so that its moves stay in one page.
Index(
    "jobs_open",
    jobs.c.state,
    text(IS_READY),
    text(IS_TOP),
    jobs.c.kind,
    jobs.c.priority.desc(),
    sqlite_where=text(_OPEN),
)
Index("jobs_ended", jobs.c.state, jobs.c.kind, sqlite_where=text(_ENDED))
Index("jobs_ended_at", jobs.c.completed_at_ns, sqlite_where=text(f"{TOP_LEVEL} AND completed_at_ns IS NOT NULL"))
Index("jobs_due", jobs.c.not_before_ns, sqlite_where=DUE)
Index("jobs_new_captures", jobs.c.revision, sqlite_where=NEW_CAPTURES)
Index("jobs_batch", jobs.c.batch_id, jobs.c.state, sqlite_where=text("batch_id IS NOT NULL"))
Index("jobs_batches", jobs.c.state, jobs.c.kind, sqlite_where=BATCHES)
Index("jobs_tenant", jobs.c.tenant_id, sqlite_where=text("tenant_id IS NOT NULL"))
Index("jobs_camera", jobs.c.camera_id, sqlite_where=text("camera_id IS NOT NULL"))
Index(
    "jobs_session",
    jobs.c.session_id,
    jobs.c.state,
    jobs.c.kind,
    sqlite_where=text(f"session_id IS NOT NULL AND ({_ENDED})"),
)
Index("jobs_started", jobs.c.started_at_ns, sqlite_where=text(f"{TOP_LEVEL} AND {STARTED}"))
Index("jobs_never_started", jobs.c.created_at_ns, sqlite_where=text(f"{TOP_LEVEL} AND {NEVER_STARTED}"))
Index("jobs_waits_for", jobs.c.waits_for, sqlite_where=text("waits_for IS NOT NULL"))
Index("jobs_correlation", jobs.c.correlation_id, sqlite_where=OF_A_REQUEST)


def in_state(state: JobState) -> TextClause:
    """The words by which a query gets the index of the open or of the ended jobs: a parameter would not do."""
    return text(f"jobs.state = '{state}'")


# What ends, or ends no more, has its completed_at_ns changed: by this column's name a claim, which moves the state too,
# is spared all triggers. However a job ended: those that waited for it may be claimed, and then see how it ended.
trigger(
    "jobs_ended_before",
    "AFTER UPDATE OF completed_at_ns ON jobs WHEN NEW.completed_at_ns IS NOT NULL AND OLD.completed_at_ns IS NULL "
    "AND EXISTS (SELECT 1 FROM jobs WHERE waits_for = NEW.id) "
    "BEGIN UPDATE jobs SET waits_for = NULL, revision = NEW.revision, "
    "held_because = CASE WHEN not_before_ns IS NULL THEN NULL ELSE held_because END WHERE waits_for = NEW.id; END",
)

# Rows come in the order of their numbers, and so of the time they were made, unless the clock was set back: by how
# much, all in all, says how far around a time the rows that were made then must be looked for.
trigger(
    "jobs_out_of_time",
    "AFTER INSERT ON jobs WHEN NEW.created_at_ns < (SELECT created_at_ns FROM jobs WHERE number = NEW.number - 1) "
    "BEGIN UPDATE counters SET number = number - NEW.created_at_ns + "
    "(SELECT created_at_ns FROM jobs WHERE number = NEW.number - 1) WHERE name = 'clock_back_ns'; END",
)

# What ended is counted as it is filed, some hundred jobs at a time; each by itself only if it moves after that.
IS_FILED = "number <= (SELECT number FROM counters WHERE name = 'filed_to')"
COUNT_WITH = "ON CONFLICT (name, kind, state) DO UPDATE SET number = number + excluded.number;"
trigger(
    "jobs_counted",
    "AFTER UPDATE OF completed_at_ns ON jobs WHEN (NEW.completed_at_ns IS NULL) <> (OLD.completed_at_ns IS NULL) "
    f"AND NEW.is_batch = 0 AND NEW.{IS_FILED} BEGIN INSERT INTO counters VALUES ('jobs', NEW.kind, "
    "iif(NEW.completed_at_ns IS NULL, OLD.state, NEW.state), iif(NEW.completed_at_ns IS NULL, -1, 1)) "
    f"{COUNT_WITH} END",
)
trigger(
    "jobs_counted_out",
    f"BEFORE DELETE ON jobs WHEN OLD.is_batch = 0 AND OLD.completed_at_ns IS NOT NULL AND OLD.{IS_FILED} BEGIN "
    "UPDATE counters SET number = number - 1 WHERE name = 'jobs' AND kind = OLD.kind AND state = OLD.state; END",
)

early_cancels = Table(
    "early_cancels",
    metadata,
    Column("task_id", Text, primary_key=True, comment="cancelled before its job was created: the cancel wins"),
    Column("asked_at_ns", Integer, nullable=False),
    sqlite_strict=True,
)


processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Word(Role), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at_ns", Integer, nullable=False),
    Column("beat_at_ns", Integer, nullable=False, comment="6 s of silence is absence"),
    Column("version", Text, nullable=False),
    Column("stop_asked", Flag, nullable=False),
    Column("stop_reason", Text, nullable=False),
    one_of("role", Role),
    CheckConstraint("pid > 0"),
    flag("stop_asked"),
    sqlite_strict=True,
)
