"""What every provider gives: an answer for one asset, or the reason why there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.pack import Pack
from core.run import Asset, RunProvider
from workers.cancellation import CancelToken


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave; whether it keeps the pack's schema is checked by who asked."""

    values: object
    """The answer as JSON values; None if it is no JSON."""
    raw: str
    """As it came."""
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    notes: tuple[str, ...] = ()
    """What the operator should know of it: a fallback model, frames left out."""


class Provider(Protocol):
    """One shard's way to its answers. `analyze` is called from `in_flight` threads at once."""

    @property
    def name(self) -> RunProvider: ...

    @property
    def in_flight(self) -> int:
        """Calls of one shard at once, at the most; what all shards share, the provider itself holds back."""
        ...

    @property
    def budget_usd(self) -> float | None:
        """What a run without a budget of its own may cost; None: no limit."""
        ...

    def cost_of(self, pack: Pack, asset: Asset) -> float:
        """What one asset may cost, in USD, estimated high; 0 for what costs nothing."""
        ...

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
        """Ask once, with the provider's own retries. problem: how the answer before broke the pack's schema.

        `waiting` is called about once a second while the call waits for its turn. Raises Cancelled;
        AnalysisUnreachable and ProviderUnready, for which the whole run waits; any other KnownError fails this asset
        alone, and an AnalysisError names what the call spent.
        """
        ...
