"""Gemini on Vertex AI: one asset, one question, through google.genai; asked again, slowly, while that can help."""

import random
import threading
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from core import pricing
from core.credentials import Credentials
from core.pack import Pack
from core.paths import DataFolder
from core.run import Asset, RunProvider
from core.settings import Settings
from workers.analysis.gemini_answers import read_answer
from workers.analysis.gemini_faults import Again, FramesTooLarge, ModelOverloaded
from workers.analysis.gemini_question import INLINE_MOST_BYTES, constant_body, read_frame, words_of
from workers.analysis.provider import Answer
from workers.analysis.rate import Waiting, wait
from workers.analysis.vertex import Cloud, open_cloud
from workers.cancellation import CancelToken

if TYPE_CHECKING:
    from google import genai
    from google.genai import types

RETRIES = 3
PAUSES_S = (2.0, 5.5, 15.0)
_JITTER = 0.15
_PATIENCE_S = 120.0
"""The longest wish of the service to come back later that is heeded; past it, the asset fails and says so."""
_SHARD_CALLS = 50
_BEGUN = count()
"""The shard that began first has the next free place."""


def open_provider(settings: Settings, folder: DataFolder) -> "GeminiProvider":
    """Gemini as it is set up now. Raises as `open_cloud` does; SettingsError for a wrong table of prices."""
    cloud = open_cloud(settings, Credentials(folder))
    bucket = settings.gemini.batch_bucket
    send = partial(_into_bucket, cloud, bucket) if bucket else None
    return GeminiProvider(settings, cloud, pricing.Prices.of_station(folder), send=send)


def _into_bucket(cloud: Cloud, bucket: str, path: Path) -> str:
    """A frame's gs:// address; the same frame sent twice is one object."""
    data, media_type = read_frame(path)
    suffix = ".png" if media_type == "image/png" else ".jpg"
    return cloud.bucket_of(bucket).put(f"trackshift/frames/{sha256(data).hexdigest()}{suffix}", data, media_type)


class GeminiProvider:
    """Answers of Gemini. Made for each attempt of a shard; what is shared lies in the cloud."""

    name = RunProvider.GEMINI

    def __init__(
        self,
        settings: Settings,
        cloud: Cloud,
        prices: pricing.Prices,
        *,
        send: Callable[[Path], str] | None = None,
        pauses_s: Sequence[float] = PAUSES_S,
        chance: random.Random | None = None,
    ) -> None:
        """send: puts a frame into the bucket and gives its gs:// address; None: there is no bucket."""
        self._settings = settings
        self.cloud = cloud
        self._prices = prices
        self._send = send
        self._pauses_s = pauses_s
        self._chance = chance or random.Random()
        self._lock = threading.Lock()
        self._order = next(_BEGUN)
        self._ready: tuple[Pack, genai.Client, int] | None = None

    @property
    def in_flight(self) -> int:
        """Twice the places: while some wait to try again, and some are read and written, the wire stays full."""
        return min(2 * self._settings.gemini.max_in_flight, _SHARD_CALLS)

    @property
    def budget_usd(self) -> float | None:
        return self._settings.gemini.budget_usd or None

    def cost_of(self, pack: Pack, asset: Asset) -> float:
        return pricing.most_usd(pack, len(asset.frames), self._settings, self._prices)

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
        """As Provider says: up to four calls, the last two of the fallback model while the first is overloaded."""
        client, limit = self._prepared(pack)
        size = sum(path.stat().st_size for path in frames)
        with self.cloud.places.room(min(size, INLINE_MOST_BYTES), cancel, waiting):
            contents = self._contents(asset, frames, size, problem)
            return self._ask(client, pack, contents, limit, cancel, waiting)

    def _prepared(self, pack: Pack) -> "tuple[genai.Client, int]":
        """A shard has one pack: its client is looked for once."""
        with self._lock:
            if self._ready is None or self._ready[0] is not pack:
                body = constant_body(pack, self._settings)
                self._ready = pack, self.cloud.client(body), int(body["generationConfig"]["maxOutputTokens"])
            return self._ready[1:]

    def _contents(self, asset: Asset, frames: Sequence[Path], size: int, problem: str) -> "types.Content":
        from workers.analysis import question_types as ask  # it brings Google's client

        parts = [ask.text(words_of(asset, problem))]
        if size > INLINE_MOST_BYTES:
            if self._send is None:
                raise FramesTooLarge(megabytes=f"{size / 1e6:.0f}", limit=f"{INLINE_MOST_BYTES / 1e6:.0f}")
            parts += [ask.in_bucket(self._send(path)) for path in frames]
        else:
            parts += [ask.inline(path) for path in frames]
        return ask.question(parts)

    def _ask(
        self,
        client: "genai.Client",
        pack: Pack,
        contents: "types.Content",
        limit: int,
        cancel: CancelToken,
        waiting: Waiting,
    ) -> Answer:
        model = pricing.model_of(pack, self._settings)
        fallback = self._settings.gemini.fallback_model
        notes: tuple[str, ...] = ()
        tried = 0
        while True:
            wait(self.cloud.turns.take(), cancel, waiting)
            try:
                response = self.cloud.ask(client, model, contents, cancel, waiting, self._order)
            except Again as again:
                pause_s = self._pause_s(tried, again)
                if tried == RETRIES or pause_s > _PATIENCE_S:
                    raise again.told from again
                tried += 1
                if again.overloaded and fallback and model != fallback and tried >= 2:
                    assert isinstance(again.told, ModelOverloaded)
                    notes = (f"Answered by {fallback}, as {again.told.title[:1].lower()}{again.told.title[1:]}",)
                    model = fallback
                wait(pause_s, cancel, waiting)
                continue
            return read_answer(
                response,
                model=model,
                price=self._prices.of(model),
                limit=limit,
                notes=notes,
            )

    def _pause_s(self, tried: int, again: Again) -> float:
        if again.after_s is not None:
            return again.after_s * (1 + _JITTER * self._chance.random())  # never sooner than it asks
        pause_s = self._pauses_s[min(tried, len(self._pauses_s) - 1)]
        return pause_s * (1 + _JITTER * self._chance.uniform(-1, 1))
