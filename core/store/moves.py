"""Legal moves, repeated in the WHERE of every update; and what an update raises when it changes no row."""

from collections.abc import Mapping
from typing import TypeVar

from core.errors import UsageError

S = TypeVar("S")


class StaleAttempt(Exception):
    """A newer attempt owns this job or upload, or it was cancelled: what this attempt did counts no more."""

    def __init__(self, kind: str, id: str, attempt: int) -> None:
        super().__init__(f"attempt {attempt} of {kind} {id} is not the one under way")
        self.kind, self.id, self.attempt = kind, id, attempt


class IllegalMove(UsageError):
    """Somebody asked for a move that the item's state does not allow."""

    title = "That can't be done now"
    hint = "Look at its state again: it changed meanwhile."


def before(moves: Mapping[S, frozenset[S]], target: S) -> list[S]:
    """The states from which `target` may be reached."""
    return [state for state, targets in moves.items() if target in targets]
