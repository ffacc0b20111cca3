"""A pit stop: its four instants with their uncertainty, as a clip is timed and as the station keeps it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


class ReportParams(BaseModel):
    """Which stop the dossier is of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Mark:
    """One instant of a stop that is kept."""

    at_ns: int
    """UTC by the camera's capture clock."""
    u_ns: int
    """95 % half-width against the other instants of its video; the doubt of the capture clock comes on top."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took."""

    ns: int
    u_ns: int
    """95 % half-width."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the session: what the machine measured and, beside it, what the operator says. Both are kept."""

    id: str
    camera_id: str
    session_id: str | None
    job_id: str | None
    """None: timed live."""
    clip_id: str | None
    """None: timed live, and no clip of it was timed since."""
    zero_at_ns: int
    """UTC of the first picture of its video."""
    frame_ns: int
    """From one picture of its video to the next, usually."""
    machine: Mapping[Moment, Mark]
    """What was measured; a moment that could not be is left out, and a note says why."""
    machine_span: Span | None
    """From stationary to released, as measured: its doubt is smaller than that of two instants apart."""
    complete: bool
    notes: tuple[str, ...] = ()
    """The machine's."""
    box: tuple[tuple[float, float], ...] = ()
    """The pit box it was timed in, corners as fractions 0-1."""
    hand: Mapping[Moment, Mark] = field(default_factory=dict)
    """What the operator set."""
    locked: bool = False
    remark: str = ""
    """The operator's."""
    car_number: str = ""
    """The operator's."""
    operator: str | None = None
    """Who touched it last."""
    touched_at_ns: int | None = None
    created_at_ns: int = 0
    deleted_at_ns: int | None = None
    revision: int = 0

    @classmethod
    def measured(
        cls,
        timed: TimedStop,
        *,
        camera_id: str,
        zero_at_ns: int,
        frame_ns: int,
        box: PitBox,
        session_id: str | None = None,
        job_id: str | None = None,
        clip_id: str | None = None,
    ) -> Self:
        """As the machine timed it in a video whose first picture was taken at `zero_at_ns` (UTC); not yet kept."""
        machine = {
            moment: Mark(zero_at_ns + round(instant.t_s * 1e9), max(1, round(instant.u_s * 1e9)))
            for moment in Moment
            if (instant := timed.instant(moment)) is not None
        }
        span = None
        if timed.stationary_s is not None and timed.uncertainty_s is not None:
            span = Span(round(timed.stationary_s * 1e9), max(1, round(timed.uncertainty_s * 1e9)))
        return cls(
            id="",
            camera_id=camera_id,
            session_id=session_id,
            job_id=job_id,
            clip_id=clip_id,
            zero_at_ns=zero_at_ns,
            frame_ns=max(1, frame_ns),
            machine=machine,
            machine_span=span,
            complete=timed.complete,
            notes=timed.notes,
            box=box.points,
        )

    def mark(self, moment: Moment) -> Mark | None:
        """The instant that counts: the operator's where there is one, else the machine's."""
        return self.hand.get(moment) or self.machine.get(moment)

    @property
    def span(self) -> Span | None:
        """How long it stood, by the instants that count."""
        by_hand = Moment.STATIONARY in self.hand or Moment.RELEASED in self.hand
        stood, left = self.mark(Moment.STATIONARY), self.mark(Moment.RELEASED)
        if stood is None or left is None:
            return None
        if not by_hand and self.machine_span is not None:
            return self.machine_span
        return Span(left.at_ns - stood.at_ns, round(math.hypot(stood.u_ns, left.u_ns)))

    @property
    def from_ns(self) -> int:
        """UTC of its first known instant; of its video's beginning if none is known."""
        known = [mark.at_ns for moment in Moment if (mark := self.mark(moment)) is not None]
        return min(known, default=self.zero_at_ns)

    @property
    def to_ns(self) -> int:
        """UTC of its last known instant."""
        known = [mark.at_ns for moment in Moment if (mark := self.mark(moment)) is not None]
        return max(known, default=self.zero_at_ns)

    @property
    def touched(self) -> bool:
        """The operator said something of it, which nothing may take away."""
        return bool(self.hand or self.locked or self.remark or self.car_number)


def shortest_first(stops: Iterable[Stop]) -> list[Stop]:
    """Those whose standing time is known, by the instants that count."""
    timed = [(stop.span.ns, place, stop) for place, stop in enumerate(stops) if stop.span is not None]
    return [stop for _, _, stop in sorted(timed, key=lambda one: one[:2])]
