"""A pit box while it is being drawn: its corners, the chosen one, and every step back."""

import math
from collections.abc import Sequence

from core.errors import UsageError
from core.pit_box import MOST_CORNERS, PitBox, Point

_RECTANGLE: tuple[Point, ...] = ((0.2, 0.25), (0.8, 0.25), (0.8, 0.85), (0.2, 0.85))


class BoxDrawing:
    """Corners are fractions of the picture; distances count in fractions of its width, `aspect` wide to 1 high."""

    def __init__(self, corners: Sequence[Point] = ()) -> None:
        self.corners: list[Point] = list(corners)
        self.chosen: int | None = None
        self._before: list[tuple[Point, ...]] = []
        self._dragged_from: tuple[Point, ...] | None = None

    @property
    def box(self) -> PitBox | None:
        """What is drawn; None while it is none, and `problem` says why."""
        try:
            return PitBox(tuple(self.corners))
        except UsageError:
            return None

    @property
    def problem(self) -> str:
        """What keeps it from being a box, in a sentence; empty for a box and for nothing at all."""
        if not self.corners:
            return ""
        if len(self.corners) < 3:
            return f"{3 - len(self.corners)} more: a box has at least three corners."
        try:
            PitBox(tuple(self.corners))
        except UsageError as wrong:
            return f"{wrong.title}."
        return ""

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    def rectangle(self) -> None:
        """Begin anew with an upright rectangle in the middle."""
        self._keep()
        self.corners, self.chosen = list(_RECTANGLE), 0

    def clear(self) -> None:
        if self.corners:
            self._keep()
            self.corners, self.chosen = [], None

    def undo(self) -> None:
        """Take the last change back."""
        if self._before:
            self.corners = list(self._before.pop())
            if self.chosen is not None and self.chosen >= len(self.corners):
                self.chosen = None

    def press(self, at: Point, reach: float, aspect: float) -> None:
        """The mouse went down: takes the corner that is near, else makes one: in the edge that is near, or at the end.

        reach: how near is near, as a fraction of the picture's width.
        """
        near = self._corner_near(at, reach, aspect)
        if near is None and len(self.corners) < MOST_CORNERS:
            self._keep()
            near = self._edge_near(at, reach, aspect)
            near = len(self.corners) if near is None else near + 1
            self.corners.insert(near, _inside(at))
        elif near is not None:
            self._dragged_from = tuple(self.corners)
        self.chosen = near

    def drag(self, to: Point) -> None:
        """The chosen corner follows; the whole drag is one step back."""
        if self.chosen is None:
            return
        if self._dragged_from is not None:
            self._before.append(self._dragged_from)
            self._dragged_from = None
        self.corners[self.chosen] = _inside(to)

    def release(self) -> None:
        self._dragged_from = None

    def move(self, dx: float, dy: float) -> None:
        """The chosen corner by so much."""
        if self.chosen is not None:
            self._keep()
            x, y = self.corners[self.chosen]
            self.corners[self.chosen] = _inside((x + dx, y + dy))

    def choose_next(self, by: int) -> None:
        """The next corner (1), or the one before (-1)."""
        if self.corners:
            self.chosen = 0 if self.chosen is None else (self.chosen + by) % len(self.corners)

    def add_after(self) -> None:
        """A new corner in the middle of the edge behind the chosen one."""
        if self.chosen is None or not 2 <= len(self.corners) < MOST_CORNERS:
            return
        self._keep()
        (x1, y1), (x2, y2) = self.corners[self.chosen], self.corners[(self.chosen + 1) % len(self.corners)]
        self.chosen += 1
        self.corners.insert(self.chosen, ((x1 + x2) / 2, (y1 + y2) / 2))

    def remove_chosen(self) -> None:
        if self.chosen is not None:
            self._keep()
            del self.corners[self.chosen]
            self.chosen = min(self.chosen, len(self.corners) - 1) if self.corners else None

    def _keep(self) -> None:
        self._before.append(tuple(self.corners))

    def _corner_near(self, at: Point, reach: float, aspect: float) -> int | None:
        away = [_distance(at, corner, aspect) for corner in self.corners]
        nearest = min(range(len(away)), key=away.__getitem__, default=None)
        return nearest if nearest is not None and away[nearest] <= reach else None

    def _edge_near(self, at: Point, reach: float, aspect: float) -> int | None:
        """The number of the edge's first corner."""
        if len(self.corners) < 3:
            return None
        ends = zip(self.corners, [*self.corners[1:], self.corners[0]], strict=True)
        away = [_from_edge(at, one, other, aspect) for one, other in ends]
        nearest = min(range(len(away)), key=away.__getitem__)
        return nearest if away[nearest] <= reach else None


def _inside(point: Point) -> Point:
    return min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1]))


def _distance(one: Point, other: Point, aspect: float) -> float:
    return math.hypot(one[0] - other[0], (one[1] - other[1]) / aspect)


def _from_edge(at: Point, one: Point, other: Point, aspect: float) -> float:
    (ax, ay), (bx, by), (px, py) = ((x, y / aspect) for x, y in (one, other, at))
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if length == 0 else min(1.0, max(0.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length))
    return math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay))
