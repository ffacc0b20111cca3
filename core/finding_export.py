"""Findings as files: one row an asset, its own columns and then the pack's, as CSV, JSON lines or Parquet."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.pack import ColumnType, Pack, PackColumn
from core.packs import pack_of
from core.paths import DataFolder, durable_file
from core.run import Finding, Run
from core.spreadsheet import cell
from core.store import findings, runs
from core.store.database import Database, open_database

_AT_ONCE = 500


class ExportFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


def export_findings(database: Database, run_id: str, target: Path, format: ExportFormat) -> int:
    """Write a run's findings, whole or not at all; returns how many rows. Raises NotFound, DiskFull and its like."""
    with database.read() as tx:
        run = runs.get(tx, run_id)
    pack = pack_of(run.pack)
    rows = _rows(database, run, pack)
    with durable_file(target) as file:
        if format is ExportFormat.JSONL:
            return _lines((json.dumps(row, ensure_ascii=False) for row in rows), file.write)
        if format is ExportFormat.CSV:
            return _csv(rows, pack, file)
        return _parquet(rows, pack, file)


def write_files(root: str, run_id: str, targets: Mapping[str, str]) -> int:
    """In a computing child: the files by format, in the data folder `root`; returns how many rows each has."""
    database = open_database(DataFolder(Path(root)))
    try:
        rows = [export_findings(database, run_id, Path(path), ExportFormat(name)) for name, path in targets.items()]
    finally:
        database.close()
    return rows[0]


def row_of(run: Run, pack: Pack, finding: Finding) -> dict[str, object]:
    """asset_id, state, error, run_id, model, then a value for each of the pack's columns, None where there is none."""
    values = finding.values or {}
    return {
        "asset_id": finding.asset_id,
        "state": str(finding.state),
        "error": finding.error["message"] if finding.error else None,
        "run_id": run.id,
        "model": finding.model,
    } | {column.name: values.get(column.name) for column in pack.columns}


def _rows(database: Database, run: Run, pack: Pack) -> Iterator[dict[str, object]]:
    number = -1
    while True:
        with database.read() as tx:
            found = findings.after(tx, run.id, number, _AT_ONCE)
        if not found:
            return
        yield from (row_of(run, pack, finding) for finding in found)
        number = found[-1].number


def _lines(lines: Iterator[str], write: Callable[[bytes], Any]) -> int:
    number = 0
    for line in lines:
        write(line.encode() + b"\n")
        number += 1
    return number


def _csv(rows: Iterator[dict[str, object]], pack: Pack, file: Any) -> int:
    class Writer:
        def write(self, text: str) -> None:
            file.write(text.encode())

    writer = csv.writer(Writer(), lineterminator="\n")
    writer.writerow(["asset_id", "state", "error", "run_id", "model", *(column.name for column in pack.columns)])
    number = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
        number += 1
    return number


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    told = _as_text(value)
    return cell(told) if isinstance(told, str) else told


def _as_text(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _parquet(rows: Iterator[dict[str, object]], pack: Pack, file: Any) -> int:
    import pyarrow as pa  # late: half a second
    import pyarrow.parquet as pq

    own = [pa.field(name, pa.string()) for name in ("asset_id", "state", "error", "run_id", "model")]
    schema = pa.schema(own + [pa.field(column.name, _arrow(pa, column)) for column in pack.columns])
    lists = {column.name for column in pack.columns if column.type is ColumnType.LIST}
    number = 0
    with pq.ParquetWriter(file, schema) as writer:
        while part := _part(rows, lists):
            writer.write_table(pa.Table.from_pylist(part, schema=schema))
            number += len(part)
    return number


def _part(rows: Iterator[dict[str, object]], lists: set[str]) -> Sequence[dict[str, object]]:
    part = []
    for row in rows:
        part.append({name: _as_text(value) if name in lists else value for name, value in row.items()})
        if len(part) == _AT_ONCE:
            break
    return part


def _arrow(pa: Any, column: PackColumn) -> Any:
    """A list is JSON text: what it holds is the pack's own."""
    types = {ColumnType.NUMBER: pa.float64(), ColumnType.INTEGER: pa.int64(), ColumnType.BOOLEAN: pa.bool_()}
    return types.get(column.type, pa.string())
