"""A stop's dossier: what it says, gathered in the worker, and its page as HTML; made to be read by anyone, anywhere."""

import base64
import html
import math
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

from core.clock import utc_text
from core.stop import Mark, Moment, Span, Stop
from core.stop_words import MOMENTS, UNKNOWN, between, clock_text, doubt_text, offset_text, span_text, value_text
from resources import resource


@dataclass(frozen=True, slots=True)
class NamedClip:
    """A clip that shows the stop, with what proves that it is the one that was looked at."""

    id: str
    label: str
    sha256: str
    captured_at_ns: int
    captured_u_ns: int
    path: Path | None
    """None: not on this machine any more."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the page says."""

    stop: Stop
    camera: str
    session: str
    time_zone: str
    station: str
    team: str
    version: str
    made_at_ns: int
    clips: tuple[NamedClip, ...]
    """The stop's own first."""

    @property
    def zone(self) -> tzinfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None

    @property
    def title(self) -> str:
        number = f"Car {self.stop.car_number}, " if self.stop.car_number else ""
        return f"{number}{self.camera}, {clock_text(self.stop.from_ns, self.zone)[:8]}"

    @property
    def by_hand(self) -> bool:
        """The operator's word makes the time another one than the machine's."""
        return self.stop.span != self.stop.machine_span

    @property
    def measured(self) -> str:
        """Who says so, beside the time."""
        said = "by the operator's instants" if self.by_hand else "as measured"
        also = f"; the machine measured {span_text(self.stop.machine_span)}" if self.by_hand else ""
        locked = "; locked by the operator" if self.stop.locked else ""
        return f"stationary, {said}{also}{locked}"

    def spans(self) -> list[tuple[str, str, str]]:
        """What took how long: name, value, doubt."""
        pairs = (
            ("Arrived to stationary", Moment.ARRIVED, Moment.STATIONARY),
            ("Stationary to released", Moment.STATIONARY, Moment.RELEASED),
            ("Released to departed", Moment.RELEASED, Moment.DEPARTED),
        )
        found: list[tuple[str, Span | None]] = [(name, between(self.stop, one, two)) for name, one, two in pairs]
        return [(name, value_text(span) if span else UNKNOWN, doubt_text(span) if span else "") for name, span in found]

    def instants(self) -> list[tuple[str, str, str]]:
        """Each moment: its name, the machine's word, the operator's."""
        return [
            (MOMENTS[moment], self._said(self.stop.machine.get(moment)), self._said(self.stop.hand.get(moment), "–"))
            for moment in Moment
        ]

    def _said(self, mark: Mark | None, none: str = UNKNOWN) -> str:
        if mark is None:
            return none
        return f"{clock_text(mark.at_ns, self.zone)} ± {max(1, math.ceil(mark.u_ns / 1e6))} ms"

    def facts(self) -> list[tuple[str, str]]:
        """What the page says of where and with what it was measured."""
        own = self.clips[0] if self.clips else None
        clock = f"± {max(1, math.ceil(own.captured_u_ns / 1e6))} ms against UTC" if own else "not known: no clip"
        corners = " ".join(f"({x:.3f}, {y:.3f})" for x, y in self.stop.box)
        said = [
            ("Session", self.session or "none"),
            ("Camera", f"{self.camera} ({self.stop.camera_id})"),
            ("Capture clock", clock),
            ("Pit box", f"{corners}, as fractions of the picture"),
            ("Machine's notes", " ".join(self.stop.notes) or "none"),
            ("Operator's notes", self.stop.remark or "none"),
            ("Operator", self.stop.operator or "none"),
            ("Station", " · ".join(part for part in (self.station, self.team) if part)),
            ("Made", f"{utc_text(self.made_at_ns)[:19]}Z by TrackShift Station {self.version}, stop {self.stop.id}"),
        ]
        return said

    def clip_rows(self) -> list[tuple[str, str, str]]:
        """Camera and clip, first picture in UTC with its doubt, SHA-256."""
        return [
            (
                f"{clip.label} · {clip.id}",
                f"{utc_text(clip.captured_at_ns)} ± {max(1, math.ceil(clip.captured_u_ns / 1e6))} ms",
                clip.sha256,
            )
            for clip in self.clips
        ]


@dataclass(frozen=True, slots=True)
class Shot:
    """The picture that was shown at an instant."""

    moment: Moment
    at_ns: int
    """UTC of the picture, which is never later than the instant."""
    jpeg: bytes


def shot_text(dossier: Dossier, shot: Shot) -> str:
    """Beside the picture: its own time, and the instant against it."""
    mark = dossier.stop.mark(shot.moment)
    picture = f"picture of {clock_text(shot.at_ns, dossier.zone)}"
    if mark is None:
        return f"{MOMENTS[shot.moment]}: {picture}"
    return f"{MOMENTS[shot.moment]}: {picture}, instant {offset_text(mark.at_ns, shot.at_ns, mark.u_ns)}"


def page(dossier: Dossier, shots: list[Shot]) -> str:
    """One HTML file that needs no other."""
    stop, escape = dossier.stop, html.escape
    figures = "".join(
        f'<figure><img alt="{escape(shot_text(dossier, shot))}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(shot.jpeg).decode("ascii")}"><figcaption>{escape(shot_text(dossier, shot))}</figcaption>'
        "</figure>"
        for shot in shots
    )
    return Template(resource("pages/dossier.html").read_text("utf-8")).substitute(
        title=escape(dossier.title),
        standing=escape(span_text(stop.span)),
        measured=escape(dossier.measured),
        figures=figures or "<p>No picture: no clip of this stop is on this machine.</p>",
        spans=_rows(dossier.spans()),
        instants=_rows(dossier.instants()),
        facts=_rows(dossier.facts()),
        clips=_rows(dossier.clip_rows()) or "<tr><td>No clip</td></tr>",
    )


def _rows(rows: list[tuple[str, ...]] | list[tuple[str, str]] | list[tuple[str, str, str]]) -> str:
    return "".join(
        "<tr>"
        + "".join(
            f"<{'th' if not at else 'td'}>{html.escape(cell)}</{'th' if not at else 'td'}>"
            for at, cell in enumerate(row)
        )
        + "</tr>\n"
        for row in rows
    )
