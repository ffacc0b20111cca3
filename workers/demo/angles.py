"""Where the demo's four cameras hang, and what they are called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Angle:
    """One demo camera: its id, what people call it, where it hangs (metres), and its own colours (gain in B, G, R)."""

    camera_id: str
    name: str
    position: tuple[float, float, float]
    target: tuple[float, float, float]
    field_deg: float
    gain: tuple[float, float, float]
    pit_box: tuple[tuple[float, float], ...] | None = None
    """The box that is painted on its ground, corners as fractions of the picture, where stops are timed by it."""


ANGLES = (
    Angle("Pit_1_front", "Pit 1 front", (8.4, 1.5, 2.75), (0.2, -0.15, 0.60), 54, (1.02, 1.0, 1.0)),
    Angle("Pit_1_left", "Pit 1 left", (0.9, 6.0, 3.3), (0.0, -0.4, 0.35), 70, (0.94, 1.0, 1.06)),
    Angle("Pit_1_rear", "Pit 1 rear", (-8.2, -2.3, 3.0), (0.3, 0.25, 0.45), 54, (1.08, 1.0, 0.95)),
    Angle(
        "Pit_1_overhead",
        "Pit 1 overhead",
        (0.0, -0.9, 10.2),
        (0.0, 0.35, 0.0),
        62,
        (1.0, 1.03, 0.98),
        ((0.22, 0.32), (0.79, 0.32), (0.79, 0.80), (0.22, 0.80)),
    ),
)
