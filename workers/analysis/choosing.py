"""Which provider answers a run now: asked anew by each attempt of a shard, so that `auto` follows the network."""

from core.errors import JobRefused
from core.pack import Pack
from core.run import AnalysisUnreachable, ProviderUnready, Run, RunProvider
from workers.analysis.provider import Provider
from workers.runner import JobContext


def choose(context: JobContext, run: Run, pack: Pack) -> Provider:
    """Raises AnalysisUnreachable, ProviderUnready (the run waits), JobRefused (it can never be answered so)."""
    if run.provider is RunProvider.LOCAL:
        return _local(context, pack)
    try:
        return _gemini(context, run)
    except (AnalysisUnreachable, ProviderUnready):
        if run.provider is RunProvider.AUTO and pack.local is not None:
            return _local(context, pack)
        raise


def _gemini(context: JobContext, run: Run) -> Provider:
    from workers.analysis.gemini import open_provider

    return open_provider(context.settings, context.folder)


def _local(context: JobContext, pack: Pack) -> Provider:
    from workers.analysis.local import ANALYSES, LocalProvider

    if pack.local not in ANALYSES:
        raise JobRefused(
            f"The pack {pack.name} has no analysis on this machine",
            hint="Make the run again with Gemini, or choose frame_quality.",
        )
    return LocalProvider(context.compute, context.settings)
