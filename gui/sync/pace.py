"""How fast files reach the store: from what was verified over the last seconds."""

from collections import deque

_WINDOW_S = 20.0
_LEAST_S = 2.0


class Pace:
    """Given how many bytes are verified now and then; says bytes a second, or None while it can't know."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, at_s: float, verified_bytes: int) -> None:
        """at_s: monotonic seconds."""
        self._seen.append((at_s, verified_bytes))
        while len(self._seen) > 2 and at_s - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()

    def bytes_a_second(self) -> float | None:
        """None before two seconds were seen, or while nothing moves."""
        if len(self._seen) < 2:
            return None
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        if last_s - first_s < _LEAST_S or last <= first:
            return None
        return (last - first) / (last_s - first_s)


def eta_text(open_bytes: int, bytes_a_second: float) -> str:
    """'about 4 min', never finer than the guess deserves."""
    seconds = open_bytes / bytes_a_second
    if seconds < 60:
        return "under a minute"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
