"""The vehicle in the pit box as the station's own detector sees it: what the recipe of the detector's box looks at."""

import functools

import numpy as np
from numpy.typing import NDArray

from benchmarks.stops.peers import Picture
from benchmarks.stops.truth import Corners
from workers.vision.detection import Detector
from workers.vision.detector_models import built_in

LOWEST_SCORE = 0.1
"""Lower than the station itself asks for: the recipe is to see as much as it can."""
LEAST_COMMON = 0.1


@functools.cache
def _detector() -> tuple[Detector, int]:
    detector = Detector(built_in(), threads=1, floor=LOWEST_SCORE)
    return detector, detector.model.classes.index("vehicle")


class VehicleInBox:
    """Called with a picture: the middle's x and the width in px of the vehicle that is most in the pit box, or None."""

    def __init__(self, box: Corners) -> None:
        corners = np.array(box)
        self._box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])

    def __call__(self, picture: Picture) -> tuple[float, float] | None:
        detector, vehicle = _detector()
        found = detector.find(picture)
        boxes = found.boxes[found.classes == vehicle].astype(np.float64)
        if not len(boxes):
            return None
        common = self._common(boxes)
        best = int(common.argmax())
        if common[best] < LEAST_COMMON:
            return None
        left, _, right, _ = boxes[best].tolist()
        return (left + right) / 2, right - left

    def _common(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each box shares with the pit box's, as a share of what both cover."""
        low, high = np.maximum(boxes[:, :2], self._box[:2]), np.minimum(boxes[:, 2:], self._box[2:])
        shared = np.maximum(high - low, 0).prod(axis=1)
        whole = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (self._box[2:] - self._box[:2]).prod() - shared
        return np.asarray(shared / np.maximum(whole, 1.0))
