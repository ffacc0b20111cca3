"""A pack: a question for every asset, with the schema of its answer; and the columns that answers fill."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import KnownError

OWN_COLUMNS = ("asset_id", "state", "error", "run_id", "model")
"""What every exported row begins with; a pack's columns follow, under names of their own."""


class ColumnType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ENUM = "enum"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class PackColumn:
    """One property of the answer."""

    name: str
    type: ColumnType
    choices: tuple[str, ...] = ()
    """Of an enum."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    name: str
    version: str
    title: str
    prompt: str
    schema: dict[str, object]
    """JSON Schema (2020-12) of one finding: an object with typed properties."""
    columns: tuple[PackColumn, ...]
    """Of the schema's properties, in their order."""
    local: str | None = None
    """The analysis on this machine that can answer it; None: only a model can."""
    hints: dict[str, dict[str, object]] = field(default_factory=dict)
    """What the file says to providers, by their name (temperature, model …)."""

    def as_json(self) -> dict[str, object]:
        """What a run keeps of it, so that a pack edited later changes no run."""
        return {
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "prompt": self.prompt,
            "schema": self.schema,
            "providers": {**self.hints, **({"local": self.local} if self.local else {})},
        }


@dataclass(frozen=True, slots=True)
class BrokenPack:
    """A pack file that can't be used, where it is wrong and why."""

    path: str
    line: int
    reason: str


class PackBroken(KnownError):
    """Fields: reason, and line (from 1) where it is wrong."""

    title = "The pack is wrong in line {line}: {reason}"
    hint = "Correct the file; docs/analysis.md shows what a pack holds."
    safe = "Other packs, and the runs made with this one, are not touched."
    permanent = True
    reason: str
    line: int

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason=reason, line=line)
