"""What was asked of a tracking, as the settings that the tracking takes."""

from core.pit_box import PitBox
from core.tracking import TrackingParams
from workers.vision.car_numbers import installed_reader
from workers.vision.detector_models import DetectorModel
from workers.vision.tracking import TrackSettings
from workers.vision.tracks import Joining
from workers.vision.zones import Zone


def settings_of(params: TrackingParams, model: DetectorModel, zones: tuple[tuple[str, PitBox], ...]) -> TrackSettings:
    """Where the caller left the scores open, the model's own count."""
    high = params.high if params.high is not None else max(model.sidecar.high, params.low or 0.0)
    low = params.low if params.low is not None else min(model.sidecar.low, high)
    return TrackSettings(
        joining=Joining(high=high, low=low),
        detect_every=params.detect_every,
        tiles=params.tiles,
        limit=params.video_limit,
        zones=tuple(Zone(name, polygon) for name, polygon in zones),
        verbose=params.verbose,
        read=installed_reader() if params.car_numbers else None,
    )
