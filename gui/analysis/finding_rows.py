"""The rows of the results: findings with the pictures of their frames, and how many there are of each value."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.pack import ColumnType, PackColumn
from core.paths import DataFolder
from core.run import Finding, FindingState, FrameRef
from core.store import findings, library
from core.store.database import Reading
from core.store.findings import FindingFilter
from core.store.library import LibraryFilter, LibraryItem
from gui.analysis.charts import Bar, Chart
from gui.analysis.words import title_of, value_text
from gui.library.thumbnails import Wanted

BINS = 16
_CHARTED = (ColumnType.ENUM, ColumnType.BOOLEAN, ColumnType.NUMBER, ColumnType.INTEGER)


@dataclass(frozen=True, slots=True)
class FindingRow:
    finding: Finding
    picture: Wanted | None
    """Of its first frame; None: not on this machine."""


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """One frame of an asset, as the details offer it."""

    ref: FrameRef
    picture: Wanted | None
    said: str = ""
    """Why it can't be shown."""


def rows_of(tx: Reading, folder: DataFolder, found: Sequence[Finding]) -> list[FindingRow]:
    """With each one's first picture."""
    first = {finding.number: finding.frames[0] for finding in found if finding.frames}
    shown = {frame.ref: frame for frame in shown_frames(tx, folder, set(first.values()))}
    return [
        FindingRow(finding, shown[first[finding.number]].picture if finding.number in first else None)
        for finding in found
    ]


def shown_frames(tx: Reading, folder: DataFolder, refs: Collection[FrameRef]) -> list[ShownFrame]:
    """Where their files are, in the order given."""
    ids = tuple(ref.frame_id for ref in refs if ref.frame_id is not None)
    items = library.page(tx, LibraryFilter(ids=ids), None, None, len(ids)) if ids else []
    by_id = {item.id: item for item in items}
    return [_shown(folder, ref, by_id.get(ref.frame_id or "")) for ref in refs]


def _shown(folder: DataFolder, ref: FrameRef, item: LibraryItem | None) -> ShownFrame:
    if ref.path is not None:
        return ShownFrame(ref, Wanted(ref.path, Path(ref.path), False))
    if item is None:
        return ShownFrame(ref, None, "Deleted since")
    if item.file_gone:
        return ShownFrame(ref, None, "Only in object storage")
    return ShownFrame(ref, Wanted(item.id, folder.absolute(item.path), False))


def charts_of(tx: Reading, run_id: str, columns: Sequence[PackColumn], wanted: FindingFilter) -> tuple[Chart, ...]:
    """A chart for each column of choices, flags or numbers, of the findings that the filter lets through."""
    done = FindingFilter(FindingState.COMPLETED, wanted.text, wanted.column, wanted.value, wanted.low, wanted.high)
    if wanted.state not in (None, FindingState.COMPLETED):
        return ()
    charts = []
    for column in columns:
        if column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
            numbers = findings.column_numbers(tx, run_id, column.name, done)
            charts.append(histogram(title_of(column.name), numbers, whole=column.type is ColumnType.INTEGER))
        elif column.type in _CHARTED:
            charts.append(_bars(column, dict(findings.column_counts(tx, run_id, column.name, done))))
    return tuple(charts)


def _bars(column: PackColumn, counts: dict[str | int | float | None, int]) -> Chart:
    without = counts.pop(None, 0)
    if column.type is ColumnType.BOOLEAN:
        bars = [Bar("Yes", counts.get(1, 0)), Bar("No", counts.get(0, 0))]
    else:
        bars = [Bar(choice, counts.pop(choice, 0)) for choice in column.choices]
        bars += [Bar(str(value), number) for value, number in counts.items()]
    return Chart(title_of(column.name), tuple(bars), said=f"{without:,} without" if without else "")


@dataclass(slots=True)
class _Spans:
    low: float
    width: float
    numbers: list[int] = field(default_factory=list)


def histogram(title: str, numbers: Sequence[float], *, whole: bool = False) -> Chart:
    """Spans of equal width from the least to the most; of few whole numbers one each. numbers: ascending."""
    if not numbers:
        return Chart(title, (), True)
    low, high = numbers[0], numbers[-1]
    if low == high:
        return Chart(title, (Bar(value_text(low), len(numbers)),), True, ("", value_text(low)), 0.5, _mean(low))
    by_one = whole and high - low < BINS
    bins = int(high - low) + 1 if by_one else BINS
    start, end = (low - 0.5, high + 0.5) if by_one else (low, high)
    spans = _Spans(start, (end - start) / bins, [0] * bins)
    for number in numbers:
        spans.numbers[min(int((number - start) / spans.width), bins - 1)] += 1
    bars = tuple(Bar(_span(spans, place, by_one), count) for place, count in enumerate(spans.numbers))
    mean = sum(numbers) / len(numbers)
    ticks = (value_text(low), value_text((low + high) / 2), value_text(high))
    return Chart(title, bars, True, ticks, (mean - start) / (end - start), _mean(mean))


def _mean(value: float) -> str:
    return f"mean {value_text(float(value))}"


def _span(spans: _Spans, place: int, by_one: bool) -> str:
    low = spans.low + place * spans.width
    return value_text(low + 0.5) if by_one else f"{value_text(low)} to {value_text(low + spans.width)}"
