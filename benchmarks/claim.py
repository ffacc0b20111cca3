"""The one shape of a measured claim, and the words for what could not be measured."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of docs/performance.md. `met` is None where it could not be measured here; `how` then says why."""

    name: str
    ours: float | None
    peer: float | None
    ratio: float | None
    want: str
    met: bool | None
    how: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def in_words(self) -> str:
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[self.met]
        figures = [f"ours {self.ours:g}" if self.ours is not None else "", f"peer {self.peer:g}" if self.peer else ""]
        share = f"ratio {self.ratio:.2f}" if self.ratio is not None else ""
        told = ", ".join(part for part in (*figures, share) if part)
        return f"{self.name}: {verdict} ({told or 'no figures'}; want {self.want})\n    {self.how}"


class NotMeasurable(Exception):
    """Something this claim needs is not on this machine; the text says what."""


def unmeasured(name: str, want: str, why: str) -> Claim:
    return Claim(name, None, None, None, want, None, why)


def percentile(values: list[float], percent: float) -> float:
    """The percentile, with no value made up between two measured ones."""
    return float(np.percentile(values, percent, method="higher"))


def median(values: list[float]) -> float:
    return float(np.median(values))
