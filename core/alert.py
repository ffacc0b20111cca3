"""An alert: something of the station that needs the operator's eye, from when it began until it was over."""

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    CAMERA_LOST = "camera_lost"
    DISK_LOW = "disk_low"
    UPLOAD_BLOCKED = "upload_blocked"
    CLOCK_STEPPED = "clock_stepped"
    ANALYSIS_BLOCKED = "analysis_blocked"


@dataclass(frozen=True, slots=True)
class Alert:
    """Told in the operator's words. Times are UTC ns."""

    id: str
    kind: AlertKind
    subject: str
    """What it is about: a camera's id, or empty where there is but one."""
    message: str
    hint: str
    raised_at_ns: int
    cleared_at_ns: int | None = None
    """None: it holds still."""
    revision: int = 0
