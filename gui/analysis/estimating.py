"""What a run will take before it is started, and which providers can answer it; read off the main thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from core import pricing
from core.clock import span_text
from core.pack import Pack
from core.paths import DataFolder
from core.run import Asset, RunProvider
from core.settings import Settings
from core.store import run_figures
from core.store.database import Reading
from gui.analysis.words import cost_text, frames_text

LOCAL, GEMINI, NIGHT, AUTO = "local", "gemini", "night", "auto"
"""The ways a run is answered, as the operator chooses them."""
_GUESSED_MS = {RunProvider.LOCAL: 400.0, RunProvider.GEMINI: 6000.0}
"""A frame, before any run of the pack told how long it takes; a call to a model takes as long for one as for some."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a run may be answered. `why_not` greys it."""

    key: str
    provider: RunProvider
    title: str
    said: str
    why_not: str = ""

    @property
    def options(self) -> dict[str, object]:
        return {"night": True} if self.key == NIGHT else {}


def ways(pack: Pack | None, settings: Settings) -> tuple[Way, ...]:
    """Every way, those that can't be gone with the reason. Off the main thread: it looks for installed packages."""
    local = pack is not None and pack.local is not None
    no_local = "" if local else "Nothing on this machine answers this pack: only a model can."
    cloud = why_no_cloud(settings)
    bucket = "" if settings.gemini.batch_bucket else "No bucket is named (Settings ▸ Analysis, batch_bucket)."
    either = "Gemini where it answers, else this machine." if local else "Gemini as soon as it answers."
    return (
        Way(LOCAL, RunProvider.LOCAL, "This machine", "No network, no key, no cost.", no_local),
        Way(GEMINI, RunProvider.GEMINI, "Gemini now", f"Asks {settings.gemini.model}, asset by asset.", cloud),
        Way(NIGHT, RunProvider.GEMINI, "Gemini overnight", "Half the price, answered within a day.", cloud or bucket),
        Way(AUTO, RunProvider.AUTO, "Automatic", either, cloud),
    )


def why_no_cloud(settings: Settings) -> str:
    """Why nothing of Google's can be asked; empty where it can. Off the main thread: it looks for packages."""
    try:
        is_installed = find_spec("google.genai") is not None
    except ModuleNotFoundError:
        is_installed = False
    if not is_installed:
        return "The cloud extra is not installed (trackshift-station[cloud])."
    return "" if settings.gemini.project else "No project is named (Settings ▸ Analysis)."


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will take, in words."""

    said: str
    more: str = ""


def forecast(
    tx: Reading, folder: DataFolder, settings: Settings, pack: Pack, assets: Sequence[Asset], way: Way
) -> Forecast:
    """Calls, tokens, cost and time. Nothing is sent. Raises SettingsError for a price file that is not right."""
    frames = {asset.asset_id: len(asset.frames) for asset in assets}
    provider = RunProvider.LOCAL if way.provider is RunProvider.LOCAL else RunProvider.GEMINI
    usual_ms = run_figures.usual_frame_ms(tx, pack.name, way.provider)
    ms = _GUESSED_MS[provider] if usual_ms is None else usual_ms
    guessed = "" if usual_ms is not None else "No run of this pack told yet how long it takes: the time is a guess."
    whole = sum(frames.values())
    if provider is RunProvider.LOCAL:
        took = span_text(int(whole * ms * 1e6 / settings.jobs.concurrency))
        return Forecast(f"No calls, no tokens, no cost; about {took} for {frames_text(whole)}.", guessed)
    estimate = pricing.estimate(pack, frames, settings, pricing.Prices.of_station(folder), night=way.key == NIGHT)
    calls = len(assets)
    said = (
        f"{calls:,} {'call' if calls == 1 else 'calls'}, about {_rounded(estimate.tokens_in)} tokens in and "
        f"{_rounded(estimate.tokens_out)} out, {cost_text(estimate.usd)} (never more than "
        f"{cost_text(estimate.most_usd)}), "
    )
    notes = (*estimate.notes, f"Prices of {estimate.priced_on}.")
    if way.key == NIGHT:
        return Forecast(f"{said}within a day.", " ".join(notes))
    gemini = settings.gemini
    seconds = max(calls * 60 / gemini.requests_per_minute, calls * ms / 1000 / gemini.max_in_flight, ms / 1000)
    return Forecast(f"{said}about {span_text(int(seconds * 1e9))}.", " ".join((*notes, guessed)).strip())


def _rounded(number: int) -> str:
    """With two digits that mean something."""
    digits = max(len(str(number)) - 2, 0)
    return f"{round(number, -digits):,}"
