"""What a rendered clip shows and how it was filmed: the factors that the benchmark tells apart, drawn from a seed."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

TUNING_SEEDS = range(1000)
"""Whoever works on the algorithm looks at these, and at no others."""
TEST_SEEDS_FROM = 10_000
"""The claims are measured on seeds from here on."""


class Happening(StrEnum):
    STOP = "stop"
    DRIVE_THROUGH = "drive_through"
    CREEP = "creep"
    """The car comes to its mark at a walking pace, or halts short of it for less than 0.3 s and rolls on."""
    DOUBLE_STACK = "double_stack"
    FALSE_START = "false_start"
    """The car moves by less than a metre, stands again, and only then is released."""
    BEGINS_BEFORE = "begins_before"
    ENDS_AFTER = "ends_after"


class Body(StrEnum):
    OPEN_WHEELER = "open_wheeler"
    SALOON = "saloon"
    OVERHEAD = "overhead"
    PHOTOGRAPH = "photograph"
    """Cut from a photograph."""


class Light(StrEnum):
    STEADY = "steady"
    DRIFT = "drift"
    FLICKER = "flicker"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One clip's factors. Lengths are of the picture; speeds, times and jerks of the world."""

    happening: Happening = Happening.STOP
    fps: int = 50
    variable: bool = False
    """Frame intervals vary by up to a quarter either way."""
    width: int = 640
    height: int = 360
    body: Body = Body.OPEN_WHEELER
    px_per_m: float = 46.0
    heading_deg: float = 0.0
    """How far the lane turns away from the camera; 0 is square across the picture."""
    leftwards: bool = False
    limit_m_s: float = 18.0
    brake_m_s2: float = 8.0
    brake_jerk_m_s3: float = 120.0
    """How fast the deceleration goes at the very end: the jolt."""
    launch_m_s2: float = 7.0
    launch_jerk_m_s3: float = 60.0
    standing_s: float = 2.4
    dive_deg: float = 0.6
    """Nose dive at the car's full braking; it swings out on the springs after the wheels stand still."""
    jacked: bool = True
    crew: int = 8
    occlusion: float = 0.3
    """How much of the standing car the crew hides at most."""
    shake_px: float = 0.0
    rolling_shutter_s: float = 0.0
    """From the first row's exposure to the last one's."""
    exposure_s: float = 0.005
    noise: float = 3.0
    """Standard deviation in grey levels."""
    light: Light = Light.STEADY
    dropped: float = 0.0
    duplicated: float = 0.0
    """Shares of the frames that are missing, and that repeat the frame before."""
    mbit_s: float = 4.0
    b_frames: bool = False


def drawn(seed: int, fps: int | None = None) -> Scenario:
    """The scenario of a seed: the same for ever, whatever `fps` it is then filmed at."""
    rng = np.random.default_rng([seed, 1])
    weights = {
        Happening.STOP: 0.52,
        Happening.DRIVE_THROUGH: 0.10,
        Happening.CREEP: 0.09,
        Happening.DOUBLE_STACK: 0.08,
        Happening.FALSE_START: 0.05,
        Happening.BEGINS_BEFORE: 0.08,
        Happening.ENDS_AFTER: 0.08,
    }
    happening = list(weights)[int(rng.choice(len(weights), p=list(weights.values())))]
    width, height = [(640, 360), (960, 540), (1280, 720)][int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    body = list(Body)[int(rng.choice(4, p=[0.4, 0.2, 0.2, 0.2]))]
    frame_rate = int(rng.choice([25, 30, 50, 60], p=[0.25, 0.1, 0.5, 0.15]))
    timing = float(rng.random())
    made = Scenario(
        happening=happening,
        fps=frame_rate,
        variable=timing < 0.15,
        width=width,
        height=height,
        body=body,
        px_per_m=float(rng.uniform(0.065, 0.105)) * width * (1.7 if body is Body.PHOTOGRAPH else 1.0),
        heading_deg=0.0 if body is Body.OVERHEAD else float(rng.uniform(-32, 32)) * float(rng.random() < 0.6),
        leftwards=bool(rng.random() < 0.5),
        limit_m_s=float(rng.uniform(11, 22.2)),
        brake_m_s2=float(rng.uniform(3, 12)),
        brake_jerk_m_s3=float(np.exp(rng.uniform(np.log(50), np.log(300)))),
        launch_m_s2=float(rng.uniform(4, 11)),
        launch_jerk_m_s3=float(np.exp(rng.uniform(np.log(40), np.log(200)))),
        standing_s=float(rng.uniform(1.9, 4.5)),
        dive_deg=float(rng.uniform(0.2, 1.2)),
        jacked=bool(rng.random() < 0.75),
        crew=int(rng.integers(4, 15)),
        occlusion=float(rng.choice([0.0, 0.2, 0.4, 0.7])),
        shake_px=float(rng.choice([0.0, 0.5, 2.0], p=[0.45, 0.35, 0.2])) * width / 640,
        rolling_shutter_s=float(rng.choice([0.0, 0.008, 0.015])),
        exposure_s=float(np.exp(rng.uniform(np.log(0.001), np.log(0.012)))),
        noise=float(rng.choice([1.0, 3.0, 6.0])),
        light=list(Light)[int(rng.choice(4, p=[0.55, 0.15, 0.15, 0.15]))],
        dropped=0.03 if 0.15 < timing < 0.3 else 0.0,
        duplicated=0.03 if 0.25 < timing < 0.4 else 0.0,
        mbit_s=float(rng.uniform(2, 8)),
        b_frames=bool(rng.random() < 0.3),
    )
    return made if fps is None else replace(made, fps=fps, exposure_s=min(made.exposure_s, 0.6 / fps))
