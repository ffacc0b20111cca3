"""The local provider: answers on this machine, in the computing children, without a network or a key."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from core.pack import Pack
from core.run import Asset, RunProvider
from core.settings import Settings
from workers.analysis.provider import Answer
from workers.cancellation import CancelToken
from workers.computing import Computing
from workers.vision.quality.frame_quality import answer_frame_quality

ANALYSES: dict[str, Callable[[list[str]], dict[str, object]]] = {"frame_quality": answer_frame_quality}
"""By the name that a pack's `providers.local` says: pure functions of frame files, for a child."""


class LocalProvider:
    """A Provider. Costs nothing."""

    name = RunProvider.LOCAL
    budget_usd = None

    def __init__(self, compute: Computing, settings: Settings) -> None:
        self._compute = compute
        self.in_flight = compute.max_children

    def cost_of(self, pack: Pack, asset: Asset) -> float:
        return 0.0

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
        assert pack.local is not None
        paths = [str(path) for path in frames]
        values = self._compute.run(ANALYSES[pack.local], paths, cancel=cancel, waiting=waiting)
        return Answer(values, json.dumps(values, ensure_ascii=False), f"local {pack.local}")
