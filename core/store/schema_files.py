"""The tables of the files: frames, clips, and the uploads that carry them to object storage."""

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from core.camera import ClockSource
from core.store.column_types import Flag, JsonText, Word
from core.store.schema_parts import counts_from, flag, metadata, one_of, revision_column, trigger, valid_json
from core.upload import ItemKind, UploadState


def _item_columns() -> list[SchemaItem]:
    """What frames and clips have in common."""
    return [
        Column("id", Text, primary_key=True, comment="sorts by the time it was made"),
        Column("path", Text, nullable=False, unique=True, comment="relative to the data folder; the object key too"),
        Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id"), nullable=False),
        Column("session_id", Text, ForeignKey("sessions.id")),
        Column("job_id", Text, comment="no foreign key: jobs are cleaned up sooner than what they made"),
        Column("ordinal", Integer, nullable=False, comment="place in its job: a second attempt makes no second row"),
        Column("format", Text, nullable=False),
        Column("width", Integer, nullable=False, comment="pixels"),
        Column("height", Integer, nullable=False, comment="pixels"),
        Column("bytes", Integer, nullable=False),
        Column("sha256", Text, nullable=False, comment="of the file, lower-case hex"),
        Column("captured_at_ns", Integer, nullable=False, comment="when light hit the sensor, not when we noticed"),
        Column("captured_u_ns", Integer, nullable=False, comment="95 % half-width of the above; never zero"),
        Column("clock_source", Word(ClockSource), nullable=False),
        Column("epoch", Integer, comment="the feed's connection; with pts the very instant"),
        Column("pts", Integer, comment="in the stream's time base"),
        Column("timestamp_ref", Text),
        Column("location", Text),
        Column("camera_angle", Text),
        Column("exposure", REAL, comment="as the operator gave it"),
        Column("sensor_info", Text),
        Column("meta", JsonText, nullable=False, comment="the operator's free fields"),
        Column("exif", JsonText, nullable=False, comment="as the file had it"),
        Column("original_filename", Text),
        Column("request_id", Text),
        Column("operator", Text),
        Column("tenant_id", Text),
        Column("starred", Flag, nullable=False, comment="kept, and sent first"),
        Column("created_at_ns", Integer, nullable=False),
        Column("deleted_at_ns", Integer, comment="hidden by the operator; the file goes days later, the object never"),
        Column("file_gone_at_ns", Integer, comment="the local file was removed"),
        revision_column(),
        *counts_from(0, "ordinal", "exposure"),
        *counts_from(1, "width", "height", "bytes", "captured_u_ns"),
        CheckConstraint("length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'"),
        one_of("clock_source", ClockSource),
        CheckConstraint("(epoch IS NULL) = (pts IS NULL)"),
        *valid_json("meta", "exif"),
        flag("starred"),
        UniqueConstraint("job_id", "camera_id", "ordinal"),
    ]


VISIBLE = text("deleted_at_ns IS NULL")
STARRED = text("deleted_at_ns IS NULL AND starred = 1")
HIDDEN = text("deleted_at_ns IS NOT NULL")

frames = Table(
    "frames",
    metadata,
    *_item_columns(),
    CheckConstraint("path GLOB 'frames/*' AND NOT path GLOB '*..*'"),
    sqlite_strict=True,
)
clips = Table(
    "clips",
    metadata,
    *_item_columns(),
    Column("codec", Text, nullable=False),
    Column("duration_ns", Integer, nullable=False, comment="from the first picture to the end of the last"),
    Column("frame_count", Integer, nullable=False),
    Column("gaps", JsonText, nullable=False, comment="asked for and not there: camera, start_ns, end_ns, reason"),
    CheckConstraint("path GLOB 'clips/*' AND NOT path GLOB '*..*'"),
    *counts_from(0, "duration_ns"),
    *counts_from(1, "frame_count"),
    *valid_json("gaps"),
    sqlite_strict=True,
)
for _items in (frames, clips):
    _c, _named = _items.c, _items.name
    Index(f"{_named}_captured", _c.captured_at_ns, _c.id, sqlite_where=VISIBLE)
    Index(f"{_named}_camera", _c.camera_id, _c.captured_at_ns, _c.id, sqlite_where=VISIBLE)
    Index(f"{_named}_session", _c.session_id, _c.captured_at_ns, _c.id, sqlite_where=VISIBLE)
    Index(f"{_named}_starred", _c.captured_at_ns, _c.id, sqlite_where=STARRED)
    Index(f"{_named}_hidden", _c.deleted_at_ns, _c.id, sqlite_where=HIDDEN)
    Index(f"{_named}_sha256", _c.sha256, _c.id)
    Index(f"{_named}_revision", _c.revision)

# An upload that could be sent now.
SENDABLE = text("+state = 'waiting' AND held = 0 AND not_before_ns IS NULL")
SEND_DUE = text("not_before_ns IS NOT NULL")
WITH_REASON = text("reason <> '' AND state <> 'verified'")

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item_kind", Word(ItemKind), nullable=False),
    Column("item_id", Text, nullable=False, comment="of a frame, clip or result, as item_kind says"),
    Column("path", Text, nullable=False, unique=True, comment="relative to the data folder; the object key too"),
    Column("bytes", Integer, nullable=False),
    Column("sha256", Text, nullable=False, comment="of the file, lower-case hex"),
    Column("state", Word(UploadState), nullable=False),
    Column("attempt", Integer, nullable=False, comment="only grows; the newest alone may end it"),
    Column("metadata", JsonText, nullable=False, comment="the object's"),
    Column("starred", Flag, nullable=False, comment="sent first"),
    Column("held", Flag, nullable=False, comment="its frame or clip is hidden: not sent"),
    Column("not_before_ns", Integer, comment="waits until then; null: ready"),
    Column("reason", Text, nullable=False, comment="why it waits or is blocked, in the operator's words"),
    Column("sent_bytes", Integer, nullable=False),
    Column("multipart", JsonText, comment="an unfinished multipart upload: id, part size, digests"),
    Column("etag", Text),
    Column("verified_how", Text, comment="etag, re-read ..."),
    Column("verified_at_ns", Integer),
    Column("created_at_ns", Integer, nullable=False),
    Column("worker_id", Text, comment="who sends or last sent it"),
    revision_column(),
    one_of("item_kind", ItemKind),
    one_of("state", UploadState),
    *counts_from(1, "bytes"),
    CheckConstraint("length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'"),
    *counts_from(0, "attempt"),
    *valid_json("metadata", "multipart"),
    flag("starred"),
    flag("held"),
    CheckConstraint("not_before_ns IS NULL OR state = 'waiting'"),
    CheckConstraint("sent_bytes BETWEEN 0 AND bytes"),
    CheckConstraint("state <> 'sending' OR worker_id IS NOT NULL"),
    CheckConstraint("(state = 'verified') = (verified_at_ns IS NOT NULL AND verified_how IS NOT NULL)"),
    UniqueConstraint("item_kind", "item_id"),
    Index("uploads_revision", "revision"),
    Index("uploads_state", "state", "id"),
    sqlite_strict=True,
)
Index("uploads_sendable", uploads.c.starred.desc(), uploads.c.created_at_ns, uploads.c.id, sqlite_where=SENDABLE)
Index("uploads_due", uploads.c.not_before_ns, sqlite_where=SEND_DUE)
Index("uploads_reason", uploads.c.revision, sqlite_where=WITH_REASON)

upload_totals = Table(
    "upload_totals",
    metadata,
    Column("state", Text, primary_key=True),
    Column("held", Integer, primary_key=True),
    Column("uploads", Integer, nullable=False, comment="rows of uploads; kept by triggers"),
    Column("bytes", Integer, nullable=False, comment="of their files; kept by triggers"),
    sqlite_strict=True,
)

_TOTAL = (
    "INSERT INTO upload_totals VALUES (NEW.state, NEW.held, 1, NEW.bytes) "
    "ON CONFLICT (state, held) DO UPDATE SET uploads = uploads + 1, bytes = bytes + NEW.bytes;"
)
_UNTOTAL = (
    "UPDATE upload_totals SET uploads = uploads - 1, bytes = bytes - OLD.bytes "
    "WHERE state = OLD.state AND held = OLD.held;"
)
trigger("uploads_counted_in", f"AFTER INSERT ON uploads BEGIN {_TOTAL} END")
trigger(
    "uploads_counted_over",
    "AFTER UPDATE OF state, held ON uploads WHEN NEW.state <> OLD.state OR NEW.held <> OLD.held "
    f"BEGIN {_UNTOTAL} {_TOTAL} END",
)
trigger("uploads_counted_out", f"AFTER DELETE ON uploads BEGIN {_UNTOTAL} END")
