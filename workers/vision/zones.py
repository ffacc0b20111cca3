"""Zones: who stood in a part of the picture, how often and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.pit_box import PitBox
from workers.vision.tracks import Floats, Track

_GRACE_S = 0.5
FOOT = frozenset({"person"})
"""Classes that stand where their feet are; all others are where their middle is."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon on the picture."""

    name: str
    polygon: PitBox


@dataclass(frozen=True, slots=True)
class Stay:
    """One track in a zone without leaving it. It may have been there before the clip, or stay after it."""

    track: int
    kind: str
    enter_s: float
    leave_s: float

    @property
    def dwell_s(self) -> float:
        return self.leave_s - self.enter_s


@dataclass(frozen=True, slots=True)
class ZoneReport:
    zone: Zone
    stays: tuple[Stay, ...]

    def as_json(self) -> dict[str, Any]:
        counts: dict[str, int] = {}
        for kind, _ in sorted({(stay.kind, stay.track) for stay in self.stays}):
            counts[kind] = counts.get(kind, 0) + 1
        return {
            "name": self.zone.name,
            "points": [list(point) for point in self.zone.polygon.points],
            "counts": counts,
            "entries": len(self.stays),
            "dwell_s": round(sum(stay.dwell_s for stay in self.stays), 3),
            "stays": [
                {
                    "track": stay.track,
                    "class": stay.kind,
                    "enter_s": round(stay.enter_s, 3),
                    "leave_s": round(stay.leave_s, 3),
                    "dwell_s": round(stay.dwell_s, 3),
                }
                for stay in self.stays
            ],
        }


def stays_in(
    zone: Zone, tracks: Sequence[Track], kinds: Sequence[str], times: Sequence[float], size: tuple[int, int]
) -> ZoneReport:
    """times: seconds of each picture, by its number from 1. size: width and height of the picture, px.

    Being out for less than half a second is no leaving: a box trembles on an edge.
    """
    found: list[Stay] = []
    for track in tracks:
        kind = kinds[track.kind]
        inside = [times[n - 1] for n, box, *_ in track.every() if _is_in(zone.polygon, box, kind in FOOT, size)]
        found += _without_gaps(track.id, kind, inside)
    return ZoneReport(zone, tuple(sorted(found, key=lambda stay: (stay.enter_s, stay.track))))


def _is_in(polygon: PitBox, box: Floats, by_foot: bool, size: tuple[int, int]) -> bool:
    x = float(box[0] + box[2]) / 2 / size[0]
    y = float(box[3] if by_foot else (box[1] + box[3]) / 2) / size[1]
    return polygon.contains(min(x, 1.0), min(y, 1.0 - 1e-9))


def _without_gaps(track: int, kind: str, inside: Sequence[float]) -> list[Stay]:
    stays: list[Stay] = []
    for at_s in inside:
        if stays and at_s - stays[-1].leave_s <= _GRACE_S:
            stays[-1] = Stay(track, kind, stays[-1].enter_s, at_s)
        else:
            stays.append(Stay(track, kind, at_s, at_s))
    return stays
