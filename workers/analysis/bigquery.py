"""BigQuery: a table a pack, a row a completed finding; loaded twice it holds each once; a run's rows can be removed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.pack import ColumnType, Pack
from core.run import AnalysisUnreachable, Finding, ProviderUnready, Run
from core.settings import Settings
from workers.analysis.gemini_faults import CredentialsRefused
from workers.analysis.google_access import Access

_AT_ONCE = 500
_TIMEOUT_S = 60.0
_RETRY_S = 30.0
_TYPES = {
    ColumnType.TEXT: "STRING",
    ColumnType.ENUM: "STRING",
    ColumnType.NUMBER: "FLOAT64",
    ColumnType.INTEGER: "INT64",
    ColumnType.BOOLEAN: "BOOL",
}
_LISTED = {"string": "STRING", "number": "FLOAT64", "integer": "INT64", "boolean": "BOOL"}
_OWN = (
    ("asset_id", "STRING"),
    ("run_id", "STRING"),
    ("model", "STRING"),
    ("location", "STRING"),
    ("pack_version", "STRING"),
    ("tokens_in", "INT64"),
    ("tokens_out", "INT64"),
    ("cost_usd", "FLOAT64"),
    ("ended_at", "TIMESTAMP"),
    ("insert_id", "STRING"),
)


class BigqueryRefused(ProviderUnready):
    """Field: said."""

    title = "BigQuery refuses: {said}"
    hint = "Give the account the roles BigQuery Data Editor and BigQuery Job User, and look at Settings ▸ Gemini."


class RowsStreaming(ProviderUnready):
    title = "BigQuery still takes in the rows of this run, and removes none meanwhile"
    hint = "Nothing to do: it is tried again by itself until it goes, which takes up to 90 minutes."


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a run's rows."""

    table: str
    """project.dataset.table."""
    sent: int
    there: int
    """They were in the table before, and were not sent again."""
    bad: dict[str, str] = field(default_factory=dict)
    """Asset to BigQuery's own words."""


class FindingsTable:
    """Every call raises AnalysisUnreachable, BigqueryRefused, CredentialsRefused."""

    def __init__(self, access: Access, settings: Settings, pack_name: str) -> None:
        from google.cloud import bigquery

        bq = settings.bigquery
        options = {"api_endpoint": bq.base_url} if bq.base_url else None
        self._client: Any = bigquery.Client(
            project=access.project, credentials=access.credentials, location=bq.location, client_options=options
        )
        self._how = {"timeout": _TIMEOUT_S, "retry": bigquery.DEFAULT_RETRY.with_timeout(_RETRY_S)}
        self._dataset = f"{access.project}.{bq.results_dataset}"
        self.name = f"{self._dataset}.{bq.results_table}_{pack_name}"
        self._location = bq.location

    def ensure(self, pack: Pack) -> None:
        """Make dataset and table if they are not there; give the table the columns that it lacks."""
        from google.cloud import bigquery

        wanted = [bigquery.SchemaField(*column) for column in columns_of(pack)]
        with _told():
            dataset = bigquery.Dataset(self._dataset)
            dataset.location = self._location
            self._client.create_dataset(dataset, exists_ok=True, **self._how)
            made = bigquery.Table(self.name, schema=wanted)
            table = self._client.create_table(made, exists_ok=True, **self._how)
            there = {column.name for column in table.schema}
            if lacking := [column for column in wanted if column.name not in there]:
                table.schema = [*table.schema, *lacking]
                self._client.update_table(table, ["schema"], **self._how)

    def load(self, run: Run, pack: Pack, found: Iterable[Finding]) -> Loaded:
        """Send each of these findings that is not in the table yet; what BigQuery refuses is named by its asset."""
        there = self._there(run.id)
        sent, known, bad = 0, 0, {}
        for part in _parts(found):
            rows = [row for row in (row_of(run, pack, finding) for finding in part) if row["insert_id"] not in there]
            known += len(part) - len(rows)
            if not rows:
                continue
            with _told():
                refused = self._client.insert_rows_json(
                    self.name,
                    rows,
                    row_ids=[row["insert_id"] for row in rows],
                    skip_invalid_rows=True,
                    timeout=_TIMEOUT_S,
                )
            for fault in refused:
                said = "; ".join(error.get("message", "") for error in fault["errors"])
                bad[str(rows[fault["index"]]["asset_id"])] = said or "refused"
            sent += len(rows) - len(refused)
        return Loaded(self.name, sent, known, bad)

    def remove(self, run_id: str) -> int:
        """Take a run's rows out; how many there were. Raises RowsStreaming too."""
        from google.api_core import exceptions as api

        try:
            done = self._query(f"DELETE FROM `{self.name}` WHERE run_id = @run", run_id)
        except api.NotFound:
            return 0
        except api.BadRequest as refused:
            if "streaming buffer" in str(refused):
                raise RowsStreaming() from refused
            raise BigqueryRefused(said=_short(refused)) from refused
        return int(done.num_dml_affected_rows or 0)

    def close(self) -> None:
        self._client.close()

    def _there(self, run_id: str) -> set[str]:
        """BigQuery itself forgets an insert id after a minute."""
        from google.api_core import exceptions as api

        try:
            done = self._query(f"SELECT insert_id FROM `{self.name}` WHERE run_id = @run", run_id)
            return {row["insert_id"] for row in done.result()}
        except api.NotFound:
            return set()

    def _query(self, sql: str, run_id: str) -> Any:
        from google.api_core import exceptions as api
        from google.cloud import bigquery

        asked = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("run", "STRING", run_id)])
        with _told(passing=(api.NotFound, api.BadRequest)):
            job = self._client.query(sql, job_config=asked, **self._how)
            job.result(**self._how)
        return job


def columns_of(pack: Pack) -> list[tuple[str, str, str]]:
    """Name, type and mode: the findings' own columns, then the pack's."""
    columns = [(name, kind, "REQUIRED" if name in ("asset_id", "run_id") else "NULLABLE") for name, kind in _OWN]
    for column in pack.columns:
        if column.type is ColumnType.LIST:
            columns.append((column.name, _LISTED.get(_item_type(pack, column.name), "STRING"), "REPEATED"))
        else:
            columns.append((column.name, _TYPES[column.type], "NULLABLE"))
    return columns


def row_of(run: Run, pack: Pack, finding: Finding) -> dict[str, Any]:
    """A finding as insertAll takes it. What a list holds that is no plain value becomes its JSON."""
    values = finding.values or {}
    ended = datetime.fromtimestamp((finding.ended_at_ns or 0) / 1e9, UTC).isoformat() if finding.ended_at_ns else None
    row: dict[str, Any] = {
        "asset_id": finding.asset_id,
        "run_id": run.id,
        "model": finding.model,
        "location": finding.location,
        "pack_version": run.pack_version,
        "tokens_in": finding.tokens_in,
        "tokens_out": finding.tokens_out,
        "cost_usd": finding.cost_usd,
        "ended_at": ended,
        "insert_id": f"{run.id}-{finding.number}",
    }
    for column in pack.columns:
        value = values.get(column.name)
        if column.type is ColumnType.LIST:
            value = [item if _item_type(pack, column.name) in _LISTED else json.dumps(item) for item in _list(value)]
        row[column.name] = value
    return row


def _list(value: object) -> Sequence[object]:
    return [item for item in value if item is not None] if isinstance(value, list) else []


def _item_type(pack: Pack, name: str) -> str:
    properties: Any = pack.schema["properties"]
    items = properties[name].get("items")
    kind = items.get("type") if isinstance(items, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _parts(found: Iterable[Finding]) -> Iterator[list[Finding]]:
    part: list[Finding] = []
    for finding in found:
        part.append(finding)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


@contextmanager
def _told(passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    from concurrent import futures

    from google.api_core import exceptions as api
    from google.auth import exceptions as auth
    from requests import exceptions as requests

    try:
        yield
    except passing:
        raise
    except (api.Unauthorized, auth.RefreshError) as refused:
        raise CredentialsRefused(said=_short(refused)) from refused
    except (api.Forbidden, api.NotFound, api.BadRequest) as refused:
        raise BigqueryRefused(said=_short(refused)) from refused
    except (
        api.GoogleAPIError,
        auth.GoogleAuthError,
        requests.RequestException,
        futures.TimeoutError,
    ) as lost:
        raise AnalysisUnreachable("BigQuery can't be reached") from lost


def _short(failed: Exception) -> str:
    return " ".join(str(getattr(failed, "message", "") or failed).split())[:300]
