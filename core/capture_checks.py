"""What a capture needs of the station before it can be queued: an event capture, a pit box to watch."""

from core.capture import CaptureMode, CaptureParams
from core.pit_box import PitBox
from core.store import cameras
from core.store.database import Reading


def check_capture(tx: Reading, params: CaptureParams) -> None:
    """Of an event capture. Raises CameraUnknown, NoPitBox."""
    if params.mode is CaptureMode.EVENT_DRIVEN:
        watched_box(tx, params)


def watched_box(tx: Reading, params: CaptureParams) -> PitBox:
    """The box inside which motion is an event. Raises CameraUnknown, NoPitBox."""
    return cameras.pit_box(tx, params.camera_id, "there is nothing to watch")
