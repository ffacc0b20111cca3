"""What Gemini costs: a dated table of prices by model, and what a run will cost before anything is sent."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import SettingsError
from core.pack import Pack
from core.paths import DataFolder
from core.settings import Settings

PRICED_ON = "2025-11-18"
"""The table is of the public price list as it was then."""
LONG_TOKENS = 200_000
"""A longer prompt has prices of its own with some models."""
NIGHT_SHARE = 0.5
"""Batch prediction costs half."""
IMAGE_TOKENS, IMAGE_TOKENS_MOST = 1_290, 2_580
"""Of one frame: five tiles of 258 tokens as cameras give them, ten at the most."""
_LETTERS_A_TOKEN = 3
_OWN_TOKENS = 120
"""What is asked around the prompt: the asset's name, the schema's frame."""
_OUT_A_COLUMN, _THOUGHT = 30, 600
FILE = "prices.toml"


@dataclass(frozen=True, slots=True)
class Price:
    """US $ for a million tokens; what the model thinks counts as output."""

    input_usd: float
    output_usd: float
    long_input_usd: float | None = None
    long_output_usd: float | None = None
    """For prompts of more than LONG_TOKENS; None: the same."""

    def of(self, tokens_in: int, tokens_out: int) -> float:
        given, answered = self.input_usd, self.output_usd
        if tokens_in > LONG_TOKENS:
            given, answered = self.long_input_usd or given, self.long_output_usd or answered
        return (tokens_in * given + tokens_out * answered) / 1e6


PRICES: Mapping[str, Price] = {
    "gemini-2.5-pro": Price(1.25, 10.00, 2.50, 15.00),
    "gemini-2.5-flash": Price(0.30, 2.50),
    "gemini-2.5-flash-lite": Price(0.10, 0.40),
    "gemini-2.0-flash": Price(0.15, 0.60),
    "gemini-2.0-flash-lite": Price(0.075, 0.30),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Before anything was sent. `usd` is likely, `most_usd` is never passed: each asset asked twice, at full length."""

    assets: int
    frames: int
    model: str
    tokens_in: int
    tokens_out: int
    usd: float
    most_usd: float
    priced_on: str
    notes: tuple[str, ...] = ()


class Prices:
    """The table, with what `prices.toml` in the data folder says instead."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = dict(own or {})

    @classmethod
    def of_station(cls, folder: DataFolder) -> "Prices":
        """Raises SettingsError for a file that is not right."""
        file = folder.root / FILE
        try:
            written = tomllib.loads(file.read_text("utf-8-sig"))
            own = {model: Price(**{name: float(usd) for name, usd in row.items()}) for model, row in written.items()}
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, AttributeError, TypeError) as wrong:
            raise SettingsError(
                f"{file} can't be read: {wrong}",
                hint='Each model is a table: ["gemini-2.5-pro"] with input_usd and output_usd a million tokens.',
                file=file,
            ) from None
        return cls(own)

    def of(self, model: str) -> Price:
        """Of a model that has no price of its own: its nearest relative's, else the dearest there is."""
        table = {**PRICES, **self._own}
        name = model.rpartition("/")[2].partition("@")[0]
        if name in table:
            return table[name]
        relatives = [known for known in table if name.startswith(known)]
        return table[max(relatives, key=len)] if relatives else max(table.values(), key=lambda price: price.output_usd)

    def knows(self, model: str) -> bool:
        name = model.rpartition("/")[2].partition("@")[0]
        return any(name.startswith(known) for known in {**PRICES, **self._own})

    def priced_on(self, model: str) -> str:
        return FILE if model in self._own else PRICED_ON


def tokens_in(pack: Pack, frames: int, *, most: bool = False) -> int:
    words = len(pack.prompt) + len(str(pack.schema))
    image = IMAGE_TOKENS_MOST if most else IMAGE_TOKENS
    return words // _LETTERS_A_TOKEN + _OWN_TOKENS + frames * image


def most_usd(pack: Pack, frames: int, settings: Settings, prices: Prices, *, night: bool = False) -> float:
    """What one asset may cost: asked twice by the dearer of the two models, both answers as long as they may be."""
    gemini = settings.gemini
    models = {model for model in (model_of(pack, settings), gemini.fallback_model) if model}
    given = tokens_in(pack, frames, most=True)
    dearest = max(prices.of(model).of(given, gemini.max_output_tokens) for model in models)
    return dearest * (NIGHT_SHARE if night else 2)


def model_of(pack: Pack, settings: Settings) -> str:
    """The pack's own model, else the station's."""
    wanted = pack.hints.get("gemini", {}).get("model")
    return wanted if isinstance(wanted, str) and wanted else settings.gemini.model


def estimate(
    pack: Pack, frames_by_asset: Mapping[str, int], settings: Settings, prices: Prices, *, night: bool = False
) -> Estimate:
    """What asking Gemini for these assets will take. Nothing is sent."""
    model = model_of(pack, settings)
    frames = sum(frames_by_asset.values())
    given = sum(tokens_in(pack, number) for number in frames_by_asset.values())
    answered = len(frames_by_asset) * (len(pack.columns) * _OUT_A_COLUMN + _THOUGHT)
    notes = [] if prices.knows(model) else [f"{model} has no price in the table: the dearest one is taken ({FILE})"]
    return Estimate(
        assets=len(frames_by_asset),
        frames=frames,
        model=model,
        tokens_in=given,
        tokens_out=answered,
        usd=prices.of(model).of(given, answered) * (NIGHT_SHARE if night else 1),
        most_usd=sum(most_usd(pack, number, settings, prices, night=night) for number in frames_by_asset.values()),
        priced_on=prices.priced_on(model),
        notes=tuple(notes),
    )
