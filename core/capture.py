"""What a capture asks for: mode, span and metadata, checked before it becomes a job."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import UsageError

LONGEST_S = 3600
"""The most that one capture may last."""


class CaptureMode(StrEnum):
    SINGLE_FRAME = "single_frame"
    BURST = "burst"
    INTERVAL = "interval"
    CONTINUOUS = "continuous"
    EVENT_DRIVEN = "event_driven"
    """A clip of each time in which something moves inside the camera's pit box."""
    CLIP = "clip"


class Metadata(BaseModel):
    """What the operator says of a frame or clip, stored with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timestamp_ref: str | None = None
    location: str | None = None
    camera_angle: str | None = None
    exposure: Annotated[float, Field(ge=0)] | None = None
    sensor_info: str | None = None
    meta: dict[str, object] = Field(default_factory=dict)


class CaptureParams(BaseModel):
    """One capture on one camera. Times are UTC ns; `at_ns` is the press."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera_id: str
    mode: CaptureMode
    at_ns: int
    epoch: int | None = None
    pts: int | None = None
    """With `epoch`: the very picture that was on screen at the press."""
    count: Annotated[int, Field(ge=1, le=1000)] = 5
    """burst: frames to take."""
    fps: Annotated[float, Field(gt=0, le=30)] | None = None
    """interval and continuous: frames a second; None is RTSP__DEFAULT_FPS. burst: None is every picture."""
    duration_s: Annotated[float, Field(ge=1, le=LONGEST_S)] = Field(default_factory=lambda given: _usual_s(given))
    """interval and continuous: 10 s if nothing is said. event_driven: how long the pit box is watched; an hour."""
    pre_s: Annotated[float, Field(ge=0, le=120)] = 5.0
    post_s: Annotated[float, Field(ge=0, le=LONGEST_S)] = 2.0
    """clip: from -pre to +post around the press. event_driven: from -pre before the motion to +post after it."""
    request_id: str | None = None
    metadata: Metadata = Metadata()

    @model_validator(mode="after")
    def _instant_is_whole(self) -> Self:
        if (self.epoch is None) != (self.pts is None):
            raise ValueError("epoch and pts come together")
        return self


def _usual_s(given: dict[str, object]) -> float:
    return float(LONGEST_S) if given.get("mode") is CaptureMode.EVENT_DRIVEN else 10.0


class ImportParams(BaseModel):
    """Files (absolute paths) to take in as frames or clips of one camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera_id: str
    paths: tuple[str, ...]
    request_id: str | None = None
    metadata: Metadata = Metadata()


def refusal(invalid: ValidationError) -> UsageError:
    """What pydantic found wrong, in a sentence: the parameter and its bound."""
    first = invalid.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or "parameters"
    return UsageError(f"{name}: {first['msg'][:1].lower()}{first['msg'][1:]} (given: {first['input']!r})")
