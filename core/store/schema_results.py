"""The table of the files that jobs made: tracks, reports, tables, annotated clips."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.store.column_types import Flag
from core.store.schema_files import HIDDEN
from core.store.schema_parts import counts_from, flag, metadata, revision_column

results = Table(
    "results",
    metadata,
    Column("id", Text, primary_key=True, comment="sorts by the time it was made"),
    Column("job_id", Text, nullable=False, comment="no foreign key: jobs are cleaned up sooner than what they made"),
    Column("name", Text, nullable=False, comment="as the operator reads it: tracks.txt"),
    Column("path", Text, nullable=False, unique=True, comment="relative to the data folder; the object key too"),
    Column("media_type", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", Text, nullable=False, comment="of the file, lower-case hex"),
    Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id"), comment="null: of no camera or of several"),
    Column("session_id", Text, ForeignKey("sessions.id")),
    Column("tenant_id", Text),
    Column("created_at_ns", Integer, nullable=False),
    Column("starred", Flag, nullable=False, comment="kept, and sent first"),
    Column("deleted_at_ns", Integer, comment="hidden by the operator; the file goes days later, the object never"),
    Column("file_gone_at_ns", Integer, comment="the local file was removed"),
    revision_column(),
    *counts_from(1, "bytes"),
    CheckConstraint("length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'"),
    flag("starred"),
    CheckConstraint("path GLOB 'results/*' AND NOT path GLOB '*..*'"),
    UniqueConstraint("job_id", "name"),
    sqlite_strict=True,
)
Index("results_hidden", results.c.deleted_at_ns, results.c.id, sqlite_where=HIDDEN)
Index("results_revision", results.c.revision)
Index("results_session", results.c.session_id, results.c.id)
