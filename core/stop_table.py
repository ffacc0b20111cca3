"""A session's stops as a table of plain values: what the CSV file holds, a row a stop, both words of each instant."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.clock import utc_text
from core.paths import durable_file
from core.spreadsheet import cell
from core.stop import Mark, Moment, Span, Stop

COLUMNS = (
    *("id", "session", "camera", "car_number", "standing_s", "standing_u_s", "by"),
    *("machine_standing_s", "machine_standing_u_s", "complete", "locked"),
    *(
        f"{whose}_{moment.value}_{what}"
        for moment in Moment
        for whose in ("machine", "hand")
        for what in ("utc", "u_s")
    ),
    *("notes", "remark", "operator", "clip", "job"),
)


def write_csv(target: Path, stops: Iterable[Stop], sessions: Mapping[str, str]) -> int:
    """Write the file, whole or not at all; returns the number of rows. sessions: id to label. Raises OSError."""
    rows = 0
    with durable_file(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        written = csv.writer(text)
        written.writerow(COLUMNS)
        for stop in stops:
            written.writerow(row(stop, sessions))
            rows += 1
        text.flush()
        text.detach()
    return rows


def row(stop: Stop, sessions: Mapping[str, str]) -> list[str]:
    """The cells of COLUMNS: times in UTC, spans in seconds with their 95 % half-width, unknown ones empty."""
    whole: list[str] = [
        *(stop.id, cell(sessions.get(stop.session_id or "", "")), stop.camera_id, cell(stop.car_number)),
        *(*_span(stop.span), "hand" if stop.hand else "machine"),
        *(*_span(stop.machine_span), _yes(stop.complete), _yes(stop.locked)),
    ]
    for moment in Moment:
        whole += [*_mark(stop.machine.get(moment)), *_mark(stop.hand.get(moment))]
    notes = " ".join(stop.notes)
    return [*whole, cell(notes), cell(stop.remark), cell(stop.operator or ""), stop.clip_id or "", stop.job_id or ""]


def _span(span: Span | None) -> tuple[str, str]:
    return ("", "") if span is None else (f"{span.ns / 1e9:.6f}", f"{span.u_ns / 1e9:.6f}")


def _mark(mark: Mark | None) -> tuple[str, str]:
    return ("", "") if mark is None else (utc_text(mark.at_ns), f"{mark.u_ns / 1e9:.6f}")


def _yes(flag: bool) -> str:
    return "yes" if flag else ""
