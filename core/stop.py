"""A pit stop as it is timed: its four instants, each with its uncertainty, and what a whole clip held."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from core.pit_box import PitBox


class Moment(StrEnum):
    """The four instants of a stop, in their order."""

    ARRIVED = "arrived"
    """The car enters the box."""
    STATIONARY = "stationary"
    """Its wheels have stopped."""
    RELEASED = "released"
    """Its first motion."""
    DEPARTED = "departed"
    """It left the box."""


@dataclass(frozen=True, slots=True)
class TimedInstant:
    """Seconds of the clip's own PTS from its first picture, and the 95 % half-width of that; never zero."""

    t_s: float
    u_s: float

    def to_json(self) -> dict[str, float]:
        return {"t": round(self.t_s, 6), "u": round(self.u_s, 6)}

    @classmethod
    def from_json(cls, value: Mapping[str, float]) -> Self:
        return cls(float(value["t"]), float(value["u"]))


@dataclass(frozen=True, slots=True)
class TimedStop:
    """One stop. An instant that can't be timed is None, and a note says why."""

    arrived: TimedInstant | None
    stationary: TimedInstant | None
    released: TimedInstant | None
    departed: TimedInstant | None
    stationary_s: float | None
    """From stationary to released; None unless both are known."""
    uncertainty_s: float | None
    """95 % half-width of stationary_s."""
    complete: bool
    """All four instants are known."""
    notes: tuple[str, ...] = ()

    def instant(self, moment: Moment) -> TimedInstant | None:
        found: TimedInstant | None = getattr(self, moment.value)
        return found

    def to_json(self) -> dict[str, object]:
        instants = {moment.value: self.instant(moment) for moment in Moment}
        return {
            **{name: None if instant is None else instant.to_json() for name, instant in instants.items()},
            "stationary_s": None if self.stationary_s is None else round(self.stationary_s, 6),
            "uncertainty_s": None if self.uncertainty_s is None else round(self.uncertainty_s, 6),
            "complete": self.complete,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Pass:
    """A car that went through the box without stopping."""

    t_s: float
    """When it was in the middle of the box, in seconds of the clip's own PTS from its first picture."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {"t": round(self.t_s, 6), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class StopReport:
    """What a clip, or a stretch of a live camera, held."""

    stops: tuple[TimedStop, ...]
    passes: tuple[Pass, ...]
    frames: int
    """Pictures looked at."""
    gaps: int
    """Places where pictures are missing."""
    took_ms: float

    def to_json(self) -> dict[str, object]:
        """The shape that `trackshift stops --json` prints."""
        return {
            "stops": [stop.to_json() for stop in self.stops],
            "passes": [gone.to_json() for gone in self.passes],
            "frames": self.frames,
            "gaps": self.gaps,
            "ms": round(self.took_ms, 1),
        }


class StopTimingParams(BaseModel):
    """Which clip to time, and in which box: the camera's own unless one is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip: Annotated[str, Field(min_length=1, max_length=200)]
    """Id of a clip in the library."""
    box: tuple[tuple[float, float], ...] | None = None
    """Corners as fractions 0-1 of the picture."""

    def pit_box(self) -> PitBox | None:
        """Raises UsageError for corners that make no box."""
        return None if self.box is None else PitBox.from_points(self.box)
