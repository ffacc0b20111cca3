"""How often a worker that dies under the window is started again, before that is left to the operator."""

_MOST = 3
_HEALTHY_S = 300.0
"""A worker that has run for so long was no victim of what killed those before it."""


class Restarts:
    """Times are of a monotonic clock, s."""

    def __init__(self) -> None:
        self._at_s: list[float] = []

    def one_more(self, now_s: float) -> bool:
        """Whether it may be started once more, which then counts."""
        if len(self._at_s) == _MOST:
            return False
        self._at_s.append(now_s)
        return True

    def lives(self, now_s: float) -> None:
        """The worker runs."""
        if self._at_s and now_s - self._at_s[-1] > _HEALTHY_S:
            self.forget()

    def forget(self) -> None:
        """The operator started it: what was before counts no more."""
        self._at_s.clear()
