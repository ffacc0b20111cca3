"""A provider whose answers the test gives: by asset, call by call; a value is an answer, an exception is raised."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.pack import Pack
from core.run import Asset, RunProvider
from workers.analysis.provider import Answer
from workers.cancellation import CancelToken


class FakeProvider:
    name = RunProvider.GEMINI

    def __init__(
        self,
        answer: Callable[[str, int], Any],
        *,
        in_flight: int = 4,
        budget_usd: float | None = None,
        cost_usd: float = 0.01,
    ) -> None:
        """answer: of (asset_id, which call for it, from 1)."""
        self._answer = answer
        self._lock = threading.Lock()
        self.in_flight, self.budget_usd, self.cost_usd = in_flight, budget_usd, cost_usd
        self.calls: Counter[str] = Counter()
        self.problems: list[str] = []

    def cost_of(self, pack: Pack, asset: Asset) -> float:
        return self.cost_usd

    def analyze(
        self,
        pack: Pack,
        asset: Asset,
        frames: Sequence[Path],
        cancel: CancelToken,
        *,
        problem: str = "",
        waiting: Callable[[], None] = lambda: None,
    ) -> Answer:
        with self._lock:
            self.calls[asset.asset_id] += 1
            call = self.calls[asset.asset_id]
            if problem:
                self.problems.append(problem)
        values = self._answer(asset.asset_id, call)
        if isinstance(values, Exception):
            raise values
        return Answer(values, json.dumps(values), "fake-1", tokens_in=100, tokens_out=10, cost_usd=self.cost_usd)
