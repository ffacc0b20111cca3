"""The pace of a capture: which of the pictures that come are taken, and where some are missing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.camera import Gap

_GAP_PICTURES = 3
_GAP_LEAST_NS = 300_000_000


def is_gap(missing_ns: int, frame_interval_ns: int) -> bool:
    """Whether pictures are missing in this stretch; shorter ones are a camera's own unsteadiness."""
    return missing_ns > max(_GAP_PICTURES * frame_interval_ns, _GAP_LEAST_NS)


@dataclass(slots=True)
class Continuity:
    """Watches the times of a span's pictures and notes what is missing."""

    camera_id: str
    reached_ns: int
    """Up to here nothing is missing that was not noted."""
    gaps: list[Gap] = field(default_factory=list)

    def reach(self, at_ns: int, frame_interval_ns: int, reason: Callable[[], str]) -> None:
        """The next picture is of `at_ns`; `reason` says why some before it are missing, if they are."""
        if is_gap(at_ns - self.reached_ns, frame_interval_ns):
            self.gaps.append(Gap(self.camera_id, self.reached_ns, at_ns, reason()))
        self.reached_ns = max(self.reached_ns, at_ns)


@dataclass(slots=True)
class Pace:
    """`count` pictures from `start_ns` (UTC) on, one each `interval_ns`, or every picture if that is None."""

    start_ns: int
    interval_ns: int | None
    count: int
    place: int = 0
    """The number of the next one to take. Places at which there was no picture are left out."""
    _anchored: bool = False

    @property
    def complete(self) -> bool:
        return self.place >= self.count

    def take(self, at_ns: int, frame_interval_ns: int) -> int | None:
        """The place of the picture captured at `at_ns`, or None if it is not wanted. Ask in order of capture."""
        if at_ns < self.start_ns - frame_interval_ns // 2 or self.complete:
            return None
        place = self.place
        if self.interval_ns is not None:
            early_ns = min(frame_interval_ns, self.interval_ns) // 2 if self._anchored else 0
            place = max(0, at_ns - self.start_ns + early_ns) // self.interval_ns
        if place < self.place:
            return None
        self.place = min(place + 1, self.count)
        if place >= self.count:
            return None
        if self.interval_ns is not None and not self._anchored:
            # Counted from the first picture taken: a camera at just this pace would else stand on the edge of places.
            self.start_ns, self._anchored = at_ns - place * self.interval_ns, True
        return place

    def end_ns(self, frame_interval_ns: int) -> int:
        """When the last one is due."""
        return self.start_ns + (self.count - 1) * (self.interval_ns or frame_interval_ns)
