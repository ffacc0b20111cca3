"""The tables around the jobs: the schedules that make them, the words they are found by, and the alerts."""

from enum import StrEnum

from sqlalchemy import DDL, REAL, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, event, text

from core.alert import AlertKind
from core.job import JobKind
from core.schedule import ScheduleTrigger
from core.store.column_types import Flag, JsonText, Word
from core.store.schema import COUNT_WITH, IS_FILED
from core.store.schema_parts import counts_from, flag, metadata, one_of, revision_column, trigger, valid_json

schedules = Table(
    "schedules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Word(JobKind), nullable=False),
    Column("params", JsonText, nullable=False, comment="of each job it makes"),
    Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id")),
    Column("trigger", Word(ScheduleTrigger), nullable=False),
    Column("every_s", REAL, comment="interval: seconds"),
    Column("cron", Text, comment="five fields of crontab(5)"),
    Column("time_zone", Text, nullable=False, comment="IANA name: whose clock the cron fields are read on"),
    Column("enabled", Flag, nullable=False),
    Column("next_run_at_ns", Integer, comment="null: the worker has yet to compute it"),
    Column("run_asked", Flag, nullable=False, comment="run now, whatever the calendar says"),
    Column("last_run_at_ns", Integer),
    Column("last_job_id", Text, comment="no foreign key: jobs are cleaned up"),
    Column("missed_runs", Integer, nullable=False, comment="times that passed without a run of their own"),
    Column("created_at_ns", Integer, nullable=False),
    Column("deleted_at_ns", Integer),
    revision_column(),
    one_of("kind", JobKind),
    one_of("trigger", ScheduleTrigger),
    *valid_json("params"),
    CheckConstraint("(trigger = 'interval') = (every_s IS NOT NULL)"),
    CheckConstraint("(trigger = 'cron') = (cron IS NOT NULL)"),
    CheckConstraint("every_s >= 1"),
    *counts_from(0, "missed_runs"),
    flag("enabled"),
    flag("run_asked"),
    Index("schedules_revision", "revision"),
    sqlite_strict=True,
)

RAISED = text("cleared_at_ns IS NULL")

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Word(AlertKind), nullable=False),
    Column("subject", Text, nullable=False, comment="a camera's id, or empty where there is but one"),
    Column("message", Text, nullable=False, comment="in the operator's words"),
    Column("hint", Text, nullable=False, comment="what to do"),
    Column("raised_at_ns", Integer, nullable=False),
    Column("cleared_at_ns", Integer, comment="null: it holds still"),
    revision_column(),
    one_of("kind", AlertKind),
    Index("alerts_revision", "revision"),
    Index("alerts_raised_at", "raised_at_ns", "id"),
    sqlite_strict=True,
)
Index("alerts_raised", alerts.c.kind, alerts.c.subject, unique=True, sqlite_where=RAISED)

# What jobs are found by, without a copy of it (content=''): the words people type, an index for each length of their
# beginnings, and beside them marks of the plain filters, so that the index itself meets a common word with a rare
# camera. A mark is short and may be another's too: whoever searches looks at the row again. They are added a few
# hundred jobs at a time, which costs a tenth of one by one; a search reads the few newest jobs themselves. A row is
# renewed when it fails, is cancelled or is tried again; a job's progress never touches it.
AT_ONCE = 256
"""A power of two."""


class Mark(StrEnum):
    """What a mark begins with: a private character, which nobody types. The SQL below says them again."""

    KIND = "\ue000"
    STATE = "\ue001"
    CHILD = "\ue002"
    CAMERA = "\ue003"
    TENANT = "\ue004"
    SESSION = "\ue005"

    def of(self, value: str) -> str:
        """The mark of this value: a word's begins as it does, an id's ends as it does."""
        if self in (Mark.KIND, Mark.STATE):
            return self + value[:3]
        return self + (value.lower() if self is Mark.CAMERA else value).encode().hex()[-6:]


def _mark(mark: Mark, column: str) -> str:
    if mark in (Mark.KIND, Mark.STATE):
        return f"' ' || char({ord(mark)}) || substr({column}, 1, 3)"
    column = f"lower({column})" if mark is Mark.CAMERA else column
    return f"' ' || char({ord(mark)}) || substr(hex({column}), -6)"


_WORDS = (
    "{0}.number, {0}.name || ' ' || ifnull({0}.camera_id, '') || ' ' || ifnull({0}.tenant_id, '') || ' ' || "
    "ifnull({0}.operator, '') || ' ' || ifnull({0}.task_id, '') || ' ' || "
    "ifnull(json_extract({0}.error, '$.message'), '') || "
    + " || ".join(
        (
            _mark(Mark.KIND, "{0}.kind"),
            f"iif({{0}}.state IN ('failed', 'cancelled'), {_mark(Mark.STATE, '{0}.state')}, '')",
            f"iif({{0}}.batch_id IS NULL, '', ' ' || char({ord(Mark.CHILD)}))",
            *(
                f"iif({{0}}.{column} IS NULL, '', {_mark(mark, f'{{0}}.{column}')})"
                for mark, column in (
                    (Mark.CAMERA, "camera_id"),
                    (Mark.TENANT, "tenant_id"),
                    (Mark.SESSION, "session_id"),
                )
            ),
        )
    )
)
_ADD = f"INSERT INTO job_words(rowid, words) VALUES ({_WORDS.format('NEW')});"
_DROP = f"INSERT INTO job_words(job_words, rowid, words) VALUES ('delete', {_WORDS.format('OLD')});"
_FILED_TO = "(SELECT number FROM counters WHERE name = 'filed_to')"
event.listen(
    metadata,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE VIRTUAL TABLE job_words USING fts5(words, content='', columnsize=0, detail=none, "
        "prefix='1 2 3 4 5 6 7 8 9 10', tokenize='unicode61 remove_diacritics 2')"
    ),
)
trigger(
    "jobs_filed",
    f"AFTER INSERT ON jobs WHEN (NEW.number & {AT_ONCE - 1}) = 0 BEGIN INSERT INTO job_words(rowid, words) "
    f"SELECT {_WORDS.format('jobs')} FROM jobs WHERE number > {_FILED_TO} AND number <= NEW.number; "
    "INSERT INTO counters SELECT 'jobs', kind, state, count(*) FROM jobs "
    f"WHERE number > {_FILED_TO} AND number <= NEW.number AND completed_at_ns IS NOT NULL AND is_batch = 0 "
    f"GROUP BY kind, state {COUNT_WITH} "
    "UPDATE counters SET number = NEW.number WHERE name = 'filed_to'; END",
)
trigger(
    "jobs_reworded",
    "AFTER UPDATE OF completed_at_ns, error ON jobs WHEN (NEW.error IS NOT OLD.error "
    "OR (NEW.state <> OLD.state AND (NEW.state IN ('failed', 'cancelled') OR OLD.state IN ('failed', 'cancelled')))) "
    f"AND OLD.{IS_FILED} BEGIN {_DROP} {_ADD} END",
)
trigger("jobs_unworded", f"BEFORE DELETE ON jobs WHEN OLD.{IS_FILED} BEGIN {_DROP} END")
# The number of a row that was the last is given again: what has it then is not filed yet.
trigger(
    "jobs_renumbered",
    "AFTER DELETE ON jobs BEGIN UPDATE counters SET number = (SELECT ifnull(max(number), 0) FROM jobs) "
    "WHERE name = 'filed_to' AND number > (SELECT ifnull(max(number), 0) FROM jobs); END",
)
