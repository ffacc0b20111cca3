"""Runs in words, read from the store: how each stands, how far it is, why it waits, what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time_ns
from zoneinfo import ZoneInfo

from core.job import OPEN, JobState
from core.run import STOPPED, Run
from core.settings import Settings
from core.store import jobs, runs, sessions
from core.store.database import Reading
from gui.analysis.words import PROVIDERS, assets_text, cost_text, made_text, progress_text, run_said, run_title
from gui.jobs.reading import circumstances
from gui.jobs.waiting import Circumstances, why_it_waits


@dataclass(frozen=True, slots=True)
class RunRow:
    run: Run
    title: str
    said: str
    level: str
    waits: str
    """Why nothing of it goes on now; empty where something does."""
    made: str
    """When it was asked for, in its session's zone."""

    @property
    def may_stop(self) -> bool:
        return self.run.state in OPEN and self.run.held_because is None

    @property
    def may_resume(self) -> bool:
        return self.run.state in OPEN and self.run.held_because is not None

    @property
    def may_retry(self) -> bool:
        return self.run.failed > 0 and self.run.state is not JobState.CANCELLED

    @property
    def provider(self) -> str:
        night = " overnight" if self.run.options.get("night") else ""
        return f"{PROVIDERS[self.run.provider]}{night}"

    @property
    def tokens(self) -> str:
        whole = self.run.tokens_in + self.run.tokens_out
        return f"{whole:,}" if whole else "None"

    @property
    def in_words(self) -> list[str]:
        """The run's head: state, why it waits, what it did and cost."""
        run = self.run
        said = [self.waits or self.said]
        said.append(f"{progress_text(run)} assets" if run.pending else assets_text(run.assets))
        said += [f"{run.failed:,} failed"] if run.failed and said[0] != self.said else []
        said.append(f"{run.pack_name} {run.pack_version}, {self.provider}")
        if run.tokens_in or run.tokens_out:
            said.append(f"{self.tokens} tokens, {cost_text(run.cost_usd)}")
        return [*said, self.made]


def rows_of(tx: Reading, settings: Settings, found: Sequence[Run]) -> list[RunRow]:
    """In their order."""
    zones = {session.id: ZoneInfo(session.time_zone) for session in sessions.every(tx)}
    around = circumstances(tx, settings, time_ns()) if any(run.state in OPEN for run in found) else None
    rows = []
    for run in found:
        said, level = run_said(run)
        waits = why(tx, run, around) if around is not None and run.state in OPEN else ""
        made = made_text(run.created_at_ns, zones.get(run.session_id or ""))
        rows.append(RunRow(run, run_title(run), said, level, waits, made))
    return rows


def row_of(tx: Reading, settings: Settings, run: Run) -> RunRow:
    return rows_of(tx, settings, [run])[0]


def why(tx: Reading, run: Run, around: Circumstances) -> str:
    """Why nothing of an open run goes on, in a sentence; empty if a shard is at work."""
    if run.held_because is not None:
        return "Stopped. Press Resume to go on." if run.held_because == STOPPED else f"Held: {run.held_because}"
    shards = jobs.children(tx, run.job_id)
    if around.worker_present and any(shard.state is JobState.PROCESSING for shard in shards):
        return ""
    first = next((shard for shard in shards if shard.state in OPEN), None)
    if first is not None and not around.worker_present:
        return "Waits: the worker is not running. Press Start."
    return why_it_waits(first, around) if first is not None else ""


def newest(tx: Reading, settings: Settings, number: int) -> tuple[list[RunRow], bool]:
    """The newest runs, and whether there are more."""
    page = runs.page(tx, None, number)
    return rows_of(tx, settings, page.items), page.next is not None
