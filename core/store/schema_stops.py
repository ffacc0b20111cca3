"""The table of the pit stops: the machine's instants, and the operator's beside them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.schema import SchemaItem

from core.stop import Moment
from core.store.column_types import Flag, JsonText
from core.store.schema_parts import counts_from, flag, metadata, revision_column, valid_json

SHOWN = text("deleted_at_ns IS NULL")


def _instants(whose: str, comment: str) -> list[SchemaItem]:
    """For each moment when it was (UTC) and its 95 % half-width; both null where it is not known."""
    made: list[SchemaItem] = []
    for moment in Moment:
        at, doubt = f"{whose}_{moment.value}_at_ns", f"{whose}_{moment.value}_u_ns"
        made += [
            Column(at, Integer, comment=comment),
            Column(doubt, Integer, comment="95 % half-width within its own video; never zero"),
            CheckConstraint(f"({at} IS NULL) = ({doubt} IS NULL)"),
            CheckConstraint(f"{doubt} > 0"),
        ]
    return made


stops = Table(
    "stops",
    metadata,
    Column("id", Text, primary_key=True, comment="sorts by the time it was made"),
    Column("camera_id", Text(collation="NOCASE"), ForeignKey("cameras.id"), nullable=False),
    Column("session_id", Text, ForeignKey("sessions.id")),
    Column("job_id", Text, comment="no foreign key: jobs are cleaned up sooner; null: timed live"),
    Column("clip_id", Text, ForeignKey("clips.id"), comment="null: timed live, and no clip of it was timed since"),
    Column("from_ns", Integer, nullable=False, comment="UTC of its first known instant: what it is sorted by"),
    Column("zero_at_ns", Integer, nullable=False, comment="UTC of the first picture of its video"),
    Column("frame_ns", Integer, nullable=False, comment="from one picture of its video to the next, usually"),
    *_instants("machine", "as measured; null: it could not be, and a note says why"),
    *_instants("hand", "as the operator set it; null: the machine's counts"),
    Column("span_ns", Integer, comment="stationary to released, as measured"),
    Column("span_u_ns", Integer, comment="95 % half-width of the above; smaller than that of two instants apart"),
    Column("complete", Flag, nullable=False, comment="all four instants could be measured"),
    Column("notes", JsonText, nullable=False, comment="the machine's, in the operator's words"),
    Column("box", JsonText, nullable=False, comment="the pit box it was timed in, corners as fractions 0-1"),
    Column("locked", Flag, nullable=False, comment="nothing changes it any more but the operator"),
    Column("remark", Text, nullable=False, comment="the operator's notes"),
    Column("car_number", Text, nullable=False, comment="as the operator gave it"),
    Column("operator", Text, comment="who touched it last"),
    Column("touched_at_ns", Integer),
    Column("created_at_ns", Integer, nullable=False),
    Column("deleted_at_ns", Integer, comment="timed again and not found, or taken away by the operator"),
    revision_column(),
    CheckConstraint("(span_ns IS NULL) = (span_u_ns IS NULL)"),
    CheckConstraint("span_u_ns > 0"),
    *counts_from(1, "frame_ns"),
    *valid_json("notes", "box"),
    flag("complete"),
    flag("locked"),
    Index("stops_revision", "revision"),
    sqlite_strict=True,
)
Index("stops_session", stops.c.session_id, stops.c.from_ns, stops.c.id, sqlite_where=SHOWN)
Index("stops_camera", stops.c.camera_id, stops.c.from_ns, sqlite_where=SHOWN)
Index("stops_clip", stops.c.clip_id, stops.c.from_ns, stops.c.id, sqlite_where=SHOWN)
