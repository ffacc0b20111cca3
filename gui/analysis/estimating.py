"""What a run will take before it is started, and which providers can answer it; read off the main thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from core.pack import Pack
from core.run import Asset, RunProvider
from core.settings import Settings

LOCAL, GEMINI, NIGHT, AUTO = "local", "gemini", "night", "auto"
"""The ways a run is answered, as the operator chooses them."""


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
    local = pack.local is not None if pack is not None else False
    no_local = "" if local else "This pack has no analysis on this machine: only a model can answer it."
    cloud = _why_no_cloud(settings)
    bucket = "" if settings.gemini.batch_bucket else "No bucket is named: Settings ▸ Gemini ▸ batch bucket."
    return (
        Way(LOCAL, RunProvider.LOCAL, "This machine", "No network, no key, no cost.", no_local),
        Way(GEMINI, RunProvider.GEMINI, "Gemini now", f"{settings.gemini.model}, answered within minutes.", cloud),
        Way(NIGHT, RunProvider.GEMINI, "Gemini overnight", "Half the cost, answered within a day.", cloud or bucket),
        Way(
            AUTO,
            RunProvider.AUTO,
            "Automatic",
            "Gemini where it answers, else this machine." if local else "Gemini as soon as it answers.",
            cloud,
        ),
    )


def _why_no_cloud(settings: Settings) -> str:
    try:
        is_installed = find_spec("google.genai") is not None
    except ModuleNotFoundError:
        is_installed = False
    if not is_installed:
        return "The extra “cloud” is not installed: run.py setup --cloud."
    if not settings.gemini.project:
        return "No project is named: Settings ▸ Gemini."
    return ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """In words; level "" or "warn"."""

    said: str
    level: str = ""


def frames_of(assets: Sequence[Asset]) -> dict[str, int]:
    """How many frames each asset has."""
    return {asset.asset_id: len(asset.frames) for asset in assets}
