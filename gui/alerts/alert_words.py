"""Alerts in words: what each kind is called, and since when or how long it held."""

from datetime import tzinfo

from core.alert import Alert, AlertKind
from core.clock import local_text, span_text

KINDS = {
    AlertKind.CAMERA_LOST: "Camera lost",
    AlertKind.DISK_LOW: "Disk low",
    AlertKind.UPLOAD_BLOCKED: "Uploads blocked",
    AlertKind.CLOCK_STEPPED: "Clock stepped",
    AlertKind.ANALYSIS_BLOCKED: "Analysis waits for you",
}


def since_text(alert: Alert, zone: tzinfo | None) -> str:
    """'since 14:04:05'."""
    return f"since {local_text(alert.raised_at_ns, zone).partition(' ')[2]}"


def held_text(alert: Alert) -> str:
    """'over after 3 min'; 'holds' while it does."""
    if alert.cleared_at_ns is None:
        return "holds"
    return f"over after {span_text(max(alert.cleared_at_ns - alert.raised_at_ns, 0))}"
