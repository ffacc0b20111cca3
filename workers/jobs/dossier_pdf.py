"""A stop's dossier as one A4 page of PDF: the same words as the HTML's."""

import io
import logging
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF

from core.stop_words import span_text
from resources import resource
from workers.jobs.dossier import Dossier, Shot, shot_text

_EDGE_MM = 12.0
_WIDTH_MM = 210.0 - 2 * _EDGE_MM
_SHOT_MM = (_WIDTH_MM - 4) / 2
_TALLEST_SHOT_MM = 50.0
_MOST_CLIPS = 8
_MOST_LETTERS = 600
"""Of one cell: the page is one page, and the HTML has it all."""
_INK, _MUTED, _LINE = (11, 17, 22), (70, 83, 95), (195, 206, 216)
_FONT = "DejaVu"


def write(dossier: Dossier, shots: list[Shot], to: Path) -> None:
    """Write the page. Words in scripts that the font lacks leave boxes; the HTML has them all."""
    logging.getLogger("fpdf").setLevel(logging.ERROR)  # it would tell of each missing letter
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.fromtimestamp(dossier.made_at_ns // 1_000_000_000, UTC))
    pdf.set_title(f"Pit stop: {dossier.title}")
    pdf.set_creator(f"TrackShift Station {dossier.version}")
    pdf.set_margin(_EDGE_MM)
    pdf.set_auto_page_break(auto=False)
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font(_FONT, style, str(resource(f"fonts/{file}")))
    pdf.add_page()
    _line(pdf, f"Pit stop: {dossier.title}", 12, bold=True)
    _line(pdf, span_text(dossier.stop.span), 24, bold=True)
    _line(pdf, f"{dossier.measured}; ± is the half-width of the 95 % interval", 8, ink=_MUTED)
    pdf.ln(2)
    _shots(pdf, dossier, shots)
    _table(pdf, ("Part", "Took", ""), dossier.spans(), (60, 40, 40))
    _table(pdf, ("Instant", "Machine", "Operator"), dossier.instants(), (40, 60, 60))
    _table(pdf, (), dossier.facts(), (34, _WIDTH_MM - 34))
    clips = dossier.clip_rows()
    _table(pdf, ("Clip", "First picture, UTC", "SHA-256"), clips[:_MOST_CLIPS], (57, 44, _WIDTH_MM - 101), size=5.8)
    if len(clips) > _MOST_CLIPS:
        _line(pdf, f"{len(clips) - _MOST_CLIPS} more clips are named in the HTML.", 7, ink=_MUTED)
    pdf.output(str(to))


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}… (the HTML has it whole)"


def _line(pdf: FPDF, text: str, size: float, *, bold: bool = False, ink: tuple[int, int, int] = _INK) -> None:
    pdf.set_font(_FONT, "B" if bold else "", size)
    pdf.set_text_color(*ink)
    pdf.multi_cell(0, size * 0.5, _short(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _shots(pdf: FPDF, dossier: Dossier, shots: list[Shot]) -> None:
    """Two beside each other, each with its words below."""
    if not shots:
        _line(pdf, "No picture: no clip of this stop is on this machine.", 8, ink=_MUTED)
        return
    top = pdf.get_y()
    for number, shot in enumerate(shots):
        left = _EDGE_MM + (number % 2) * (_SHOT_MM + 4)
        if number and number % 2 == 0:
            top = pdf.get_y() + 1
        placed = pdf.image(io.BytesIO(shot.jpeg), x=left, y=top, w=_SHOT_MM, h=_TALLEST_SHOT_MM, keep_aspect_ratio=True)
        pdf.set_xy(left, top + max(placed.rendered_height, _TALLEST_SHOT_MM))
        pdf.set_font(_FONT, "", 6.5)
        pdf.set_text_color(*_MUTED)
        pdf.cell(_SHOT_MM, 4, shot_text(dossier, shot), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)


def _table(
    pdf: FPDF,
    head: tuple[str, ...],
    rows: list[tuple[str, str, str]] | list[tuple[str, str]],
    widths_mm: tuple[float, ...],
    size: float = 7.5,
) -> None:
    if not rows:
        return
    pdf.ln(1.5)
    if head:
        _row(pdf, head, widths_mm, size, bold=True)
    for row in rows:
        _row(pdf, row, widths_mm, size)


def _row(pdf: FPDF, cells: tuple[str, ...], widths_mm: tuple[float, ...], size: float, *, bold: bool = False) -> None:
    top, bottom, left = pdf.get_y(), pdf.get_y(), _EDGE_MM
    for number, (cell, width_mm) in enumerate(zip(cells, widths_mm, strict=True)):
        pdf.set_xy(left, top)
        pdf.set_font(_FONT, "B" if bold else "", size)
        pdf.set_text_color(*(_INK if bold or number else _MUTED))
        pdf.multi_cell(width_mm, size * 0.46, _short(cell), align="L", new_x="LMARGIN", new_y="NEXT")
        bottom, left = max(bottom, pdf.get_y()), left + width_mm
    pdf.set_draw_color(*_LINE)
    pdf.line(_EDGE_MM, bottom + 0.4, _EDGE_MM + _WIDTH_MM, bottom + 0.4)
    pdf.set_xy(_EDGE_MM, bottom + 0.8)
