"""Runs and findings in the operator's words: states, values with their units, the columns of a pack's table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.job import JobState
from core.pack import ColumnType, Pack, PackColumn
from core.run import STOPPED, Finding, FindingState, Run, RunProvider
from gui.jobs.reading import STATES as JOB_STATES

STATES = {
    FindingState.PENDING: ("Waiting", "muted"),
    FindingState.COMPLETED: ("Done", "ok"),
    FindingState.FAILED: ("Failed", "bad"),
}
"""In words, and their level."""
PROVIDERS = {RunProvider.GEMINI: "Gemini", RunProvider.LOCAL: "This machine", RunProvider.AUTO: "Automatic"}
_SMALLEST_COST = 0.01


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the results: of the station's own, or of the pack."""

    key: str
    """What the store sorts by."""
    title: str
    width_px: int
    pack: PackColumn | None = None
    shown: bool = True
    """At first; the operator's choice is kept."""

    @property
    def is_number(self) -> bool:
        numbers = (ColumnType.NUMBER, ColumnType.INTEGER)
        return self.key in _OWN_NUMBERS if self.pack is None else self.pack.type in numbers


_OWN_NUMBERS = frozenset({"tokens_in", "tokens_out", "cost_usd", "took_ms"})
PICTURE = "number"
"""The key of the thumbnails' column: sorted by, it is the run's own order."""
REASON = "error"
"""The key of the column that is shown by itself once something failed."""
_SHOWN_MOST = 8
"""Of a pack's columns at first."""
_BEFORE = (
    TableColumn(PICTURE, "Frame", 92),
    TableColumn("asset_id", "Asset", 210),
    TableColumn("state", "State", 84),
    TableColumn(REASON, "Reason", 220, shown=False),
)
_AFTER = (
    TableColumn("location", "Location", 120, shown=False),
    TableColumn("model", "Model", 140, shown=False),
    TableColumn("tokens_in", "Tokens in", 96, shown=False),
    TableColumn("tokens_out", "Tokens out", 96, shown=False),
    TableColumn("cost_usd", "Cost", 96, shown=False),
    TableColumn("took_ms", "Took", 90, shown=False),
)
_WIDTHS_PX = {
    ColumnType.TEXT: 240,
    ColumnType.NUMBER: 110,
    ColumnType.INTEGER: 110,
    ColumnType.BOOLEAN: 110,
    ColumnType.ENUM: 130,
    ColumnType.LIST: 200,
}


def columns_of(pack: Pack) -> tuple[TableColumn, ...]:
    """The table of a run of this pack."""
    own = tuple(
        TableColumn(column.name, title_of(column.name), _WIDTHS_PX[column.type], column, place < _SHOWN_MOST)
        for place, column in enumerate(pack.columns)
    )
    return (*_BEFORE, *own, *_AFTER)


def title_of(name: str) -> str:
    """'Motion blur' of motion_blur."""
    return name.replace("_", " ").capitalize()


def value_text(value: object) -> str:
    """A value of an answer; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(value_text, value)) if value else "None"
    if isinstance(value, Mapping):
        return ", ".join(f"{title_of(str(key))} {value_text(one)}" for key, one in value.items())
    return str(value)


def cell_text(finding: Finding, key: str, pack: PackColumn | None) -> str:
    """What stands in a finding's row."""
    if pack is not None:
        return value_text((finding.values or {}).get(key))
    told: dict[str, str] = {
        "asset_id": finding.asset_id,
        "state": STATES[finding.state][0],
        "error": (finding.error or {}).get("message", ""),
        "location": finding.location,
        "model": finding.model,
    }
    if key in told:
        return told[key]
    if finding.state is FindingState.PENDING and not finding.tokens_in:
        return ""
    numbers = {
        "tokens_in": f"{finding.tokens_in:,}",
        "tokens_out": f"{finding.tokens_out:,}",
        "cost_usd": cost_text(finding.cost_usd),
        "took_ms": took_text(finding.took_ms),
    }
    return numbers.get(key, "")


def cost_text(usd: float) -> str:
    """'US$ 0.42'; little is said with two digits, nothing as 'None'."""
    if usd <= 0:
        return "None"
    return f"US$ {usd:,.2f}" if usd >= _SMALLEST_COST else f"US$ {usd:.2g}"


def took_text(ms: float) -> str:
    """'12 ms', '3.4 s'."""
    return f"{ms / 1000:.3g} s" if ms >= 1000 else f"{ms:.0f} ms"


def run_title(run: Run) -> str:
    """Its name, or its pack's."""
    return run.name or str(run.pack.get("title") or title_of(run.pack_name))


def run_said(run: Run) -> tuple[str, str]:
    """How a run stands, and the words' level."""
    if run.state in (JobState.PENDING, JobState.PROCESSING):
        if run.held_because == STOPPED:
            return "Stopped", "warn"
        return ("Held", "warn") if run.held_because else (JOB_STATES[run.state], "info")
    if run.state is JobState.COMPLETED:
        return (f"Done, {run.failed:,} failed", "warn") if run.failed else ("Done", "ok")
    return JOB_STATES[run.state], "bad" if run.state is JobState.FAILED else "muted"


def progress_text(run: Run) -> str:
    """By asset."""
    ended = run.completed + run.failed
    return f"{ended:,} of {run.assets:,}" if run.pending else f"{run.assets:,}"


def made_text(ns: int, zone: ZoneInfo | None = None) -> str:
    """'22 Nov 14:04'."""
    when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone(zone)
    return f"{when.day} {when:%b %H:%M}"


def frames_text(number: int) -> str:
    return "1 frame" if number == 1 else f"{number:,} frames"


def assets_text(number: int) -> str:
    return "1 asset" if number == 1 else f"{number:,} assets"


def raw_text(raw: str) -> str:
    """An answer as it came; JSON with its lines apart."""
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        return raw
