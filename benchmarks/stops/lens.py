"""Where a car on its lane is in the picture: a pinhole camera that looks at a straight lane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.stops.scenario import Body, Scenario

Values = NDArray[np.float64]
NEAREST_M = 2.5
"""A lane that turns towards the camera ends here, out of the picture."""


@dataclass(frozen=True, slots=True)
class Lens:
    """px of the picture, metres of the lane (0 m: where cars are served)."""

    px_per_m: float
    """At 0 m."""
    at_px: tuple[float, float]
    """Where 0 m on the ground is."""
    away_m: float
    """From the camera to 0 m."""
    high_m: float
    """The camera above the ground; 0 for one that looks straight down."""
    heading_rad: float
    leftwards: bool

    def ground(self, s_m: ArrayLike) -> tuple[Values, Values, Values]:
        """(x in px, y in px, size as a share of that at 0 m) of a point on the lane."""
        along = np.asarray(s_m, np.float64)
        depth = np.maximum(self.away_m + along * np.sin(self.heading_rad), NEAREST_M)
        size = self.away_m / depth
        across = along * np.cos(self.heading_rad) * (-1.0 if self.leftwards else 1.0)
        x = self.at_px[0] + self.px_per_m * size * across
        y = self.at_px[1] + self.px_per_m * self.high_m * (size - 1)
        return x, y, size

    @property
    def squash(self) -> float:
        """How much shorter a car looks for its heading."""
        return float(np.cos(self.heading_rad))


def aimed(scenario: Scenario, rng: np.random.Generator) -> Lens:
    """A camera that has the car's place near the middle of its picture."""
    from_above = scenario.body is Body.OVERHEAD
    x, y = scenario.width * rng.uniform(0.42, 0.58), scenario.height * rng.uniform(0.68, 0.8)
    return Lens(
        px_per_m=scenario.px_per_m,
        at_px=(float(x), scenario.height * float(rng.uniform(0.42, 0.58)) if from_above else float(y)),
        away_m=float(rng.uniform(9, 18)),
        high_m=0.0 if from_above else float(rng.uniform(1.5, 3.5)),
        heading_rad=float(np.radians(scenario.heading_deg)),
        leftwards=scenario.leftwards,
    )
