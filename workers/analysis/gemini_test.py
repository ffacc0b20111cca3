"""Whether Gemini answers as it is set up: for doctor and the settings page. Costs nothing: tokens are only counted."""

from collections.abc import Callable
from dataclasses import dataclass

from core.credentials import Credentials
from core.errors import KnownError
from core.settings import Settings
from workers.analysis.google_access import Access, is_set_up
from workers.analysis.vertex import open_cloud

NOT_SET_UP = "not set up: runs are analysed on this machine alone"


@dataclass(frozen=True, slots=True)
class GeminiReport:
    """What was found out."""

    message: str
    warnings: tuple[str, ...] = ()


def ask_gemini(settings: Settings, kept: Credentials) -> GeminiReport:
    """Ask every model that is set to count the tokens of a word, and look into the bucket if there is one.

    Raises KnownError with what to do.
    """
    gemini = settings.gemini
    if not is_set_up(settings, kept):
        return GeminiReport(NOT_SET_UP)
    cloud = open_cloud(settings, kept)
    cloud.count_tokens(gemini.model)
    warnings = []
    if gemini.fallback_model and gemini.fallback_model != gemini.model:
        warnings += _tried(lambda: cloud.count_tokens(gemini.fallback_model))
    if gemini.batch_bucket:
        warnings += _tried(lambda: _look_into(cloud.access, gemini.batch_bucket))
    where = f"{gemini.model} in {gemini.location} answers for the project {cloud.access.project}"
    return GeminiReport(f"{where}, by {cloud.access.origin}", tuple(warnings))


def _look_into(access: Access, name: str) -> None:
    from workers.analysis.bucket import Bucket  # Google's client of it costs a second

    bucket = Bucket(access, name)
    try:
        bucket.names("trackshift/none/")
    finally:
        bucket.close()


def _tried(ask: Callable[[], object]) -> list[str]:
    try:
        ask()
    except KnownError as failed:
        return [f"{failed.title}. {failed.hint}"]
    return []
