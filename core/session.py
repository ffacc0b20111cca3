"""A session: the running event that the work belongs to (season, event, FP1 … R)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    season: str
    event: str
    name: str
    time_zone: str
    created_at_ns: int
    closed_at_ns: int | None = None
    current: bool = False
    revision: int = 0

    @property
    def label(self) -> str:
        return " · ".join(part for part in (self.season, self.event, self.name) if part)
