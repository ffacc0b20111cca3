"""Computing children that are none: a test says what they answer, and what happens while they work."""

from collections.abc import Callable
from typing import Any

from workers.cancellation import CancelToken


class FakeComputing:
    """Like workers.computing.Computing. `answer` is called in the caller's thread with the function's arguments."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        self.asked: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        cancel: CancelToken,
        timeout_s: float | None = None,
        waiting: Callable[[], None] = lambda: None,
    ) -> Any:
        cancel.check()
        self.asked.append((function, args))
        answer = self._answer(*args)
        waiting()
        cancel.check()
        return answer

    def close(self) -> None:
        pass
