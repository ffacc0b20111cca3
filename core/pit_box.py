"""The pit box: the polygon on a camera's picture in which a car is served, and what makes one valid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

from core.errors import UsageError

Point = tuple[float, float]

FEWEST_CORNERS = 3
MOST_CORNERS = 12
_SMALLEST_AREA = 1e-4
"""Of the picture: a box below it holds no wheel, let alone a car."""
_HINT = "Give 3 to 12 corners in order around the box, inside the picture, its edges not crossing."


@dataclass(frozen=True, slots=True)
class PitBox:
    """A simple polygon. Corners are fractions 0-1 of the picture as displayed: x to the right, y down.

    Raises UsageError for anything else.
    """

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if not FEWEST_CORNERS <= len(self.points) <= MOST_CORNERS:
            raise UsageError(f"A pit box has 3 to 12 corners, not {len(self.points)}", hint=_HINT)
        if not all(0.0 <= value <= 1.0 for point in self.points for value in point):
            raise UsageError("A corner of the pit box is outside the picture", hint=_HINT)
        if _crosses_itself(self.points):
            raise UsageError("The edges of the pit box cross", hint=_HINT)
        if self.area < _SMALLEST_AREA:
            raise UsageError("The pit box is too small to hold a car", hint=_HINT)

    @classmethod
    def from_rect(cls, x: float, y: float, w: float, h: float, width: int, height: int) -> Self:
        """The rectangle of `w` × `h` px whose upper left corner is (x, y), on a picture of width × height px.

        What stands out of the picture is cut off. Raises UsageError if nothing of it is inside.
        """
        if width <= 0 or height <= 0 or not (w > 0 and h > 0):
            raise UsageError("A pit box needs a width and a height above 0", hint="Write it as x,y,width,height in px.")
        left, right = _cut(x / width), _cut((x + w) / width)
        top, bottom = _cut(y / height), _cut((y + h) / height)
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def from_points(cls, points: Sequence[Sequence[float]]) -> Self:
        """From JSON or a list of pairs. Raises UsageError."""
        if any(len(point) != 2 for point in points):
            raise UsageError("Each corner of a pit box is a pair: x and y", hint=_HINT)
        return cls(tuple((float(x), float(y)) for x, y in points))

    def scaled(self, width: int, height: int) -> list[Point]:
        """The corners in px of a picture of this size."""
        return [(x * width, y * height) for x, y in self.points]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom as fractions."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def area(self) -> float:
        """As a fraction of the picture's (shoelace)."""
        pairs = zip(self.points, self.points[1:] + self.points[:1], strict=True)
        return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether a point (fractions) is inside, by the even-odd rule."""
        inside = False
        for (x1, y1), (x2, y2) in zip(self.points, self.points[1:] + self.points[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                inside = not inside
        return inside


def _cut(fraction: float) -> float:
    return min(1.0, max(0.0, fraction))


def _crosses_itself(points: Sequence[Point]) -> bool:
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        if j - i in (1, len(edges) - 1):
            continue  # neighbours share a corner
        if _cross(one, other):
            return True
    return False


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two segments have a point in common."""
    turns = [_turn(*one, other[0]), _turn(*one, other[1]), _turn(*other, one[0]), _turn(*other, one[1])]
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((one, other[0]), (one, other[1]), (other, one[0]), (other, one[1]))
    return any(turn == 0 and _within(segment, end) for turn, (segment, end) in zip(turns, ends, strict=True))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(segment: tuple[Point, Point], point: Point) -> bool:
    """Whether a point on the segment's line lies between its ends."""
    (x1, y1), (x2, y2) = segment
    return min(x1, x2) <= point[0] <= max(x1, x2) and min(y1, y2) <= point[1] <= max(y1, y2)
