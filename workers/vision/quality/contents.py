"""How many people and vehicles a frame shows, by the detector that tracking uses."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnusable
from workers.vision.detection import Detector
from workers.vision.detector_models import built_in


@lru_cache(maxsize=1)
def own_detector() -> Detector | ModelUnusable:
    """This process's, loaded once: for a computing child, which ends with it."""
    try:
        return Detector(built_in(), threads=1)
    except ModelUnusable as unusable:
        return unusable


def contents_of(
    picture: NDArray[np.uint8], detector: Detector | ModelUnusable | None
) -> tuple[int | None, int | None, list[str]]:
    """picture: (H, W, 3) uint8 BGR. People, vehicles, and what the reader should know of these numbers."""
    if not isinstance(detector, Detector):
        why = "there is no detector" if detector is None else str(detector)
        return None, None, [f"People and vehicles were not counted: {why}."]
    found = detector.find(picture)
    sure = found.classes[found.scores >= detector.model.sidecar.high]
    names = detector.model.classes
    people, vehicles = (sum(names[place] == name for place in sure) for name in ("person", "vehicle"))
    return people, vehicles, []
