"""The tables of the analysis: the runs, and what each says of its assets."""

from sqlalchemy import REAL, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from core.run import FindingState, RunProvider
from core.store.column_types import JsonText, Word
from core.store.schema_parts import counts_from, metadata, one_of, revision_column, trigger, valid_json

RUN_THERE = text("deleted_at_ns IS NULL")

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True, comment="sorts by the time it was made"),
    Column("job_id", Text, nullable=False, comment="its batch; no foreign key: jobs are cleaned up sooner"),
    Column("name", Text, nullable=False),
    Column("pack_name", Text, nullable=False),
    Column("pack_version", Text, nullable=False),
    Column("pack", JsonText, nullable=False, comment="as it was when the run was made"),
    Column("provider", Word(RunProvider), nullable=False, comment="as asked"),
    Column("options", JsonText, nullable=False, comment="for the provider"),
    Column("budget_usd", REAL, comment="held before it would cost more; null: what the settings say"),
    Column("held_because", Text, comment="nothing new of it begins until it is resumed"),
    Column("assets", Integer, nullable=False),
    Column("completed", Integer, nullable=False, comment="findings; kept by a trigger"),
    Column("failed", Integer, nullable=False, comment="findings; kept by a trigger"),
    Column("tokens_in", Integer, nullable=False, comment="of every call; kept by a trigger"),
    Column("tokens_out", Integer, nullable=False, comment="of every call; kept by a trigger"),
    Column("cost_usd", REAL, nullable=False, comment="of every call; kept by a trigger"),
    Column("created_at_ns", Integer, nullable=False),
    Column("ended_at_ns", Integer, comment="when no finding was pending any more"),
    Column("files_job_id", Text, comment="the shard that writes the files of the findings"),
    Column("session_id", Text, ForeignKey("sessions.id")),
    Column("tenant_id", Text),
    Column("operator", Text),
    Column("deleted_at_ns", Integer, comment="deleted whole: its findings are gone"),
    revision_column(),
    one_of("provider", RunProvider),
    *valid_json("pack", "options"),
    *counts_from(0, "completed", "failed", "tokens_in", "tokens_out", "cost_usd", "budget_usd"),
    CheckConstraint("assets >= 1 AND completed + failed <= assets"),
    Index("runs_revision", "revision"),
    Index("runs_job", "job_id"),
    sqlite_strict=True,
)
Index("runs_created", runs.c.created_at_ns, runs.c.id, sqlite_where=RUN_THERE)

findings = Table(
    "findings",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, comment="place in the run, from 0"),
    Column("asset_id", Text, nullable=False, comment="once a run"),
    Column("location", Text, nullable=False),
    Column("frames", JsonText, nullable=False, comment="in their order: a path, or the id of a frame of the library"),
    Column("state", Word(FindingState), nullable=False),
    Column("job_id", Text, nullable=False, comment="its shard; no foreign key: jobs are cleaned up sooner"),
    Column("error", JsonText, comment="slug, message, hint"),
    Column("model", Text, nullable=False),
    Column("tokens_in", Integer, nullable=False, comment="of every call for it"),
    Column("tokens_out", Integer, nullable=False, comment="of every call for it"),
    Column("cost_usd", REAL, nullable=False, comment="of every call for it"),
    Column("took_ms", REAL, nullable=False, comment="of the last try"),
    Column("raw", Text, nullable=False, comment="the answer as it came, of the last call"),
    Column("answer", JsonText, comment="values by the pack's columns; it keeps the pack's schema"),
    Column("notes", JsonText, nullable=False),
    Column("ended_at_ns", Integer),
    revision_column(),
    one_of("state", FindingState),
    *valid_json("frames", "error", "answer", "notes"),
    *counts_from(0, "number", "tokens_in", "tokens_out", "cost_usd", "took_ms"),
    CheckConstraint("(state = 'completed') = (answer IS NOT NULL)"),
    CheckConstraint("(state = 'failed') = (error IS NOT NULL)"),
    CheckConstraint("(state = 'pending') = (ended_at_ns IS NULL)"),
    UniqueConstraint("run_id", "asset_id"),
    Index("findings_state", "run_id", "state", "number"),
    Index("findings_job", "job_id", "state", "number"),
    Index("findings_revision", "run_id", "revision"),
    sqlite_strict=True,
)

trigger(
    "findings_counted",
    "AFTER UPDATE OF state, tokens_in, tokens_out, cost_usd ON findings BEGIN UPDATE runs SET "
    "completed = completed + (NEW.state = 'completed') - (OLD.state = 'completed'), "
    "failed = failed + (NEW.state = 'failed') - (OLD.state = 'failed'), "
    "tokens_in = tokens_in + NEW.tokens_in - OLD.tokens_in, "
    "tokens_out = tokens_out + NEW.tokens_out - OLD.tokens_out, "
    "cost_usd = max(cost_usd + NEW.cost_usd - OLD.cost_usd, 0.0), "
    "ended_at_ns = iif(assets = completed + failed - (OLD.state <> 'pending') + (NEW.state <> 'pending'), "
    "NEW.ended_at_ns, NULL), "
    "files_job_id = iif(NEW.state = 'pending', NULL, files_job_id), "
    "revision = NEW.revision WHERE id = NEW.run_id; END",
)
# The operator's Retry of a shard, wherever it was pressed, asks again for what failed in it.
trigger(
    "findings_of_a_retried_job",
    "AFTER UPDATE OF completed_at_ns ON jobs WHEN OLD.state = 'failed' AND NEW.state = 'pending' "
    "AND NEW.kind = 'analyze' AND NEW.is_batch = 0 "
    "BEGIN UPDATE findings SET state = 'pending', error = NULL, ended_at_ns = NULL, "
    "revision = NEW.revision WHERE job_id = NEW.id AND state = 'failed'; END",
)
